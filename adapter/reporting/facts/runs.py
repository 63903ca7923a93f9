"""Stretches of a line between its joints, and what they tell."""

from __future__ import annotations

from typing import NamedTuple

from adapter.domain.order import Side
from adapter.reporting.facts.events import Line
from adapter.reporting.facts.side_words import side_of, told_side

_JOINTS = frozenset(("comma", "and", "end"))
_BEGINS = _JOINTS | {"with", "colon", "verb", "term"}
_FOREIGN = frozenset(
    ("normal", "not_normal", "exam", "patient", "relative", "reported", "bilateral", "or", "with")
) | {"historical_before", "family_before", "uncertain_list", "prior", "versus", "term"}


class Known(NamedTuple):
    """Places of findings that can have a side; tokens of sizes; tokens of vertebral levels."""

    paired: frozenset[int]
    sized: frozenset[int]
    levels: frozenset[int]


class Run(NamedTuple):
    """Events [first, last), and their tokens [start, end)."""

    first: int
    last: int
    start: int
    end: int


def runs(line: Line) -> list[Run]:
    """What stands between commas, "and" and the like."""
    found = []
    first, start = 0, 0
    for at, event in enumerate(line.events):
        if not event.kinds.isdisjoint(_JOINTS):
            if "comma" in event.kinds and _is_side_alone(line, first, at):
                continue  # "; right, absent"
            if at > first:
                found.append(Run(first, at, start, event.start))
            first, start = at + 1, event.end
    if first < len(line.events):
        found.append(Run(first, len(line.events), start, len(line.tokens)))
    return found


def _is_side_alone(line: Line, first: int, comma: int) -> bool:
    """Whether a clause begins with a side and a comma."""
    if not first or comma != first + 1 or "end" not in line.events[first - 1].kinds:
        return False
    start, event = line.events[first - 1].end, line.events[first]
    return told_side(event) is not None and (event.start, event.end) == (start, start + 1)


def first_joint(line: Line, first: int) -> int:
    """Place of the first of the joints right before this place: of the comma in ", but"."""
    while first and is_joint(line, first - 1):
        first -= 1
    return first


def is_joint(line: Line, at: int) -> bool:
    """Whether a comma, "and" or an end stands at this place."""
    return not line.events[at].kinds.isdisjoint(_JOINTS)


def begin(line: Line, at: int) -> int:
    """Where the words begin that go on to this place."""
    while at and line.events[at - 1].kinds.isdisjoint(_BEGINS):
        at -= 1
    return at


def run_of(line: Line, first: int, last: int) -> Run:
    """Events [first, last) with all words behind the event before."""
    end = line.events[last].start if last < len(line.events) else len(line.tokens)
    return Run(first, last, line.events[first - 1].end if first else 0, end)


def side_told(line: Line, run: Run) -> Side | None:
    """The one side that the run tells."""
    told = {side for side in map(side_of, line.events[run.first : run.last]) if side}
    return told.pop() if len(told) == 1 else None


def kinds_of(line: Line, run: Run) -> frozenset[str]:
    """All kinds of its events."""
    return frozenset().union(*(event.kinds for event in line.events[run.first : run.last]))


def is_sized(run: Run, known: Known) -> bool:
    """Whether a size or a share stands in it."""
    return not known.sized.isdisjoint(range(run.start, run.end))


def is_known(line: Line, run: Run, known: Known) -> bool:
    """Whether every word of the run is one that may stand in such a part."""
    if not _FOREIGN.isdisjoint(kinds_of(line, run)):
        return False
    tokens = set(range(run.start, run.end)) - known.sized - known.levels
    for event in line.events[run.first : run.last]:
        tokens.difference_update(range(event.start, event.end))
    return not tokens
