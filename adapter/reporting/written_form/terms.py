"""Abbreviations, names, titles and the numbers of list items."""

from __future__ import annotations

from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Kind, Token
from adapter.reporting.written_form.labels import label
from adapter.reporting.written_form.levels import level
from adapter.reporting.written_form.reading import Reading, Written

LIST_MARK = "."
MOST_ITEMS = 30
_ALONE = [False, True, True, False]  # two letters that no other letter stands beside


def term(reading: Reading, index: int) -> Written | None:
    """c t -> CT, pet ct -> PET/CT, doppler -> Doppler."""
    found = reading.vocabulary.terms.match(reading.keys, index)
    if found is None:
        return None
    named = reading.vocabulary.labels.match(reading.keys, index)
    if named is not None and named[1] >= found[1]:
        numbered = label(reading, index)
        if numbered is not None:
            return numbered
    return [reading.write(found[0], index, found[1])], found[1]


def spelled(reading: Reading, index: int) -> Written | None:
    """An abbreviation letter by letter, known or not: m r s a -> MRSA, a c t -> a CT."""
    end = _letters_end(reading, index)
    if end - index < 2:
        return _stroke(reading, index)
    named = reading.vocabulary.labels.match(reading.keys, index)
    found = reading.vocabulary.terms.match(reading.keys, index)
    if named is None or (found is not None and found[1] > named[1]):
        return _known(reading, index, end) or _joined(reading, index, end)
    return label(reading, index) or _known(reading, index, end) or _joined(reading, index, end)


def _stroke(reading: Reading, index: int) -> Written | None:
    """v slash q -> V/Q."""
    near = [reading.key(index - 1), *(reading.key(index + place) for place in (0, 2, 3))]
    if not reading.is_mark(index + 1, "/") or [len(key) == 1 for key in near] != _ALONE:
        return None
    first, last = (reading.key(place).upper() for place in (index, index + 2))
    slash = reading.tokens[index + 1]
    return [
        reading.write(first, index, index + 1),
        slash,
        reading.write(last, index + 2, index + 3),
    ], index + 3


def _letters_end(reading: Reading, at: int) -> int:
    """Behind the last of the single letters that begin at `at`."""
    start = at
    while len(reading.key(at)) == 1 and reading.key(at).isalpha():
        at += 1
    last = at - 1
    if last > start and reading.tokens[last].kind is Kind.WORD:
        found = reading.vocabulary.terms.match(reading.keys, last)
        longer = found is not None and found[1] > at
        if longer or label(reading, last) or level(reading, last):
            return last  # c t l five: the last letter belongs to what follows
    return at


def _known(reading: Reading, index: int, end: int) -> Written | None:
    """The letters as known terms and articles, when these cover them all."""
    out: list[Token] = []
    while index < end:
        found = reading.vocabulary.terms.match(reading.keys, index)
        if found is not None:
            out.append(reading.write(found[0], index, found[1]))
            index = found[1]
        elif reading.key(index) in reading.vocabulary.table.articles:
            out.append(reading.tokens[index])
            index += 1
        else:
            return None
    return out, index


def _joined(reading: Reading, index: int, end: int) -> Written:
    text = "".join(reading.keys[index:end]).upper()
    return [reading.write(text, index, end)], end


def title(reading: Reading, index: int) -> Written | None:
    """doctor smith -> Dr. Smith."""
    found = reading.vocabulary.titles.match(reading.keys, index)
    if found is None:
        return None
    rule, end = found
    name = reading.key(end)
    if reading.key(index - 1) in rule.not_after or not _is_name(name) or name in rule.not_before:
        return None
    if reading.vocabulary.terms.match(reading.keys, end):  # a name with its own rule: Baker
        return [reading.write(rule.writes, index, end)], end
    capital = _as_name(reading.tokens[end].text)
    return [reading.write(rule.writes, index, end), reading.write(capital, end, end + 1)], end + 1


def _is_name(key: str) -> bool:
    return len(key) > 1 and key.replace("'", "").replace("-", "").isalpha()


def _as_name(text: str) -> str:
    """Smith, Smith's, O'Brien, Meyer-Schmidt."""
    initial, apostrophe, rest = text.partition("'")
    if apostrophe and len(initial) == 1:
        return f"{initial.upper()}'{_as_name(rest)}"
    return "-".join(part[:1].upper() + part[1:] for part in text.split("-"))


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
