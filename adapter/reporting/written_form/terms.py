"""Abbreviations, names, titles and the numbers of list items."""

from __future__ import annotations

from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.written_form.reading import Reading, Written

LIST_MARK = "."
MOST_ITEMS = 30


def term(reading: Reading, index: int) -> Written | None:
    """c t -> CT, pet ct -> PET/CT, doppler -> Doppler."""
    found = reading.vocabulary.terms.match(reading.keys, index)
    return found and ([reading.write(found[0], index, found[1])], found[1])


def title(reading: Reading, index: int) -> Written | None:
    """doctor smith -> Dr. Smith."""
    found = reading.vocabulary.titles.match(reading.keys, index)
    if found is None:
        return None
    rule, end = found
    name = reading.key(end)
    if reading.key(index - 1) in rule.not_after or not _is_name(name) or name in rule.not_before:
        return None
    if name in reading.vocabulary.starters:  # a name that has its own rule: Baker
        return [reading.write(rule.writes, index, end)], end
    text = reading.tokens[end].text
    capital = text[:1].upper() + text[1:]
    return [reading.write(rule.writes, index, end), reading.write(capital, end, end + 1)], end + 1


def _is_name(key: str) -> bool:
    return len(key) > 1 and key.isalpha()


def list_item(reading: Reading, index: int) -> Written | None:
    """number two, at the start of a sentence -> 2."""
    number = read_number(reading.keys, index + 1, reading.vocabulary)
    if number is None or number.value is None or not reading.starts_sentence(index):
        return None
    end = number.end
    dot = reading.tokens[end - 1]
    if end < len(reading.tokens) and reading.tokens[end].rank > 0:
        dot = reading.tokens[end]
        end += 1
    stop = dot._replace(text=LIST_MARK, key="", left=True, ends=True)
    return [reading.write(number.text, index, number.end), stop], end


def list_number(reading: Reading, index: int) -> Written | None:
    """one period, at the start of a sentence -> 1."""
    number = read_number(reading.keys, index, reading.vocabulary)
    if number is None or number.value is None or not reading.starts_sentence(index):
        return None
    if number.value > MOST_ITEMS or not reading.is_mark(number.end, LIST_MARK):
        return None
    return [reading.write(number.text, index, number.end)], number.end
