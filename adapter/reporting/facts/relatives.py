"""Family history: which findings are those of a relative, beside those of the patient."""

from __future__ import annotations

from adapter.reporting.facts.ahead import following, turns_away
from adapter.reporting.facts.events import Line
from adapter.reporting.facts.scope import FAMILY

_OF_WHOM = frozenset(("of", "preposition", "definite", "patient"))
_TELLS = frozenset(("verb", "with", "colon", "previously"))
_HERS = 2  # words between "in" and "mother"


def relatives(line: Line, found: dict[int, set[str]]) -> None:
    """ "Mother had breast cancer", "breast cancer in her mother"; not "cyst, mother had cancer"."""
    for at, event in enumerate(line.events):
        if "relative" in event.kinds:
            owns = not _is_led(line, at) or _is_told(line, at)
            reached = owns and _forward(line, at, found)
            if _is_led(line, at) or not reached:
                _backward(line, at, found)


def _is_led(line: Line, at: int) -> bool:
    """ "… in her mother"."""
    for event in reversed(line.events[:at]):
        if line.events[at].start - event.end > _HERS or event.kinds.isdisjoint(_OF_WHOM):
            return False
        if "preposition" in event.kinds:
            return True
    return False


def _is_told(line: Line, at: int) -> bool:
    after = following(line, at)
    return after is not None and not after.kinds.isdisjoint(_TELLS)


def _forward(line: Line, at: int, found: dict[int, set[str]]) -> bool:
    reached = False
    for place in range(at + 1, len(line.events)):
        if line.events[place].term:
            found[place].add(FAMILY)
            reached = True
        elif _ends(line, place, at) or (reached and turns_away(line, place)):
            break
    return reached


def _ends(line: Line, place: int, at: int) -> bool:
    return "end" in line.events[place].kinds or _turns_to_patient(line, place, at)


def _turns_to_patient(line: Line, place: int, at: int) -> bool:
    """Whether the words turn to the patient; "the mother of the patient" does not."""
    if "patient" not in line.events[place].kinds:
        return False
    first, last = sorted((place, at))
    between = line.events[first + 1 : last]
    apart = line.events[last].start - line.events[first].end
    return apart > _HERS or any(event.kinds - _OF_WHOM for event in between)


def _backward(line: Line, at: int, found: dict[int, set[str]]) -> None:
    reached = False
    for place in reversed(range(at)):
        if line.events[place].term:
            found[place].add(FAMILY)
            reached = True
        elif _ends(line, place, at) or (reached and _is_loose_joint(line, place)):
            return


def _is_loose_joint(line: Line, place: int) -> bool:
    """Whether a joint stands away from a finding before: "cyst in the breast and …"."""
    event, before = line.events[place], line.events[place - 1]
    if event.kinds.isdisjoint(("comma", "and")):
        return False
    return before.term is None or before.end < event.start
