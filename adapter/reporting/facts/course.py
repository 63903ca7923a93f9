"""What has become of a finding since the earlier study, and how many of it there are."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.finding import Course
from adapter.domain.order import Side
from adapter.mapping.phrase_table import singular
from adapter.reporting.facts.ahead import (
    finding_follows,
    has_subject,
    is_bare,
    is_of_then,
    turns_away,
)
from adapter.reporting.facts.events import Line
from adapter.reporting.facts.measurements import Size
from adapter.reporting.facts.side_words import side_behind, side_of, told_side

_COURSES: tuple[Course, ...] = ("resolved", "new", "increased", "decreased", "stable")
TELLING = frozenset((*_COURSES, "change"))
_STOPS = frozenset(("comma", "end", "verb", "with", "and", "or", "close", "versus"))
_STOPS_BACK = frozenset(("end", "with", "versus", "some_of"))
_UNCHANGED = frozenset(("not_negated", "stable"))
_STOPS_LIST = frozenset(("end", "verb", "with", "negated_before"))
_APART = frozenset(("comma", "end", "verb", "with", "and", "or", "preposition", "of"))
_COUNT_WITHIN = 4  # words from a number to the name of what it counts
_MOST_DIGITS = 3  # of a count; more are a year
_PLURALS = ("i", "a", "ae")


def courses(line: Line) -> dict[int, Course]:
    """By place in `events`: `new`, `increased`, `decreased`, `stable` or `resolved`."""
    found: dict[int, Course] = {}
    for at, event in enumerate(line.events):
        if event.kinds.isdisjoint(TELLING) and not is_of_then(line, at):
            continue
        name = course_of(line, at)
        if name is None:
            continue
        for place in _owners(line, at):
            found.setdefault(place, name)
    return found


def course_of(line: Line, at: int) -> Course | None:
    """The course that this event tells; "no change" is `stable`."""
    kinds = line.events[at].kinds
    if is_of_then(line, at):
        return "new"
    if "comparative" in kinds and is_among(line, at):
        return None
    if denies_change(line, at):
        return "stable"
    return next((course for course in _COURSES if course in kinds), None)


def is_among(line: Line, at: int) -> bool:
    """ "The larger", "a smaller one", "worse on the right": compared with each other."""
    event = line.events[at]
    before = line.events[at - 1] if at else event
    if before.end == event.start and ("definite" in before.kinds or _is_other_part(line, at - 1)):
        return True
    return side_behind(line, at) is not None or _is_one_more(line, at)


def _is_other_part(line: Line, side: int) -> bool:
    """ ", right larger": of what is on both sides."""
    if side < 1 or side_of(line.events[side]) is None:
        return False
    return "comma" in line.events[side - 1].kinds and any(
        told_side(each) is Side.BILATERAL for each in line.events[: side - 1]
    )


def _is_one_more(line: Line, at: int) -> bool:
    """ "A similar but smaller consolidation": one beside another."""
    for event in reversed(line.events[:at]):
        if "determiner" in event.kinds:
            return finding_follows(line, at)
        if event.term or "comma" in event.kinds:
            return False
    return False


def denies_change(line: Line, at: int) -> bool:
    """Whether this is a change, and "no" stands before it, adjectives between."""
    kinds = line.events[at].kinds
    if "change" not in kinds:
        return kinds >= _UNCHANGED  # "no interval change in"
    for event in reversed(line.events[:at]):
        if "negated_before" in event.kinds:
            return True
        if not event.kinds.isdisjoint(_APART):
            return False
    return False


def _owners(line: Line, at: int) -> Iterator[int]:
    """The finding behind an adjective, else the one before in the clause; and its pair."""
    place = _behind(line, at)
    if place is not None and denies_change(line, at):
        yield from _listed(line, place)
        return
    step = 1
    if place is None:
        place, step = _before(line, at), -1
    while place is not None:
        yield place
        place = _pair(line, place, step)


def _listed(line: Line, first: int) -> Iterator[int]:
    """ "No change in the mass or the nodule": all findings up to the end of the clause."""
    for place in range(first, len(line.events)):
        event = line.events[place]
        if event.term:
            yield place
        elif not event.kinds.isdisjoint(_STOPS_LIST) or turns_away(line, place):
            return


def _behind(line: Line, at: int) -> int | None:
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if event.term:
            return place
        begins = place == at + 1 and "verb" in event.kinds and _before(line, at) is None
        if not (begins or event.kinds.isdisjoint(_STOPS)):  # "again seen is a hernia"
            return None
    return None


def _before(line: Line, at: int) -> int | None:
    for place in reversed(range(at)):
        event = line.events[place]
        if event.term:
            return place
        if "clause" in event.kinds and is_bare(line, place, at):
            continue  # "effusion, which has resolved"
        if "comma" in event.kinds and has_subject(line, place, at):
            return None  # "pneumothorax, left lower lobe unchanged"
        if not event.kinds.isdisjoint(_STOPS_BACK):
            return None  # "three nodules, one of them new"
    return None


def _pair(line: Line, at: int, step: int) -> int | None:
    """The finding joined to this one by a bare "and"."""
    joint, other = at + step, at + 2 * step
    if not 0 <= other < len(line.events) or line.events[other].term is None:
        return None
    first, last = sorted((at, other))
    between = line.words(line.events[first].end, line.events[last].start)
    return other if len(between) == 1 and "and" in line.events[joint].kinds else None


def counts(
    sentence: str, line: Line, numbers: dict[str, int], measured: list[Size]
) -> dict[int, int]:
    """By place in `events`: how many, where a number that measures nothing says so."""
    sized = {token for size in measured for token in range(size.start, size.end)}
    found: dict[int, int] = {}
    for at in line.terms:
        number = _number(sentence, line, at, numbers, sized)
        if number is not None:
            found[at] = number
    return found


def _number(
    sentence: str, line: Line, at: int, numbers: dict[str, int], sized: set[int]
) -> int | None:
    start, end = line.events[at].start, line.events[at].end
    before = reversed(line.events[:at])
    apart = (event.end for event in before if event.term or not event.kinds.isdisjoint(_APART))
    first = max(start - _COUNT_WITHIN, next(apart, 0))
    spelled = False  # digits before a measurement are its other end: "5 to 8 mm nodules"
    for token in range(start - 1, first - 1, -1):
        word = line.tokens[token].word
        spelled = spelled or token in sized
        digits = word.isdecimal() and len(word) <= _MOST_DIGITS and not spelled
        if token in sized or not (word in numbers or digits):
            continue
        count = numbers[word] if word in numbers else int(word)
        named = sentence[line.tokens[end - 1].start : line.tokens[end - 1].end].lower()
        fits = count > 1 if _is_plural(named) else count == 1 and word in numbers
        if fits:
            return count
    return None


def _is_plural(word: str) -> bool:
    return singular(word) != word or word.endswith(_PLURALS)
