"""Spoken words to written text; every written character knows the spoken ones it comes from."""

from __future__ import annotations

from functools import partial

from adapter.domain.transcript import WrittenText
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.spoken_tokens import Kind, Token, keys_of, tokenize
from adapter.reporting.voice_commands import find_commands
from adapter.reporting.written_form.dates import date, ordinal
from adapter.reporting.written_form.labels import label
from adapter.reporting.written_form.layout import lay_out
from adapter.reporting.written_form.levels import level
from adapter.reporting.written_form.punctuation import resolve_marks
from adapter.reporting.written_form.quantities import quantity
from adapter.reporting.written_form.reading import Reading, Rule
from adapter.reporting.written_form.terms import list_item, list_number, spelled, term, title
from adapter.reporting.written_form.times import time

__all__ = ["write"]

_RULES: dict[str, Rule] = {
    "date": date,
    "label": label,
    "level": level,
    "list_item": list_item,
    "list_number": list_number,
    "ordinal": ordinal,
    "quantity": quantity,
    "spelled": spelled,
    "term": term,
    "time": time,
    "title": title,
}
_FOR_DIGITS = ("date", "time", "quantity")
_FOR_LEVELS = ("level",)


def write(spoken: str, vocabulary: Vocabulary) -> WrittenText:
    """The written form of recognised words joined by blanks, or of text already written.

    Spans point into `spoken`; they tile the text and ascend in it. They ascend in `spoken` too,
    but for a word that a spoken correction put in the place of an earlier one.
    """
    tokens = resolve_marks(tokenize(spoken, vocabulary), vocabulary)
    kinds = partial(_kind_at, vocabulary)
    tokens = find_commands(tokens, spoken, vocabulary, kinds)
    return lay_out(_rewrite(tokens, vocabulary), spoken)


def _kind_at(
    vocabulary: Vocabulary, tokens: list[Token], keys: list[str], index: int
) -> tuple[str, int] | None:
    """What a correction may correct besides words and measures: a level, a date, a grade."""
    reading = Reading(tokens, keys, vocabulary)
    for name in ("level", "date", "label"):
        done = _RULES[name](reading, index)
        if done is not None:
            found = vocabulary.labels.match(reading.keys, index) if name == "label" else None
            return found[0].rule.says[0] if found else name, done[1]
    return None


def _rewrite(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with the first rule that fits carried out at each place, from left to right."""
    reading = Reading(tokens, keys_of(tokens), vocabulary)
    starters = vocabulary.starters
    out: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        rules = starters.get(token.key, ()) if token.kind is Kind.WORD else ()
        rules += _for_written(token.key, vocabulary)
        for name in rules:
            done = _RULES[name](reading, index)
            if done is not None:
                out.extend(done[0])
                index = done[1]
                break
        else:
            out.append(token)
            index += 1
    return out


def _for_written(key: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Rules for what the recogniser wrote: 5, -20, .5, and L4-L5."""
    if key[:1].isdigit() or (key[:1] in tuple("-±.,") and key[1:2].isdigit()):
        return _FOR_DIGITS
    head = key.replace("/", "-").partition("-")[0]
    return _FOR_LEVELS if head != key and head in vocabulary.levels else ()
