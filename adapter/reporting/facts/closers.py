"""Which findings a negation, a doubt or a history reaches: those to its left, and pairs."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.reporting.facts.ahead import (
    JOINTS,
    ends_clause,
    finding_follows,
    has_subject,
    is_adjective,
    is_bare,
    is_dated,
    is_of_sizes,
    is_of_then,
)
from adapter.reporting.facts.course import denies_change
from adapter.reporting.facts.events import Line
from adapter.reporting.facts.relatives import relatives
from adapter.reporting.facts.scope import (
    CLOSERS,
    FAMILY,
    HISTORICAL,
    NEGATED,
    UNCERTAIN,
    open_scopes,
)
from adapter.reporting.facts.side_words import side_of

_STATED = frozenset(("verb", "negated_before", "uncertain_before", "historical_before")) | {
    "negated_after",
    "uncertain_after",
}
_ANY_CLOSER = frozenset((*CLOSERS, "negated_last", "uncertain_either", "doubt"))
_VERB = frozenset(("verb",))


def marks(line: Line) -> dict[int, set[str]]:
    """For each finding (its place in `line.events`) the names of the scopes that reach it."""
    found: dict[int, set[str]] = {at: set() for at in line.terms}
    if found:
        open_scopes(line, found)
        _backward(line, found)
        _alternatives(line, found)
        relatives(line, found)
    return found


def _backward(line: Line, found: dict[int, set[str]]) -> None:
    """ "… is not seen", "… cannot be excluded" and their kind."""
    for at in range(len(line.events)):
        name = _closing(line, at)
        if name:
            _reach_back(line, at, name, found)


def _closing(line: Line, at: int) -> str | None:
    event = line.events[at]
    kinds = event.kinds
    if "preposition" in kinds and is_dated(line, at):
        return HISTORICAL
    if kinds.isdisjoint(_ANY_CLOSER) or is_of_then(line, at):
        return None
    if not kinds.isdisjoint(("negated_before", "uncertain_before")) and finding_follows(line, at):
        return None
    if "negated_adjective" in kinds and is_adjective(line, at):
        return None
    if "negated_last" in kinds and ends_clause(line, at):
        return NEGATED
    for kind, name in CLOSERS.items():
        if kind in kinds:
            return name
    if "uncertain_either" in kinds and ends_clause(line, at, _VERB):
        return None if finding_follows(line, at) else UNCERTAIN
    return UNCERTAIN if event.end >= len(line.tokens) else None  # a mark of doubt at the end


def _reach_back(line: Line, at: int, name: str, found: dict[int, set[str]]) -> None:
    if _is_of_twin(line, at):
        return
    listed, reached = False, False
    for place in reversed(range(at)):
        event = line.events[place]
        if event.term:
            found[place].add(name)
            reached = True
            continue
        kinds = event.kinds
        if "end" in kinds and is_bare(line, place, at):
            _undo(line, place, found)  # "is not seen but cannot be excluded"
            continue
        if "clause" in kinds and not reached and _is_relative(line, place, at):
            continue
        if not kinds.isdisjoint(("end", "with", "versus", "elsewhere")):
            return
        if reached and not kinds.isdisjoint(_STATED):
            return
        if not reached and "comma" in kinds and has_subject(line, place, at):
            return
        if not kinds.isdisjoint(("and", "or")):
            listed = True
        elif "comma" in kinds and reached and not listed:
            return


def _is_of_twin(line: Line, at: int) -> bool:
    """ "Small right effusion left none", spoken without comma: the denial is of the left."""
    event, before = line.events[at], line.events[at - 1]
    side = side_of(before)
    if at == 0 or side is None or before.end != event.start:
        return False
    for each in reversed(line.events[: at - 1]):
        if not each.kinds.isdisjoint(JOINTS | {"end"}):
            return False
        if side_of(each):
            return side_of(each) is not side
    return False


def _is_relative(line: Line, clause: int, at: int) -> bool:
    """Whether "which" is what the words tell of: "…, which has resolved", "…, which …, is gone"."""
    return is_bare(line, clause, at) or any(
        "comma" in event.kinds for event in line.events[clause:at]
    )


def _undo(line: Line, end: int, found: dict[int, set[str]]) -> None:
    """Takes the denial from the finding of the clause before."""
    for place in reversed(range(end)):
        if line.events[place].term:
            found[place].discard(NEGATED)
            return


def _alternatives(line: Line, found: dict[int, set[str]]) -> None:
    """ "Atelectasis versus pneumonia", "edema or infection": neither is certain."""
    for at, event in enumerate(line.events):
        if event.kinds.isdisjoint(("versus", "or")) or is_of_sizes(line, at):
            continue
        if any(denies_change(line, place) for place in range(at)):
            continue  # "no change in the mass or the nodule"
        left = _neighbour(line, reversed(range(at)))
        right = _neighbour(line, range(at + 1, len(line.events)))
        if left is None or right is None:
            if "versus" in event.kinds and left is not None:
                found[left].add(UNCERTAIN)
            continue
        pair = found[left] | found[right]
        if "versus" in event.kinds or pair.isdisjoint((NEGATED, HISTORICAL, FAMILY)):
            found[left].add(UNCERTAIN)
            found[right].add(UNCERTAIN)


def _neighbour(line: Line, places: Iterable[int]) -> int | None:
    for place in places:
        event = line.events[place]
        if event.term:
            return place
        if not event.kinds.isdisjoint(("comma", "and", "with", "end", "verb", "or")):
            return None
    return None
