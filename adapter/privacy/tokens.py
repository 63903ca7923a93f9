"""Text as folded words with their places: what every finder of identifiers reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*|\d+")
_STROKES = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ñ": "ny"})
_LONGEST_RUN = 24  # tokens that one identifier may be cut into


class Token(NamedTuple):
    """A run of letters or of digits: text[start:end], folded."""

    start: int
    end: int
    key: str


class Span(NamedTuple):
    """What is taken out: text[start:end]. One `key` gets one placeholder within a payload.

    `instead` is written where the placeholder would tell less, as of dates.
    """

    start: int
    end: int
    kind: str
    key: str
    instead: str = ""


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Lower case without accents, in ASCII where the script is Latin."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def foldings(text: str) -> set[str]:
    """The ways in which a name may be folded: Müller is muller and mueller."""
    composed = unicodedata.normalize("NFC", text.casefold())
    return {fold(text), fold(composed.translate(_DIGRAPHS))}


def clean(text: str) -> str:
    """NFC without invisible signs, so that none can part a name."""
    seen = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", "".join(seen))


def tokens(text: str) -> tuple[Token, ...]:
    """The words and numbers of a text in order."""
    return tuple(Token(*m.span(), fold(m.group())) for m in _TOKEN.finditer(text))


def letters_and_digits(text: str) -> str:
    """The text folded, without anything between its words and numbers."""
    return "".join(each.key for each in tokens(text))


def runs(
    keys: Sequence[str], wanted: Container[str], longest: int
) -> Iterator[tuple[int, int, str]]:
    """(first, end, joined) of every run of keys that joined is wanted; `longest` in characters."""
    for first in range(len(keys)):
        joined = ""
        for end in range(first, min(first + _LONGEST_RUN, len(keys))):
            joined += keys[end]
            if len(joined) > longest:
                break
            if joined in wanted:
                yield first, end + 1, joined
