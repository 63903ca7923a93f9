"""Which findings a negation, a doubt or a history reaches."""

from __future__ import annotations

from adapter.reporting.facts.events import Event, Line

NEGATED, UNCERTAIN, HISTORICAL, FAMILY = "negated", "uncertain", "historical", "family"

_OPENERS = {
    "negated_before": NEGATED,
    "uncertain_before": UNCERTAIN,
    "versus": UNCERTAIN,
    "doubt": UNCERTAIN,
    "historical_before": HISTORICAL,
    "family_before": FAMILY,
}
_CLOSERS = {"negated_after": NEGATED, "uncertain_after": UNCERTAIN}
_JOINTS = frozenset(("comma", "and", "with"))
_RESTART = frozenset(
    ("determiner", "fresh", "left", "right", "bilateral", "status", "uncertain_before")
)
_STATED = frozenset(("verb", "negated_before", "uncertain_before", "historical_before"))
_ADJECTIVES = 3  # words that may stand between "prior" and its finding
_NOT_ADJECTIVES = frozenset(("exam", "comma", "end", "verb", "with", "and", "preposition"))
_CHANGE_WITHIN = 5  # words that may stand between "no" and "change"


class Scope:
    """One open scope while the sentence is read from left to right."""

    __slots__ = ("covered", "name", "opened", "verb")

    def __init__(self, name: str, opened: int) -> None:
        self.name = name
        self.opened = opened
        self.covered = False
        self.verb = False


def marks(line: Line) -> dict[int, set[str]]:
    """For each finding (its place in `line.events`) the names of the scopes that reach it."""
    found: dict[int, set[str]] = {at: set() for at in line.terms}
    if not found:
        return found
    _forward(line, found)
    _backward(line, found)
    _alternatives(line, found)
    return found


def _forward(line: Line, found: dict[int, set[str]]) -> None:
    open_scopes: list[Scope] = []
    for at, event in enumerate(line.events):
        if event.term:
            for scope in open_scopes:
                if not (scope.name == NEGATED and scope.covered and _presupposed(line, at)):
                    found[at].add(scope.name)
                scope.covered = True
            continue
        kinds = event.kinds
        if not kinds.isdisjoint(_JOINTS):
            open_scopes = [each for each in open_scopes if not _closes(line, at, each)]
        if "end" in kinds:
            open_scopes = [each for each in open_scopes if each.name == FAMILY]
        elif "close" in kinds:
            begun = _bracket(line, at)
            open_scopes = [each for each in open_scopes if not 0 <= begun < each.opened]
        if "verb" in kinds:
            for scope in open_scopes:
                scope.verb = True
        if name := _opened(line, at, open_scopes):
            open_scopes = [each for each in open_scopes if not _ousts(name, each)]
            open_scopes.append(Scope(name, at))


def _presupposed(line: Line, at: int) -> bool:
    """ "No calcification within the mass": the mass is there."""
    definite = False
    for event in reversed(line.events[:at]):
        if event.term or not event.kinds.isdisjoint(_JOINTS | {"or"}):
            return False
        if definite and "preposition" in event.kinds:
            return True
        definite = "definite" in event.kinds or (definite and event.site is not None)
    return False


def _ousts(name: str, scope: Scope) -> bool:
    """ "History of cancer without recurrence": the denial is of today; and the reverse."""
    if name == NEGATED:
        return scope.covered and scope.name in (UNCERTAIN, HISTORICAL)
    return name == HISTORICAL and scope.covered and scope.name == NEGATED


def _opened(line: Line, at: int, open_scopes: list[Scope]) -> str | None:
    """The scope that this event opens to its right."""
    event = line.events[at]
    name = _opening(line, at)
    if name == UNCERTAIN and "versus" not in event.kinds:
        # "no nodule suspicious for cancer" denies both
        return None if any(scope.name == NEGATED for scope in open_scopes) else name
    return name


def _opening(line: Line, at: int) -> str | None:
    event = line.events[at]
    for kind, name in _OPENERS.items():
        if kind in event.kinds:
            if name == NEGATED and _is_about_change(line, at):
                return None
            if kind == "doubt" and event.end >= len(line.tokens):
                return None
            return name
    if "uncertain_either" in event.kinds:
        return UNCERTAIN if _something_follows(line, at) else None
    if "prior" in event.kinds and _names_past_finding(line, at):
        return HISTORICAL
    for kind, name in _CLOSERS.items():  # "it is difficult to exclude a small pneumothorax"
        if kind in event.kinds and _something_follows(line, at) and not _named(line, at):
            return name
    return None


def _named(line: Line, at: int) -> bool:
    """Whether a finding stands to the left in the clause."""
    for event in reversed(line.events[:at]):
        if event.term:
            return True
        if "end" in event.kinds:
            return False
    return False


def _is_about_change(line: Line, at: int) -> bool:
    """ "No significant change in the effusion": the effusion is there."""
    limit = line.events[at].end + _CHANGE_WITHIN
    for event in line.events[at + 1 :]:
        if event.start >= limit or event.term or not event.kinds.isdisjoint(("comma", "or", "end")):
            return False
        if "change" in event.kinds:
            return True
    return False


def _something_follows(line: Line, at: int) -> bool:
    """Whether a finding stands to the right before the clause ends."""
    for event in line.events[at + 1 :]:
        if event.term:
            return True
        if not event.kinds.isdisjoint(("end", "comma", "and")):
            return False
    return False


def _names_past_finding(line: Line, at: int) -> bool:
    """ "Prior pneumonia", but not "prior CT" nor "prior effusion has resolved"."""
    event = line.events[at]
    for each in line.events[at + 1 :]:
        if each.term:
            return each.start - event.end < _ADJECTIVES
        if not each.kinds.isdisjoint(
            ("exam", "comma", "end", "verb", "with", "and", "preposition")
        ):
            return False
    return False


def _bracket(line: Line, close: int) -> int:
    """Place of the bracket that the one at `close` closes; -1 when there is none."""
    for place in range(close - 1, -1, -1):
        if "open" in line.events[place].kinds:
            return place
    return -1


def _closes(line: Line, at: int, scope: Scope) -> bool:
    """Whether the comma, "and" or "with" at this place ends the scope."""
    event = line.events[at]
    joint, after = event.kinds, _next(line, at)
    if scope.name == FAMILY:
        return False
    if after is None:
        return False
    if "comma" in joint and not after.kinds.isdisjoint(("and", "or", "with")):
        return "or" not in after.kinds and _closes(line, at + 1, scope)
    if "comma" in joint and "or" in after.kinds:
        return False
    begins_anew = _begins_anew(line, at)
    if "determiner" in after.kinds and after.start == event.end:
        return True
    if not (scope.covered or scope.verb):
        return False
    if scope.verb and not _is_list(line, at):
        return True
    if "with" in joint:
        return scope.name != NEGATED or begins_anew
    if scope.name == NEGATED and "comma" in joint and _is_list(line, at):
        return False
    if begins_anew or _tells_presence(line, at):
        return True
    if "comma" in joint:
        return scope.name == UNCERTAIN and not _is_list(line, at)
    return False


def _next(line: Line, at: int) -> Event | None:
    return line.events[at + 1] if at + 1 < len(line.events) else None


def _begins_anew(line: Line, at: int) -> bool:
    """Whether the words after a joint are those of a new, affirmed finding: "a 6 mm nodule"."""
    start = line.events[at].end
    if start >= len(line.tokens):
        return False
    if line.tokens[start].word[:1].isdigit():
        return True
    for event in line.events[at + 1 :]:
        if event.term or event.start > start:
            return False
        if not event.kinds.isdisjoint(_RESTART):
            return True
        if "definite" in event.kinds:
            return _verb_follows(line, at + 1)
        start = event.end
    return False


def _verb_follows(line: Line, at: int) -> bool:
    for event in line.events[at + 1 :]:
        if "verb" in event.kinds:
            return True
        if not event.kinds.isdisjoint(("end", "or")):
            return False
    return False


def _is_list(line: Line, at: int) -> bool:
    """Whether "or" / "nor" comes later in the clause, so that a comma only lists."""
    for event in line.events[at + 1 :]:
        if "or" in event.kinds:
            return True
        if not event.kinds.isdisjoint(("end", "verb")):
            return False
        if "and" in event.kinds and "comma" not in line.events[at].kinds:
            return False
    return False


def _tells_presence(line: Line, at: int) -> bool:
    """ ", right effusion unchanged": only what is there can be unchanged."""
    named = False
    for event in line.events[at + 1 :]:
        if event.term:
            named = True
        elif not event.kinds.isdisjoint(_JOINTS | {"or", "end"}):
            return False
        elif named and "status" in event.kinds:
            return True
    return False


def _backward(line: Line, found: dict[int, set[str]]) -> None:
    """ "… is not seen", "… cannot be excluded" and their kind."""
    for at, event in enumerate(line.events):
        name = next((n for kind, n in _CLOSERS.items() if kind in event.kinds), None)
        if name is None and "uncertain_either" in event.kinds and not _something_follows(line, at):
            name = UNCERTAIN
        if name is None and "doubt" in event.kinds and event.end >= len(line.tokens):
            name = UNCERTAIN
        if name is None or ("negated_before" in event.kinds and _something_follows(line, at)):
            continue
        if "uncertain_before" in event.kinds and _something_follows(line, at):
            continue
        _reach_back(line, at, name, found)


def _reach_back(line: Line, at: int, name: str, found: dict[int, set[str]]) -> None:
    listed, reached = False, False
    for place in range(at - 1, -1, -1):
        event = line.events[place]
        if event.term:
            found[place].add(name)
            reached = True
            continue
        kinds = event.kinds
        if not kinds.isdisjoint(("end", "with", "versus")):
            return
        if reached and not kinds.isdisjoint(_STATED):
            return
        if not kinds.isdisjoint(("and", "or")):
            listed = True
        elif "comma" in kinds and reached and not listed:
            return


def _alternatives(line: Line, found: dict[int, set[str]]) -> None:
    """ "Atelectasis versus pneumonia", "edema or infection": neither is certain."""
    for at, event in enumerate(line.events):
        if event.kinds.isdisjoint(("versus", "or")):
            continue
        left = _neighbour(line, range(at - 1, -1, -1))
        right = _neighbour(line, range(at + 1, len(line.events)))
        if left is None or right is None:
            if "versus" in event.kinds and left is not None:
                found[left].add(UNCERTAIN)
            continue
        pair = found[left] | found[right]
        if "versus" in event.kinds or pair.isdisjoint((NEGATED, HISTORICAL, FAMILY)):
            found[left].add(UNCERTAIN)
            found[right].add(UNCERTAIN)


def _neighbour(line: Line, places: range) -> int | None:
    for place in places:
        event = line.events[place]
        if event.term:
            return place
        if not event.kinds.isdisjoint(("comma", "and", "with", "end", "verb", "or")):
            return None
    return None
