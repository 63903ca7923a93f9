"""Words on which a patient's safety hangs: negation, side, number, unit, level and change."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from adapter.domain.report import Heard
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.dictated import Dictated
from adapter.reporting.spoken_numbers import read_joined
from adapter.reporting.spoken_tokens import keys_of, tokenize
from adapter.reporting.written_form.levels import level
from adapter.reporting.written_form.reading import Reading

_RANGE = re.compile(r"(\d+(?:[.,]\d+)?)-(\d+(?:[.,]\d+)?)", re.ASCII)
_MEASURE = ("number", "unit")

Least = Callable[[str], float]
"""Kind of token -> the confidence below which it is doubtful."""


class SafetyToken(NamedTuple):
    """Characters [start, end) of a text that are a safety token, the words [first, last) of it."""

    kind: str  # "negation", "side", "number", "unit", "level" or "change"
    start: int
    end: int
    first: int
    last: int


class Doubt(NamedTuple):
    """Characters [start, end) of a text that a person should confirm, and how they were heard."""

    start: int
    end: int
    kind: str
    heard: Heard | None  # None: never heard, but typed
    contradicts: bool = False


def safety_tokens(reading: Reading) -> Iterator[SafetyToken]:
    """The safety tokens of a written text, in order."""
    index, before = 0, ""
    while index < len(reading.tokens):
        kind, end = _kind(reading, index, before)
        if kind:
            first, last = reading.tokens[index], reading.tokens[end - 1]
            yield SafetyToken(kind, first.start, last.end, index, end)
        index, before = end, kind


def _reading(text: str, vocabulary: Vocabulary) -> Reading:
    tokens = tokenize(text, vocabulary)
    return Reading(tokens, keys_of(tokens), vocabulary)


def _kind(reading: Reading, index: int, before: str) -> tuple[str, int]:
    """The kind of token that begins at a word, "" for none, and the index behind it."""
    key, keys, vocabulary = reading.key(index), reading.keys, reading.vocabulary
    if not key:
        return "", index + 1
    unit = vocabulary.unit_at(keys, index) if before == "number" else None
    if unit is not None:
        return "unit", unit[1]
    found = level(reading, index)
    if found is not None:
        return "level", found[1]
    number = read_joined(keys, index, vocabulary)
    if number is not None:
        return "number", number.end
    if any(character.isdigit() for character in key):
        return "number", index + 1
    return vocabulary.safety.get(key, ""), index + 1


def doubts(dictated: Dictated, start: int, end: int, voc: Vocabulary, least: Least) -> list[Doubt]:
    """Safety tokens heard with too little confidence in the written characters [start, end).

    One doubt for tokens of one kind in a row, and for a number with its unit; offsets from `start`.
    """
    found: list[tuple[SafetyToken, Heard]] = []
    for token in safety_tokens(_reading(dictated.text[start:end], voc)):
        source = dictated.source(start + token.start, start + token.end)
        if source.ms is None or source.confidence is None or source.confidence >= least(token.kind):
            continue
        heard = Heard(token.kind, dictated.id, source.ms, source.confidence)
        last = found[-1][0] if found else None
        if last is not None and _in_one(last, token):
            found[-1] = _joined(found[-1], token, heard)
        else:
            found.append((token, heard))
    return [Doubt(token.start, token.end, token.kind, heard) for token, heard in found]


def _in_one(one: SafetyToken, other: SafetyToken) -> bool:
    alike = one.kind == other.kind or (one.kind, other.kind) == _MEASURE
    return alike and one.last == other.first


def _joined(
    first: tuple[SafetyToken, Heard], token: SafetyToken, heard: Heard
) -> tuple[SafetyToken, Heard]:
    one, known = first
    ms = min(known.ms[0], heard.ms[0]), max(known.ms[1], heard.ms[1])
    least = min(known.confidence, heard.confidence)
    return (
        one._replace(end=token.end, last=token.last),
        Heard(known.kind, known.dictation, ms, least),
    )


def contradictions(text: str, vocabulary: Vocabulary) -> Iterator[SafetyToken]:
    """Safety tokens next to each other that cannot both be meant: left right, 5 mm cm, 6-5 mm."""
    reading = _reading(text, vocabulary)
    tokens, keys = list(safety_tokens(reading)), reading.keys
    for one, other in itertools.pairwise(tokens):
        if one.last == other.first and _clash(one, other, keys, vocabulary):
            yield one._replace(end=other.end, last=other.last)
    yield from (one for one in tokens if _is_broken(one, keys, vocabulary))


def _is_broken(token: SafetyToken, keys: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a number or a unit contradicts what stands behind it."""
    if token.kind == "unit":
        return _is_unit(keys, token.last, vocabulary)
    if token.kind != "number":
        return False
    return _is_falling(token, keys, vocabulary) or _is_cut_short(token, keys, vocabulary)


def _clash(one: SafetyToken, other: SafetyToken, keys: list[str], vocabulary: Vocabulary) -> bool:
    return frozenset((keys[one.first], keys[other.first])) in vocabulary.opposites


def _is_unit(keys: list[str], at: int, vocabulary: Vocabulary) -> bool:
    unit = vocabulary.unit_at(keys, at)
    return unit is not None and unit[0].writes is not None


def _is_falling(token: SafetyToken, keys: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a range with a unit goes down: 6-5 mm."""
    ends = _RANGE.fullmatch(keys[token.first])
    if ends is None or vocabulary.unit_at(keys, token.last) is None:
        return False
    low, high = (float(end.replace(",", ".")) for end in ends.groups())
    return high < low


def _is_cut_short(token: SafetyToken, keys: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a dimension with two members lacks the third: 3 x 2 x cm."""
    by, first, last = vocabulary.table.ranges.by, token.first, token.last
    if last >= len(keys) or keys[last] not in by or first == 0 or keys[first - 1] not in by:
        return False
    return read_joined(keys, last + 1, vocabulary) is None
