"""Changes by number, and what separates the states after two of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scholargraph import ScholarGraphError

from . import history
from .patch_log import PatchFile, PatchLog
from .patches import Difference, Patch, net
from .store import Store

_LAST = re.compile(r"last(?:~(\d+))?")


class HistoryError(ScholarGraphError):
    """A change that the history does not have, or no longer, or cannot describe."""


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """
    One change of whatever sort; *run* where it is one of an import or a re-extraction.

    *number* is None for a run from before changes were numbered. *time* is when its last part was
    committed, '' where the history no longer has it.
    """

    number: int | None
    operation: str
    time: str
    run: history.RunSummary | None = None


def changes(store: Store) -> tuple[ChangeSummary, ...]:
    """Every change of *store* that is on record, newest first."""
    with store.snapshot() as snapshot:
        runs = [
            ChangeSummary(run.number, run.operation, run.ended or run.started, run)
            for run in history.runs(snapshot)
        ]
    found = {change.number: change for change in runs if change.number is not None}
    for file in _newest_parts(store).values():
        if file.number not in found:
            header = file.header()
            found[file.number] = ChangeSummary(file.number, header.operation, header.time)
    older = (change for change in runs if change.number is None)
    return (*(found[number] for number in sorted(found, reverse=True)), *older)


def number_of(store: Store, name: str) -> int:
    """
    The number of the change that *name* means: a number, the IRI of a run, ``last`` or ``last~2``.

    Raises: HistoryError.
    """
    if name.isdecimal():
        return int(name)
    if match := _LAST.fullmatch(name):
        numbers = sorted({file.number for file in PatchLog(store.path).files()}, reverse=True)
        back = int(match[1] or 0)
        if back < len(numbers):
            return numbers[back]
        raise HistoryError(f"{name}: the history has {len(numbers)} changes")
    if name.startswith(("http://", "https://")):
        with store.snapshot() as snapshot:
            run = history.run(snapshot, name)
        if run is not None and run.number is not None:
            return run.number
    raise HistoryError(
        f"{name!r} is no change; give a number or an IRI that `scholargraph runs` lists, "
        "or last, last~1, …"
    )


def difference(store: Store, first: int, second: int) -> Difference:
    """
    What the state of *store* after change *second* has more, and less, than that after *first*.

    0 is the state before the first change. A change that several transactions made is over with
    its last; what others changed between these belongs to both states.

    Raises: HistoryError; PatchError where a part of the history is damaged.
    """
    if store.is_remote:
        raise HistoryError(f"{store.address}: no history is kept of a server")
    store.recover()  # of a killed writer's patches, only the committed ones count
    if first > second:
        return difference(store, second, first).inverse()
    start, end = (_sequence(store, number) for number in (first, second))
    if start > end:  # the first ended later than the second, which began after it
        return net(_described(store, end, start)).inverse()
    return net(_described(store, start, end))


def _newest_parts(store: Store) -> dict[int, PatchFile]:
    """The last patch of each change."""
    return {file.number: file for file in PatchLog(store.path).files()}


def _sequence(store: Store, number: int) -> int:
    """The place of the last patch of change *number*."""
    parts = _newest_parts(store)
    if not parts:
        raise HistoryError(f"{store.path}: has no history; it begins with the next change")
    first = min(file.sequence for file in PatchLog(store.path).files())
    if number in parts:
        return parts[number].sequence
    if number == 0 and first == 1:
        return 0
    if number < min(parts):
        raise HistoryError(
            f"change {number} is from before this store's history, which begins with change "
            f"{min(parts)}"
        )
    raise HistoryError(f"there is no change {number}; the last is {max(parts)}")


def _described(store: Store, start: int, end: int) -> Iterator[Patch]:
    for file in PatchLog(store.path).files(after=start):
        if file.sequence > end:
            return
        patch = file.read()
        if patch.header.opaque:
            raise HistoryError(
                f"change {file.number} ({patch.header.operation}, {patch.header.time}) was too "
                "large to be described; compare states on one side of it"
            )
        yield patch
