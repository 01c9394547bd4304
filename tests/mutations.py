"""Files with something wrong in them, for every reader."""

from pathlib import Path

from hypothesis import strategies as st

from scholargraph.extract.papers import Paper, Profile, Refusal
from scholargraph.extract.sources import SourceError, read


@st.composite
def mutations(draw: st.DrawFn, whole: bytes) -> bytes:
    """*whole* with some bytes cut out, doubled, or replaced by others."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 80))
        doubled = st.just(bytes(content[at : at + 200]))
        content[at : at + length] = draw(st.one_of(st.binary(max_size=4), doubled))
    return bytes(content)


def assert_readable(path: Path, content: bytes, format: str) -> None:
    """Nothing is raised but what says that the file as a whole will not do."""
    path.write_bytes(content)
    try:
        records = list(read(path, format=format))
    except SourceError:
        return
    assert records
    assert all(isinstance(record, Paper | Profile | Refusal) for record in records)
