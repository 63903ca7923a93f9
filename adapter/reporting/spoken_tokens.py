"""The words of a dictation as tokens that know their place in the spoken text."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_rules import MarkRule

_CHUNK = re.compile(r"\S+")
_GLUED_UNIT = re.compile(r"(\d+(?:[.,]\d+)?)([^\W\d_]+)")


class Kind(Enum):
    """What a token is."""

    WORD = "word"  # as heard
    DONE = "done"  # written by a rule, not to be read again
    MARK = "mark"  # punctuation
    BREAK = "break"  # one or two line feeds
    COMMAND = "command"  # text: its name


class Token(NamedTuple):
    """Text that comes from the spoken characters [start, end). `key`: lower case; "" if no word."""

    text: str
    start: int
    end: int
    kind: Kind = Kind.WORD
    key: str = ""
    left: bool = False  # no blank before it
    right: bool = False  # no blank after it
    ends: bool = False  # the next word starts a sentence
    rank: int = 0  # of marks in a row the highest stays
    said: bool = False  # a mark spoken as a word
    tight: bool = False  # no blanks when it stands between two numbers
    argument: str = ""  # of a command


def word(text: str, start: int, end: int) -> Token:
    """A heard word."""
    return Token(text, start, end, Kind.WORD, text.lower().replace("’", "'"))


def written(
    text: str, first: Token, last: Token, *, left: bool = False, right: bool = False
) -> Token:
    """Text that a rule wrote for the tokens from `first` to `last`."""
    return Token(text, first.start, last.end, Kind.DONE, left=left, right=right)


def mark(rule: MarkRule, start: int, end: int, *, said: bool, right: bool | None = None) -> Token:
    """A punctuation mark or a break; `right` says on which side of a quote the text stands."""
    kind = Kind.MARK if rule.writes.strip() else Kind.BREAK
    left = rule.glue in ("before", "both") or (rule.glue == "quote" and right is False)
    glued = rule.glue in ("after", "both") or (rule.glue == "quote" and right is True)
    ends = rule.ends_sentence or kind is Kind.BREAK
    tight = rule.tight_in_numbers or rule.glue == "both"
    return Token(
        rule.writes, start, end, kind, "", left, glued, ends, rule.rank, said=said, tight=tight
    )


def keys_of(tokens: list[Token]) -> list[str]:
    """The words to look up; the empty string stands for what is no word."""
    return [token.key for token in tokens]


def tokenize(spoken: str, vocabulary: Vocabulary) -> list[Token]:
    """Words, written punctuation marks and line feeds of a text, in order."""
    tokens: list[Token] = []
    done = 0
    for chunk in _CHUNK.finditer(spoken):
        _gap(tokens, spoken, done, chunk.start())
        done = chunk.end()
        text = chunk.group()
        if text.isalpha():
            tokens.append(word(text, chunk.start(), done))
        else:
            _split(tokens, text, chunk.start(), vocabulary)
    _gap(tokens, spoken, done, len(spoken))
    return tokens


def _gap(tokens: list[Token], spoken: str, start: int, end: int) -> None:
    if end - start <= 1 and spoken[start:end] != "\n":
        return
    feeds = spoken.count("\n", start, end)
    if feeds:
        text = "\n" * min(feeds, 2)
        tokens.append(Token(text, start, end, Kind.BREAK, ends=True))


def _split(tokens: list[Token], text: str, at: int, vocabulary: Vocabulary) -> None:
    """A chunk with other signs than letters: marks at its edges, what is left is a word."""
    first, last = _edges(text, vocabulary)
    opens = True
    for index in range(first):
        tokens.append(_edge(text[index], at + index, vocabulary, right=opens))
        opens = tokens[-1].right
    inner = text[first:last]
    parts = _number_and_unit(inner, vocabulary)
    if parts:
        middle = at + first + parts[1]
        tokens.append(word(inner[: parts[0]], at + first, middle))
        tokens.append(word(inner[parts[1] :], middle, at + last))
    elif inner:
        tokens.append(word(inner, at + first, at + last))
    for index in range(last, len(text)):
        tokens.append(_edge(text[index], at + index, vocabulary, right=False))


def _number_and_unit(text: str, vocabulary: Vocabulary) -> tuple[int, int] | None:
    """Where the number ends and the unit begins in 5mm and five-millimeter."""
    glued = _GLUED_UNIT.fullmatch(text)
    if glued and glued[2] in vocabulary.glued_units:
        return glued.end(1), glued.end(1)
    number, hyphen, unit = text.lower().rpartition("-")
    found = vocabulary.units.match([unit], 0) if hyphen else None
    if found is None or found[0].writes is None:
        return None
    counts = number in vocabulary.numbers or number[:1].isdigit()
    return (len(number), len(number) + 1) if counts and len(text) == len(text.lower()) else None


def _edges(text: str, vocabulary: Vocabulary) -> tuple[int, int]:
    first, last = 0, len(text)
    while first < last and text[first] in vocabulary.edges:
        if text[first] in ".," and text[first + 1 : first + 2].isdigit():
            break
        first += 1
    while last > first and text[last - 1] in vocabulary.edges:
        if text[last - 1] == "." and text[first:last].lower() in vocabulary.dotted:
            break
        last -= 1
    return first, last


def _edge(sign: str, at: int, vocabulary: Vocabulary, *, right: bool) -> Token:
    return mark(vocabulary.mark_of[sign], at, at + 1, said=False, right=right)
