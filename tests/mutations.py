"""Records of a real shape with something wrong in them, for readers that must bear anything."""

import copy
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from scholargraph.extract.papers import Paper, Record, Refusal
from scholargraph.extract.sources import SourceError

CONTROL = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([10**400, -(10**18), 1e308, "", " ", "\0", "\ud800", "<p>", "\\frac{", "&"])
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in *value*, as keys and indices."""
    found = [above] if above else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*above, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, (*above, index))
    return found


def mutated(record: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """*record* with one to three of its values replaced by anything."""

    def replaced(changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
        changed = copy.deepcopy(record)
        for path, value in changes:
            place: Any = changed
            try:
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = value
            except (KeyError, IndexError, TypeError):
                continue
        return changed

    return st.lists(
        st.tuples(st.sampled_from(paths(record)), ANYTHING), min_size=1, max_size=3
    ).map(replaced)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def check(
    read: Callable[..., Any], path: Path, format: str, record: dict[str, Any] | bytes
) -> list[Record]:
    """
    What *read* makes of *record*: only papers with a title that can be stored, and refusals.

    Bytes may also be no text at all, which the file as a whole is refused for.
    """
    path.write_bytes(record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n")
    try:
        found = list(read(path, format=format))
    except SourceError as error:
        assert isinstance(record, bytes)
        assert str(error).startswith(f"{path}: ")
        return []
    for made in found:
        assert isinstance(made, Paper | Refusal)
        for text in strings(dataclasses.asdict(made)):
            text.encode()
            assert not CONTROL.search(text)
        if isinstance(made, Paper):
            assert made.title.strip() or made.verbatim
            assert made.id
            assert all(author.name.strip() for author in made.authors)
            assert all(reference.ids or reference.title for reference in made.references)
        else:
            assert made.reason
            assert len(made.reason) < 1_000
    return found
