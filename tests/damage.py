"""Files with something wrong in their bytes, for every reader."""

from pathlib import Path

from hypothesis import strategies as st

from scholargraph.extract.papers import Paper, Profile, Refusal
from scholargraph.extract.sources import SourceError, read


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
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
    for record in records:
        assert isinstance(record, Paper | Profile | Refusal)
        repr(record).encode()
        if isinstance(record, Paper):
            assert record.id
            assert record.title or record.verbatim
            assert all(author.name for author in record.authors)
            assert all(reference.ids or reference.title for reference in record.references)
