"""Questions about the events around a place of a line, which the scope rules share."""

from __future__ import annotations

import re

from adapter.reporting.facts.events import Event, Line

JOINTS = frozenset(("comma", "and", "with"))
_NEAR = 3  # words that may stand between an adjective and its finding
_RESTART = frozenset(
    ("determiner", "fresh", "left", "right", "bilateral", "status", "stable", "uncertain_before")
)
_OF_STUDY = frozenset(
    ("exam", "prior", "past_time", "previously", "preposition", "of", "from", "definite", "site")
)
_STUDY_GAP = 4  # words between the parts of "prior CT of the chest dated 3 May 2019 showed"
_COMPARED = frozenset(("with", "previously"))
_SIDES = frozenset(("left", "right", "bilateral"))
_LEVEL = re.compile(r"[ctls]\d")
_YEAR = 4  # digits
_NOT_ADJECTIVES = frozenset(("exam", "comma", "end", "verb", "with", "and", "preposition"))


def following(line: Line, at: int) -> Event | None:
    """The next event."""
    return line.events[at + 1] if at + 1 < len(line.events) else None


def finding_follows(line: Line, at: int) -> bool:
    """Whether a finding stands to the right before the clause ends."""
    for event in line.events[at + 1 :]:
        if event.term:
            return True
        if not event.kinds.isdisjoint(("end", "comma", "and")):
            return False
    return False


def is_adjective(line: Line, at: int) -> bool:
    """Whether this word describes the finding behind it: "prior pneumonia", not "prior CT"."""
    event = line.events[at]
    for each in line.events[at + 1 :]:
        if each.term:
            return each.start - event.end < _NEAR
        if not each.kinds.isdisjoint(_NOT_ADJECTIVES):
            return False
    return False


def is_named_before(line: Line, at: int) -> bool:
    """Whether a finding stands to the left in the clause."""
    for event in reversed(line.events[:at]):
        if event.term:
            return True
        if "end" in event.kinds:
            return False
    return False


def ends_clause(line: Line, at: int, also: frozenset[str] = frozenset()) -> bool:
    """Whether nothing but a mark (or an event of kind `also`) comes right behind."""
    event, after = line.events[at], following(line, at)
    if event.end >= len(line.tokens):
        return True
    stops = also | {"comma", "end", "close"}
    return after is not None and after.start == event.end and not after.kinds.isdisjoint(stops)


def is_list(line: Line, at: int) -> bool:
    """Whether "or" / "nor" comes later in the clause, so that a comma only lists."""
    for event in line.events[at + 1 :]:
        if "or" in event.kinds:
            return True
        if not event.kinds.isdisjoint(("end", "verb")):
            return False
        if "and" in event.kinds and "comma" not in line.events[at].kinds:
            return False
    return False


def tells_presence(line: Line, at: int, seen: bool = False) -> bool:
    """ ", right effusion unchanged": only what is there can be unchanged.

    `seen`: so does ", and gallstones are present".
    """
    named = False
    kinds = ("status", "normal", "uncertain_after", *(("verb",) if seen else ()))
    for event in line.events[at + 1 :]:
        if event.term:
            named = True
        elif not event.kinds.isdisjoint(JOINTS | {"or", "end"}):
            return False
        elif named and not event.kinds.isdisjoint(kinds):
            return True
    return False


def is_described(line: Line, at: int) -> bool:
    """ "Mass with spiculated margins in the breast": no other finding comes behind."""
    for event in line.events[at + 1 :]:
        if event.term or not event.kinds.isdisjoint(("and", "verb")):
            return False
        if not event.kinds.isdisjoint(("end", "comma")):
            return True
    return True


def begins_anew(line: Line, at: int) -> bool:
    """Whether the words after a joint are those of a new, affirmed finding: "a 6 mm nodule"."""
    start = line.events[at].end
    if start == len(line.tokens):  # nothing comes after the joint
        return False
    if line.tokens[start].word[:1].isdigit():
        return True
    for place, event in enumerate(line.events[at + 1 :], at + 1):
        if event.start > start:
            return False
        if event.term:
            return "chronic" in event.kinds  # "old infarct"
        if not event.kinds.isdisjoint(_RESTART) or is_predicate(line, place):
            return True
        if "definite" in event.kinds:
            return _verb_follows(line, at)
        start = event.end
    return False


def is_predicate(line: Line, at: int) -> bool:
    """ "Spleen enlarged": an organ, and behind it what only an organ can be."""
    after = following(line, at)
    if line.events[at].site is None or after is None or after.start != line.events[at].end:
        return False
    return bool(after.term and after.term.generic and after.term.generic.otherwise is None)


def _verb_follows(line: Line, at: int) -> bool:
    for event in line.events[at:]:
        if "verb" in event.kinds:
            return True
        if not event.kinds.isdisjoint(("end", "or")):
            return False
    return False


def joins_places(line: Line, joint: int) -> bool:
    """Whether a joint is between adjectives of place: "upper and lower pole", "upper, middle"."""
    before, event, after = line.events[joint - 1], line.events[joint], following(line, joint)
    if after is None or before.end != event.start:
        return False
    if "comma" in event.kinds:
        return "partial" in before.kinds and "partial" in after.kinds and after.start == event.end
    if event.kinds.isdisjoint(("and", "or")):
        return False
    return all(each.site is not None or "partial" in each.kinds for each in (before, after))


def turns_away(line: Line, joint: int) -> bool:
    """Whether the words behind a joint state what is seen: ", no mass", ", a 5 mm cyst"."""
    kinds, after = line.events[joint].kinds, following(line, joint)
    if after is None or kinds.isdisjoint(("comma", "and", "end")):
        return False
    if tells_presence(line, joint, seen=True):
        return True
    if "and" in kinds:
        return False
    return "negated_before" in after.kinds or begins_anew(line, joint)


def is_of_earlier_study(line: Line, at: int) -> bool:
    """ "Prior CT showed …", "ultrasound of 2019 revealed …": what was then."""
    first = line.events[at].start
    exam = earlier = False
    for event in reversed(line.events[:at]):
        if not event.kinds.isdisjoint(_COMPARED) and event.kinds.isdisjoint(("exam", "prior")):
            return False  # "comparison with prior study shows"
        if event.kinds.isdisjoint(_OF_STUDY) or first - event.end > _STUDY_GAP:
            break
        first = event.start
        exam = exam or "exam" in event.kinds
        earlier = earlier or not event.kinds.isdisjoint(("prior", "past_time", "previously"))
    return exam and (earlier or any(map(_is_year, line.words(first, line.events[at].start))))


def is_dated(line: Line, at: int) -> bool:
    """ "Stroke in 2015": the finding, and behind it when it was."""
    event, before = line.events[at], line.events[at - 1]
    if at == 0 or before.term is None or before.end != event.start:
        return False
    return is_year(line, event.end)


def is_of_then(line: Line, at: int) -> bool:
    """ "Not present in 2022", "not seen on the prior study": a denial of then, not of today."""
    event, after = line.events[at], following(line, at)
    if "negated_after" not in event.kinds or "resolved" in event.kinds:
        return False
    if after is None or after.start != event.end:
        return False
    if not after.kinds.isdisjoint(("earlier", "past_time")):
        return True
    return "preposition" in after.kinds and is_year(line, after.end)


def is_year(line: Line, at: int) -> bool:
    """Whether a year stands at this token."""
    return any(map(_is_year, line.words(at, at + 1)))


def _is_year(word: str) -> bool:
    return len(word) == _YEAR and word.isdecimal() and word[:2] in ("19", "20")


def is_of_sizes(line: Line, at: int) -> bool:
    """ "8 mm versus 6 mm": numbers stand on both sides."""
    start, end = line.events[at].start, line.events[at].end
    beside = (*line.words(max(0, start - 2), start)[:1], *line.words(end, end + 1))  # number, unit
    return len(beside) > 1 and all(word[:1].isdigit() for word in beside)


def is_bare(line: Line, end: int, at: int) -> bool:
    """Whether a clause has no subject of its own."""
    between = line.events[end + 1 : at]
    words = line.words(line.events[end].end, line.events[at].start)
    return len(words) == len(between) and all("verb" in each.kinds for each in between)


def has_level(line: Line, start: int, end: int) -> bool:
    """Whether tokens [start, end) name a vertebral level."""
    return any(_LEVEL.match(word) for word in line.words(start, end))


def end_of_clause(line: Line, at: int) -> int:
    """The token at which the words behind this joint end."""
    ends = (
        e.start for e in line.events[at + 1 :] if not e.kinds.isdisjoint(JOINTS | {"or", "end"})
    )
    return next(ends, len(line.tokens))


def has_subject(line: Line, comma: int, at: int) -> bool:
    """ "Left ovarian cyst, right ovary not seen": the words are of the anatomy behind the comma."""
    between = line.events[comma + 1 : at]
    if any(not event.kinds.isdisjoint(("comma", "preposition")) for event in between):
        return False
    return any(event.site for event in between)


def is_placed(line: Line, at: int) -> bool:
    """Whether the one finding behind a comma has its own side: ", hematoma on the left"."""
    named = led = False
    for place, event in enumerate(line.events[at + 1 :], at + 1):
        if event.term:
            if named:
                return False
            named = True
        elif not event.kinds.isdisjoint(JOINTS | {"or", "end", "verb"}):
            return False
        elif named and "preposition" in event.kinds:
            led = True
        elif named and not event.kinds.isdisjoint(_SIDES):
            return (led and "bilateral" not in event.kinds) or ends_clause(line, place)
    return False
