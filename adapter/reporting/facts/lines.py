"""A sentence as a row of events: what the tables know in it, by place."""

from __future__ import annotations

from itertools import zip_longest

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.mapping.phrase_table import Hit
from adapter.reporting.facts.events import WHERE, Event, Line, row_of
from adapter.reporting.facts.shared import with_shared

_MARKS = {",": "comma", ";": "end", "(": "open", ")": "close", "?": "doubt", ":": "colon"}
_TWO = 2  # words before a shared name: "acute or"
_ADJECTIVES = frozenset(("limiting", "chronic", "fresh", "left", "right"))
_TOLD_OF_ALL = frozenset(("new", "stable", "increased", "decreased", "resolved"))
_OTHER = {"left": "right", "right": "left"}
_RELATIVE = frozenset(("other_side", "same_side"))
_TERM = frozenset(("term",))
_DEVICE = frozenset(("term", "device"))
_SITE = frozenset(("site",))


def line(sentence: str, lexicon: Lexicon) -> Line:
    """Everything the tables know in a sentence, by place."""
    tokens = lexicon.forms.tokens(sentence)
    words = [token.word for token in tokens]
    terms = [_bare(words, hit, lexicon) for hit in lexicon.terms.find(words)]
    events = [
        Event(hit.start, hit.end, _kinds(words[hit.start : hit.end], hit.value, lexicon), hit.value)
        for hit in terms
    ]
    taken = [False] * len(words)
    for hit in terms:
        taken[hit.start : hit.end] = [True] * (hit.end - hit.start)
    events += _sites(lexicon.sites.find(words), taken)
    plain = ["" if of_term else word for word, of_term in zip(words, taken, strict=True)]
    events += [Event(hit.start, hit.end, hit.value) for hit in lexicon.cues.find(plain)]
    events += [
        Event(at, at + 1, frozenset((_MARKS[word],)))
        for at, word in enumerate(words)
        if word in _MARKS
    ]
    events.sort(key=lambda event: event.start)
    return row_of(tokens, _sided(_fronted(with_shared(events, words, lexicon))))


def _bare(words: list[str], hit: Hit[Term], lexicon: Lexicon) -> Hit[Term]:
    """The name alone in "acute or chronic infarct", "old left and acute right infarcts"."""
    first = hit.start
    sides = [at for at in range(first + 1, hit.end - 1) if lexicon.telling.get(words[at]) in _OTHER]
    old = lexicon.telling.get(words[first]) == "chronic"
    if not (old or sides) or not _is_joined(words, first, lexicon):
        return hit
    start = sides[-1] + 1 if sides else first + 1
    name = lexicon.terms.find(words[start : hit.end])
    if len(name) != 1 or name[0].start or not (old or name[0].value == hit.value):
        return hit
    return hit._replace(start=start, value=name[0].value)


def _is_joined(words: list[str], at: int, lexicon: Lexicon) -> bool:
    """Whether "and" or "or" comes before this word, and an adjective or a side before that."""
    if at < _TWO:
        return False
    joint = lexicon.cues.find(words[at - 1 : at])
    other = lexicon.cues.find(words[at - _TWO : at - 1])
    if not joint or not other or joint[0].value.isdisjoint(("and", "or")):
        return False
    return not other[0].value.isdisjoint(_ADJECTIVES)


def _kinds(words: list[str], term: Term, lexicon: Lexicon) -> frozenset[str]:
    """What the name of a finding tells itself: "biapical scarring", "old infarct"."""
    kinds = _DEVICE if term.finding in lexicon.devices else _TERM
    if len(words) == 1:
        return kinds
    return kinds.union(lexicon.telling[word] for word in words if word in lexicon.telling)


def _fronted(events: list[Event]) -> list[Event]:
    """ "On the left, there is an effusion": what a clause says first tells where."""
    found: list[Event] = []
    begins, placed = True, False  # placed: a place was said in the clause, nothing else
    behind = False  # a comma before the place
    for event in events:
        if begins:
            first = event.start == (found[-1].end if found else 0)
            placed = "preposition" in event.kinds and first
        elif placed and event.kinds - WHERE:
            if "comma" in event.kinds and not behind:
                continue
            placed = False
            if "there" in event.kinds:  # begins no clause of its own
                event = event._replace(kinds=event.kinds - {"end"})
        behind = "comma" in event.kinds or (behind and not begins and placed)
        begins = "end" in event.kinds or "comma" in event.kinds
        found.append(event)
    return found


def _sided(events: list[Event]) -> list[Event]:
    """ "Contralateral" is the side other than the one named last, "either" before a place both."""
    found: list[Event] = []
    last: str | None = None
    for event, after, next_ in zip_longest(events, events[1:], events[2:]):
        kinds = event.kinds
        if "both_of" in kinds and after and _is_pair(event, after, next_):
            event = event._replace(kinds=kinds | {"bilateral"})
        if "bilateral" in kinds and _counts_findings(event, after, found):
            event = event._replace(kinds=kinds - {"bilateral"})
        if last and not kinds.isdisjoint(_RELATIVE):
            kinds |= {last if "same_side" in kinds else _OTHER[last]}
            event = event._replace(kinds=kinds)
        named = event.site.side.value if event.site and event.site.side else None
        last = next((side for side in _OTHER if side in kinds), named) or last
        found.append(event)
    return found


def _counts_findings(event: Event, after: Event | None, before: list[Event]) -> bool:
    """ "Effusion with atelectasis, both decreased": of the two findings, not of two sides."""
    if after is None or after.start != event.end or after.kinds.isdisjoint(_TOLD_OF_ALL):
        return False
    comma = bool(before) and "comma" in before[-1].kinds and before[-1].end == event.start
    return comma and len({each.start for each in before if each.term}) > 1


def _is_pair(event: Event, place: Event, after: Event | None) -> bool:
    """Whether "either" or "neither" is of one place; not "neither liver nor spleen"."""
    one = place.site is not None and place.term is None and place.start == event.end
    return one and (after is None or "or" not in after.kinds)


def _sites(hits: list[Hit[Site]], taken: list[bool]) -> list[Event]:
    return [
        Event(hit.start, hit.end, _SITE, site=hit.value) for hit in hits if not taken[hit.start]
    ]
