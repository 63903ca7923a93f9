"""A sentence as a row of events: findings named, places named, and the words around them."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.mapping.phrase_table import Hit, Token

_MARKS = {",": "comma", ";": "end", "(": "open", ")": "close", "?": "doubt", ":": "colon"}
_TWO = 2  # words before a shared name: "acute or"
_ADJECTIVES = frozenset(("limiting", "chronic", "fresh"))
NOTHING: frozenset[str] = frozenset()
ELSEWHERE = frozenset(("elsewhere",))  # what is said here is of none of the findings of the line


class Event(NamedTuple):
    """Tokens [start, end) and what they are: `term` names a finding, `kinds` tell the rest."""

    start: int
    end: int
    kinds: frozenset[str]
    term: Term | None = None
    site: Site | None = None


class Line(NamedTuple):
    """A sentence ready to be read. `terms`: places in `events` of the findings named."""

    tokens: list[Token]
    events: list[Event]
    terms: list[int]

    def words(self, start: int, end: int) -> list[str]:
        """Normal forms of tokens [start, end)."""
        return [token.word for token in self.tokens[start:end]]


def line(sentence: str, lexicon: Lexicon) -> Line:
    """Everything the tables know in a sentence, by place."""
    tokens = lexicon.forms.tokens(sentence)
    words = [token.word for token in tokens]
    terms = [_shared(words, hit, lexicon) for hit in lexicon.terms.find(words)]
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
    return row_of(tokens, _sided(_fronted(events)))


def _shared(words: list[str], hit: Hit[Term], lexicon: Lexicon) -> Hit[Term]:
    """ "Acute or chronic infarct" names infarcts of both kinds, not the chronic one alone."""
    if hit.start < _TWO or lexicon.telling.get(words[hit.start]) != "chronic":
        return hit
    joint = lexicon.cues.find(words[hit.start - 1 : hit.start])
    other = lexicon.cues.find(words[hit.start - _TWO : hit.start - 1])
    if not joint or not other or joint[0].value.isdisjoint(("and", "or")):
        return hit
    head = lexicon.terms.find(words[hit.start + 1 : hit.end])
    if other[0].value.isdisjoint(_ADJECTIVES) or len(head) != 1 or head[0].start:
        return hit
    return hit._replace(start=hit.start + 1, value=head[0].value)


def row_of(tokens: list[Token], events: list[Event]) -> Line:
    """A line of these events."""
    return Line(tokens, events, [n for n, event in enumerate(events) if event.term])


_OTHER = {"left": "right", "right": "left"}
_RELATIVE = frozenset(("other_side", "same_side"))
_TERM = frozenset(("term",))
_DEVICE = frozenset(("term", "device"))
_SITE = frozenset(("site",))
WHERE = frozenset(
    ("preposition", "of", "site", "left", "right", "bilateral", "definite", "partial", "through")
)


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
    for event, after in zip_longest(events, events[1:]):
        kinds = event.kinds
        if "both_of" in kinds and after and after.site and after.start == event.end:
            event = event._replace(kinds=kinds | {"bilateral"})
        if last and not kinds.isdisjoint(_RELATIVE):
            kinds |= {last if "same_side" in kinds else _OTHER[last]}
            event = event._replace(kinds=kinds)
        named = event.site.side.value if event.site and event.site.side else None
        last = next((side for side in _OTHER if side in kinds), named) or last
        found.append(event)
    return found


def _sites(hits: list[Hit[Site]], taken: list[bool]) -> list[Event]:
    return [
        Event(hit.start, hit.end, _SITE, site=hit.value) for hit in hits if not taken[hit.start]
    ]
