"""Parts of a sentence that go on about a finding without naming it again: ", none on the left"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapter.domain.finding import Course
from adapter.domain.order import Side
from adapter.reporting.facts.course import TELLING, course_of, is_among
from adapter.reporting.facts.events import ELSEWHERE, WHERE, Event, Line, row_of
from adapter.reporting.facts.runs import (
    Known,
    Run,
    begin,
    first_joint,
    is_joint,
    is_known,
    is_sized,
    kinds_of,
    run_of,
    runs,
    side_told,
)
from adapter.reporting.facts.side_words import side_of, told_side

_TWO = 2  # sides or levels, without which nothing goes on elsewhere
_NEGATED = frozenset(("negated_before", "negated_after", "negated_last", "negated_adjective"))
_UNCERTAIN = frozenset(("uncertain_before", "uncertain_after", "uncertain_either", "doubt"))
_ANEW = _NEGATED | _UNCERTAIN | TELLING | {"fresh", "limiting", "status", "determiner"}
_COURSES = TELLING - {"new"}
_BARE_DENIAL = frozenset(("negated_before",))  # "not", which denies what was said, "no" does not
_STATED = _ANEW - {"determiner"}
_EARLIER = frozenset(("previously", "earlier", "past_time"))
_SAID_OF_BOTH = _UNCERTAIN | {"historical_before", "prior", "family_before"}


class Unsaid(NamedTuple):
    """What tokens [start, end) say of a finding that is named elsewhere, at `head`."""

    head: Event
    start: int
    end: int
    side: Side | None  # that of the finding where only a level is told
    negated: bool
    uncertain: bool
    time: Course | None
    limited: bool
    chronic: bool


def cut(line: Line, known: Known) -> tuple[Line, list[Unsaid]]:
    """The line without such parts, and what they say."""
    told = sum(1 for event in line.events if told_side(event) or side_of(event))
    if told + len(known.levels) < _TWO:
        return line, []
    gone: set[int] = set()
    parts = [*_shared_heads(line, known, gone), *_gone_on(line, known, gone)]
    if not parts:
        return line, []
    said = [_told(line, run, line.events[head]) for run, head in parts]
    left = [event for at, event in enumerate(line.events) if at not in gone]
    left += [Event(run.start, run.end, ELSEWHERE) for run, head in parts if head < run.first]
    return row_of(line.tokens, sorted(left, key=lambda event: event.start)), said


def _told(line: Line, run: Run, head: Event) -> Unsaid:
    places = range(run.first, run.last)
    kinds = kinds_of(line, run)
    side = side_told(line, run)
    courses = [course_of(line, at) for at in places]
    time: Course | None = next((course for course in courses if course), None)
    negated = not kinds.isdisjoint(_NEGATED) and "change" not in kinds
    if negated and time != "resolved":
        time = None
    uncertain, limited = not kinds.isdisjoint(_UNCERTAIN), "limiting" in kinds
    return Unsaid(
        head, run.start, run.end, side, negated, uncertain, time, limited, "chronic" in kinds
    )


def _gone_on(line: Line, known: Known, gone: set[int]) -> list[tuple[Run, int]]:
    """ "Effusion on the right, none on the left": the finding was named before."""
    found: list[tuple[Run, int]] = []
    head = None
    for run in runs(line):
        terms = [at for at in range(run.first, run.last) if line.events[at].term]
        if terms:
            head = terms[-1]
        elif head is None or run.first == 0 or run.first in gone or _is_shared(line, run):
            continue
        elif _is_of_head(line, run, head, known):
            found.append((run, head))
            gone.update(range(first_joint(line, run.first), run.last))
        elif found and found[-1][0].last == first_joint(line, run.first):
            last = found[-1][0]
            if _is_earlier(line, run, known):
                found[-1] = (last._replace(last=run.last, end=run.end), head)
                gone.update(range(last.last, run.last))
    return found


def _is_earlier(line: Line, run: Run, known: Known) -> bool:
    """ "…, left 3.4 cm, previously 2.8 cm": the size before of what was measured last."""
    plain = not kinds_of(line, run) - _EARLIER
    return plain and is_sized(run, known) and is_known(line, run, known)


def _is_shared(line: Line, run: Run) -> bool:
    """ "… mild right and left effusions": a bare side, and a finding named behind the joint."""
    if run.last == len(line.events) or line.events[run.last].kinds.isdisjoint(("and", "or")):
        return False
    last = [each for each in line.events[run.first : run.last] if each.end == run.end]
    bare = any(told_side(each) or "partial" in each.kinds for each in last)
    if not bare or any("preposition" in e.kinds for e in line.events[run.first : run.last]):
        return False
    stop = next((at for at in range(run.last + 1, len(line.events)) if is_joint(line, at)), None)
    return any(event.term for event in line.events[run.last : stop])


def _is_of_head(line: Line, run: Run, head: int, known: Known) -> bool:
    if not is_known(line, run, known) or not _is_placed(line, run, known):
        return False
    if side_told(line, run) and head in known.paired:
        return _is_elsewhere(line, run, head, known) and _predicates(line, run, known)
    sided = any(map(side_of, line.events[run.first : run.last]))
    own = range(line.events[head].end, run.start)
    levelled = not known.levels.isdisjoint(range(run.start, run.end))
    stated = not kinds_of(line, run).isdisjoint(_STATED)
    return levelled and stated and not sided and not known.levels.isdisjoint(own)


def _is_elsewhere(line: Line, run: Run, head: int, known: Known) -> bool:
    """Whether the finding was said to be on another side, or of another size."""
    side, own, sized = side_told(line, run), told_side(line.events[head]), False
    for place in reversed(range(run.first)):
        event = line.events[place]
        if place < head and (event.term or "end" in event.kinds):
            break
        own = side_of(event) or own
        sized = sized or not known.sized.isdisjoint((event.start - 1, event.end))
    if own is side:
        return sized and is_sized(run, known)
    return own is not None


def _predicates(line: Line, run: Run, known: Known) -> bool:
    """Whether the run says something of the finding, beside where it is."""
    if any(
        "comparative" in line.events[at].kinds and is_among(line, at)
        for at in range(run.first, run.last)
    ):
        return False
    beside = known.sized | known.levels
    stated = not kinds_of(line, run).isdisjoint(_STATED)
    return stated or not beside.isdisjoint(range(run.start, run.end))


def _is_placed(line: Line, run: Run, known: Known) -> bool:
    """Whether anatomy only tells where, and is not what the words speak of: "ovary not seen"."""
    naught = any(
        "negated_last" in event.kinds and "negated_adjective" not in event.kinds
        for event in line.events[run.first : run.last]
    )
    led = False
    for event in line.events[run.first : run.last]:
        sized = event.site and event.site.side and is_sized(run, known)
        if event.site and not (led or naught or sized):
            return False
        led = "preposition" in event.kinds or (led and not event.kinds - WHERE)
    return True


def _shared_heads(line: Line, known: Known, gone: set[int]) -> list[tuple[Run, int]]:
    """ "Trace right and no left effusion": the finding is named behind."""
    found = []
    for head in line.terms:
        second = _before(line, head, known) if head in known.paired or known.levels else None
        if second is None:
            continue
        joint = first_joint(line, second.first)
        run = _first(line, joint, known)
        if run and _is_twin(line, run, second, known):
            found.append((run, head))
            gone.update(range(run.first, second.first))
            gone.update(at for at in range(second.last, head) if is_joint(line, at))
            gone.update(_denials_of_course(line, run, second))
    return found


def _denials_of_course(line: Line, run: Run, second: Run) -> Iterator[int]:
    """ "Resolution of the right but not the left effusion": the left one is there."""
    if not kinds_of(line, run).isdisjoint(_COURSES):
        places = range(second.first, second.last)
        yield from (at for at in places if line.events[at].kinds == _BARE_DENIAL)


def _before(line: Line, head: int, known: Known) -> Run | None:
    """What stands between a joint and the finding: "no left", also in ", but no left, effusion"."""
    last = head
    first = begin(line, head)
    if first == last or _place_told(line, run_of(line, first, last), known) is None:
        if kinds_of(line, run_of(line, first, head)) - WHERE:
            return None
        last = first_joint(line, first)
        first = begin(line, last)
    if not first or first == last or not is_joint(line, first - 1):
        return None
    if line.tokens[line.events[first - 1].start].word == ";":
        return None
    return run_of(line, first, last)


def _first(line: Line, joint: int, known: Known) -> Run | None:
    """The words before a joint, which name no finding."""
    first = begin(line, joint)
    run = run_of(line, first, joint)
    bare = first == joint and known.levels.isdisjoint(range(run.start, run.end))
    return None if bare or (first and line.events[first - 1].term) else run


def _is_twin(line: Line, run: Run, second: Run, known: Known) -> bool:
    """Whether what is said before the joint is of another side or level, in the same form."""
    one, other = _place_told(line, run, known), _place_told(line, second, known)
    if None in (one, other) or other is Side.BILATERAL or one is other:
        return False
    if not is_known(line, run, known) or not _ends_alike(line, run, second, known):
        return False
    if not (_begins_anew(line, second) or _are_apart(run, second, known)):
        return False
    kinds, after = kinds_of(line, run), kinds_of(line, second)
    if not kinds.isdisjoint(_SAID_OF_BOTH) and after.isdisjoint(_NEGATED):
        return False
    listed = all("comma" in line.events[at].kinds for at in range(run.last, second.first))
    return not (listed and kinds.isdisjoint(_ANEW) and not is_sized(run, known))


def _place_told(line: Line, run: Run, known: Known) -> Side | int | None:
    """The one side that the run tells, or the token of its one level."""
    if any(map(side_of, line.events[run.first : run.last])):
        return side_told(line, run)
    levels = known.levels.intersection(range(run.start, run.end))
    return next(iter(levels)) if len(levels) == 1 else None


def _are_apart(run: Run, second: Run, known: Known) -> bool:
    """Whether each has its own size, or its own level."""
    beside = (known.sized, known.levels)
    spans = [range(each.start, each.end) for each in (run, second)]
    return any(not any(kind.isdisjoint(span) for span in spans) for kind in beside)


def _begins_anew(line: Line, second: Run) -> bool:
    """Whether the words behind the joint are not those before it gone on."""
    start, event = line.events[second.first - 1].end, line.events[second.first]
    if event.start == start and not event.kinds.isdisjoint(_ANEW | {"preposition"}):
        return not kinds_of(line, second).isdisjoint(_ANEW)
    return line.tokens[start].word[:1].isdigit()


def _ends_alike(line: Line, run: Run, second: Run, known: Known) -> bool:
    """Whether a side, or a place where the other names one too, stands right before the joint."""
    end = line.events[run.last].start
    events = line.events[run.first : run.last]
    sited = any(event.site for event in events)
    if sited and not any(event.site for event in line.events[second.first : second.last]):
        return False
    last = [event for event in events if event.end == end]
    return end - 1 in known.sized | known.levels or any(
        event.site or told_side(event) or "partial" in event.kinds for event in last
    )
