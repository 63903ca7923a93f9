"""The words of a dictation as tokens that know their place in the spoken text."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_rules import MarkRule

_CHUNK = re.compile(r"\S+")
_NUMBER = r"[-±]?(?:\d+(?:[.,]\d+)*|[.,]\d+)"
_GLUED_UNIT = re.compile(rf"({_NUMBER}(?:-{_NUMBER})?)([^\W\d_]+)")
_GLUED = re.compile(rf"({_NUMBER})|([×–])|([^\W\d_]+)")
_GLUED_CHAIN = re.compile(rf"{_NUMBER}(?:[xX×–]{_NUMBER})+[^\W\d_]*")
_LETTERS_WITH_DOTS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.")


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
            goes_on = spoken[done + 1 : done + 2].islower()
            _split(tokens, text, chunk.start(), vocabulary, goes_on=goes_on)
    _gap(tokens, spoken, done, len(spoken))
    return tokens


def _gap(tokens: list[Token], spoken: str, start: int, end: int) -> None:
    if end - start <= 1 and spoken[start:end] != "\n":
        return
    feeds = spoken.count("\n", start, end)
    if feeds:
        text = "\n" * min(feeds, 2)
        tokens.append(Token(text, start, end, Kind.BREAK, ends=True))


def _split(
    tokens: list[Token], text: str, at: int, vocabulary: Vocabulary, *, goes_on: bool
) -> None:
    """A chunk with other signs than letters: marks at its edges, what is left are words.

    goes_on: whether a small letter follows, so that no full stop ends a sentence here.
    """
    first, last = _edges(text, vocabulary, goes_on=goes_on)
    opens = True
    for index in range(first):
        tokens.append(_edge(text[index], at + index, vocabulary, right=opens))
        opens = tokens[-1].right
    for start, end in _words(text[first:last], vocabulary):
        tokens.append(word(text[first + start : first + end], at + first + start, at + first + end))
    for index in range(last, len(text)):
        tokens.append(_edge(text[index], at + index, vocabulary, right=False))


def _words(text: str, vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Where the words lie in a chunk without marks at its edges: 5mm, 3x4cm and two-by-three."""
    glued = _GLUED_UNIT.fullmatch(text)
    if glued and _is_glued_unit(glued[2], vocabulary):
        return [glued.span(1), glued.span(2)]
    if _GLUED_CHAIN.fullmatch(text):
        return [part.span() for part in _GLUED.finditer(text)]
    if "-" in text and _is_parted(text.lower().split("-"), vocabulary):
        return [part.span() for part in re.finditer(r"[^-]+", text)]
    return [(0, len(text))] if text else []


def _is_glued_unit(text: str, vocabulary: Vocabulary) -> bool:
    """Whether letters behind digits are a unit; one letter only as the unit is written: 3T."""
    return text in vocabulary.glued_units or (
        len(text) > 1 and text.lower() in vocabulary.glued_units
    )


def _is_parted(parts: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a hyphened word is a number with its unit, or numbers: five-millimeter, L-four."""
    if "" in parts or "-".join(parts) in vocabulary.numbers:
        return False
    *numbers, last = parts
    unit = vocabulary.units.match([last], 0)
    measured = unit is not None and unit[0].writes is not None
    counts = [_counts(part, vocabulary) for part in (numbers if measured else parts)]
    if parts[0] in vocabulary.level_letters and len(parts) > 1 and parts[1] in vocabulary.numbers:
        counts[0] = True
    return all(counts) and (measured or any(part in vocabulary.numbers for part in parts))


def _counts(part: str, vocabulary: Vocabulary) -> bool:
    between = (*vocabulary.table.ranges.by, *vocabulary.table.ranges.to)
    return part in vocabulary.numbers or part[:1].isdigit() or part in between


def _edges(text: str, vocabulary: Vocabulary, *, goes_on: bool) -> tuple[int, int]:
    first, last = 0, len(text)
    while first < last and text[first] in vocabulary.edges:
        if text[first] in ".," and text[first + 1 : first + 2].isdigit():
            break
        first += 1
    while last > first and text[last - 1] in vocabulary.edges:
        inner = text[first:last]
        if text[last - 1] == "." and inner.lower() in vocabulary.dotted:
            break
        if goes_on and _LETTERS_WITH_DOTS.fullmatch(inner):
            break
        last -= 1
    return first, last


def _edge(sign: str, at: int, vocabulary: Vocabulary, *, right: bool) -> Token:
    return mark(vocabulary.mark_of[sign], at, at + 1, said=False, right=right)
