"""Which findings a negation, a doubt or a history reaches: those to its right."""

from __future__ import annotations

from adapter.reporting.facts.ahead import (
    JOINTS,
    begins_anew,
    end_of_clause,
    ends_clause,
    finding_follows,
    following,
    has_level,
    is_adjective,
    is_list,
    is_named_before,
    is_of_earlier_study,
    is_placed,
    is_predicate,
    tells_presence,
    turns_away,
)
from adapter.reporting.facts.events import ELSEWHERE, Event, Line
from adapter.reporting.facts.side_words import nearest_side

NEGATED, UNCERTAIN, HISTORICAL, FAMILY = "negated", "uncertain", "historical", "family"

_OPENERS = {
    "negated_before": NEGATED,
    "uncertain_before": UNCERTAIN,
    "uncertain_list": UNCERTAIN,
    "versus": UNCERTAIN,
    "doubt": UNCERTAIN,
    "historical_before": HISTORICAL,
    "family_before": FAMILY,
}
_ADJECTIVES = {"prior": HISTORICAL, "negated_adjective": NEGATED}
CLOSERS = {
    "negated_after": NEGATED,
    "uncertain_after": UNCERTAIN,
    "historical_after": HISTORICAL,
}
_ANY_OPENER = frozenset((*_OPENERS, *_ADJECTIVES, *CLOSERS, "uncertain_either", "reported"))
_APART = JOINTS | {"or", "preposition", "verb", "end"}
_TOLD = frozenset(("verb", "normal"))
_LISTING = frozenset(("uncertain_list", "reported"))
_NEW_CLAUSE = frozenset(("definite", "there"))
_COURSES = frozenset(("increased", "decreased", "change", "resolved"))
_SIDES = frozenset(("left", "right", "bilateral"))


class Scope:
    """One open scope while the sentence is read from left to right."""

    __slots__ = ("alternative", "covered", "listed", "name", "opened", "verb")

    def __init__(self, name: str, opened: int, listed: bool) -> None:
        self.name = name
        self.opened = opened
        self.listed = listed  # "differential includes": all that is listed
        self.covered: Event | None = None  # the last finding that it reached
        self.verb = False
        self.alternative = False  # "or" was said: the list is complete


def open_scopes(line: Line, found: dict[int, set[str]]) -> None:
    """Adds to each finding (its place in `line.events`) the scopes opened to its left."""
    scopes: list[Scope] = []
    for at, event in enumerate(line.events):
        if event.term:
            scopes = [each for each in scopes if not _begins_unmarked(line, at, each)]
            for scope in scopes:
                if not (scope.name == NEGATED and scope.covered and _presupposed(line, at)):
                    found[at].add(scope.name)
                scope.covered = event
            continue
        scopes = _still_open(line, at, scopes)
        if event.kinds == ELSEWHERE:  # "no obstruction, ileus …", of which organ is not told
            for scope in scopes:
                scope.covered = event
        for name in _opened(line, at, scopes):
            scopes = [each for each in scopes if not _ousts(line, at, name, each)]
            scopes.append(Scope(name, at, not event.kinds.isdisjoint(_LISTING)))


def _still_open(line: Line, at: int, scopes: list[Scope]) -> list[Scope]:
    """The scopes that go on behind this event, which is no finding."""
    kinds = line.events[at].kinds
    if not kinds.isdisjoint(JOINTS):
        scopes = [each for each in scopes if not _closes(line, at, each)]
    if "end" in kinds:
        away = turns_away(line, at)
        scopes = [each for each in scopes if each.name == FAMILY and not away]
    elif "close" in kinds:
        begun = _bracket(line, at)
        scopes = [each for each in scopes if each.opened < begun]
    if "patient" in kinds:  # "sister with thyroid cancer, patient has a nodule"
        scopes = [each for each in scopes if each.name != FAMILY]
    for scope in scopes:
        scope.verb = scope.verb or "verb" in kinds
        scope.alternative = scope.alternative or (scope.covered is not None and "or" in kinds)
    return scopes


def _begins_unmarked(line: Line, at: int, scope: Scope) -> bool:
    """ "No effusion mild cardiomegaly", spoken without comma: the adjective begins anew."""
    last = scope.covered
    if scope.name != NEGATED or last is None or is_list(line, at):
        return False
    start = last.end
    if "device" in line.events[at].kinds - last.kinds:
        return True
    if start >= line.events[at].start:  # "no effusion cardiomegaly unchanged"
        return _is_status(line, at) or "chronic" in line.events[at].kinds
    between = [place for place in range(at) if line.events[place].start >= start]
    first = between[0] if between and line.events[between[0]].start == start else None
    if first is not None and _is_subject(line, first, at):
        return True
    if any(not line.events[place].kinds.isdisjoint(_APART) for place in between):
        return False
    if first is None:
        return line.tokens[start].word[:1].isdigit()
    return _is_fresh(line, first, at, scope) or _is_measured(line, between)


def _is_subject(line: Line, first: int, at: int) -> bool:
    """ "There is …", "the heart …", "heart size is enlarged"."""
    if not line.events[first].kinds.isdisjoint(_NEW_CLAUSE):
        return True
    told = any(not event.kinds.isdisjoint(_TOLD) for event in line.events[first:at])
    return told and line.events[first].site is not None


def _is_fresh(line: Line, first: int, at: int, scope: Scope) -> bool:
    """ "mild …", or the anatomy of a predicate: "heart enlarged"."""
    event = line.events[first]
    if is_predicate(line, first) and first + 1 == at:
        return True
    if "limiting" in event.kinds:
        return False
    return "fresh" in event.kinds or (scope.alternative and not event.kinds.isdisjoint(_SIDES))


def _is_measured(line: Line, between: list[int]) -> bool:
    """ "new 5 mm nodule": a number among adjectives alone."""
    at = line.events[between[0]].start
    for place in between:
        if line.events[place].start > at:
            break
        at = line.events[place].end
    return line.tokens[at].word[:1].isdigit()


def _is_status(line: Line, at: int) -> bool:
    after = following(line, at)
    return after is not None and after.start == line.events[at].end and "status" in after.kinds


def _presupposed(line: Line, at: int) -> bool:
    """ "No calcification within the mass": the mass is there."""
    definite = False
    for event in reversed(line.events[:at]):
        if event.term or not event.kinds.isdisjoint(JOINTS | {"or"}):
            return False
        if definite and "preposition" in event.kinds:
            return True
        definite = "definite" in event.kinds or (definite and event.site is not None)
    return False


def _ousts(line: Line, at: int, name: str, scope: Scope) -> bool:
    """ "History of cancer without recurrence": the denial is of today; and the reverse."""
    if name == NEGATED and scope.name == HISTORICAL:  # "status post fall, no fracture"
        return not scope.listed and line.events[at].start > line.events[scope.opened].end
    if scope.covered is None:  # "nodule versus artifact, no effusion"
        between = line.events[scope.opened + 1 : at]
        return name == NEGATED and any("comma" in event.kinds for event in between)
    return (name, scope.name) in ((NEGATED, UNCERTAIN), (HISTORICAL, NEGATED))


def _opened(line: Line, at: int, scopes: list[Scope]) -> list[str]:
    """The scopes that this event opens to its right."""
    event = line.events[at]
    names = _openings(line, at)
    if "versus" not in event.kinds and any(scope.name == NEGATED for scope in scopes):
        # "no nodule suspicious for cancer" denies both
        return [name for name in names if name != UNCERTAIN]
    return names


def _openings(line: Line, at: int) -> list[str]:
    event = line.events[at]
    if event.kinds.isdisjoint(_ANY_OPENER):
        return []
    names = [name for kind, name in _OPENERS.items() if kind in event.kinds]
    if names and not event.kinds.isdisjoint(CLOSERS) and _is_said_behind(line, at):
        return []
    if names:
        return [] if NEGATED in names and _is_about_change(line, at) else names
    if "reported" in event.kinds and is_of_earlier_study(line, at):
        return [HISTORICAL]
    if "uncertain_either" in event.kinds:
        return [UNCERTAIN] if finding_follows(line, at) else []
    for kind, name in _ADJECTIVES.items():
        if kind in event.kinds:
            return [name] if is_adjective(line, at) else []
    for kind, name in CLOSERS.items():  # "it is difficult to exclude a small pneumothorax"
        if kind in event.kinds and finding_follows(line, at) and not is_named_before(line, at):
            return [name]
    return []


def _is_said_behind(line: Line, at: int) -> bool:
    """ "Right cyst resolved, new left cyst": of the finding before, not of the next."""
    event, before = line.events[at], line.events[at - 1]
    beside = at > 0 and before.term is not None and before.end == event.start
    return beside or (is_named_before(line, at) and ends_clause(line, at))


def _is_about_change(line: Line, at: int) -> bool:
    """ "No significant change in the effusion", "no evidence that it has grown": it is there."""
    after = following(line, at)
    if after is not None and "clause" in after.kinds:
        return any(not event.kinds.isdisjoint(_COURSES) for event in line.events[at + 1 :])
    told = (event for event in line.events[at + 1 :] if event.term or "change" in event.kinds)
    first = next(told, None)
    return first is not None and "change" in first.kinds


def _is_elsewhere(line: Line, at: int, scope: Scope) -> bool:
    """ "No thrombus on the right, and thrombus on the left"; a device is not among findings."""
    term = next((event for event in line.events[at + 1 :] if event.term), None)
    if term and scope.covered and "device" in term.kinds - scope.covered.kinds:
        return True
    if has_level(line, line.events[scope.opened].end, line.events[at].start) and term:
        return has_level(line, term.end, end_of_clause(line, at))
    here = nearest_side(line, range(at - 1, scope.opened, -1))
    return here is not None and is_placed(line, at)


def _is_pair(line: Line, comma: int, scope: Scope) -> bool:
    """Whether no comma stands before this one in the scope."""
    return all("comma" not in event.kinds for event in line.events[scope.opened : comma])


def _bracket(line: Line, close: int) -> int:
    """Place of the bracket that the one at `close` closes; that itself when there is none."""
    before = reversed(range(close))
    return next((place for place in before if "open" in line.events[place].kinds), close)


def _closes(line: Line, at: int, scope: Scope) -> bool:
    """Whether the comma, "and" or "with" at this place ends the scope."""
    event = line.events[at]
    joint, after = event.kinds, following(line, at)
    if after is None:
        return False
    if scope.name == FAMILY:
        return scope.covered is not None and turns_away(line, at)
    if scope.listed and "with" not in joint:
        return False
    if "comma" in joint and not after.kinds.isdisjoint(("and", "or", "with")):
        return False  # the word behind decides
    anew = begins_anew(line, at)
    if not after.kinds.isdisjoint(("determiner", "uncertain_before")):
        return True  # "history of melanoma, evaluate for metastases"
    if scope.covered is None and not scope.verb:
        return False
    if scope.verb and not is_list(line, at):
        return True
    if "with" in joint:  # "resolution of the effusion with residual atelectasis"
        return scope.name != NEGATED or anew or "resolved" in line.events[scope.opened].kinds
    if "comma" in joint and is_list(line, at):
        return False
    if anew or tells_presence(line, at, "comma" in line.events[at - 1].kinds):
        return True
    if scope.name == NEGATED and _is_elsewhere(line, at, scope):
        return True
    if "comma" in joint and scope.name == NEGATED:  # "no fracture or dislocation, swelling"
        return scope.alternative or (_is_pair(line, at, scope) and is_placed(line, at))
    return "comma" in joint and scope.name == UNCERTAIN
