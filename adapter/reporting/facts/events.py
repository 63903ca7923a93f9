"""A sentence as a row of events: findings named, places named, and the words around them."""

from __future__ import annotations

from typing import NamedTuple

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.mapping.phrase_table import Hit, Token

_MARKS = {",": "comma", ";": "end", "(": "open", ")": "close", "?": "doubt", ":": "colon"}
NOTHING: frozenset[str] = frozenset()


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
    terms = lexicon.terms.find(words)
    events = [
        Event(hit.start, hit.end, _kinds(words[hit.start : hit.end], lexicon), term=hit.value)
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
    return row_of(tokens, _fronted(events))


def row_of(tokens: list[Token], events: list[Event]) -> Line:
    """A line of these events."""
    return Line(tokens, events, [n for n, event in enumerate(events) if event.term])


_TERM = frozenset(("term",))
_SITE = frozenset(("site",))
WHERE = frozenset(
    ("preposition", "of", "site", "left", "right", "bilateral", "definite", "partial", "through")
)


def _kinds(words: list[str], lexicon: Lexicon) -> frozenset[str]:
    """What the name of a finding tells itself: "biapical scarring", "old infarct"."""
    if len(words) == 1:
        return _TERM
    return _TERM.union(lexicon.telling[word] for word in words if word in lexicon.telling)


def _fronted(events: list[Event]) -> list[Event]:
    """ "On the left, there is an effusion": what a clause says first tells where."""
    found: list[Event] = []
    begins, placed = True, False  # placed: a place was said in the clause, nothing else
    for event in events:
        if begins:
            placed = "preposition" in event.kinds
        elif placed and event.kinds - WHERE:
            if "comma" in event.kinds:
                continue
            placed = False
            if "there" in event.kinds:  # begins no clause of its own
                event = event._replace(kinds=event.kinds - {"end"})
        begins = "end" in event.kinds
        found.append(event)
    return found


def _sites(hits: list[Hit[Site]], taken: list[bool]) -> list[Event]:
    return [
        Event(hit.start, hit.end, _SITE, site=hit.value) for hit in hits if not taken[hit.start]
    ]
