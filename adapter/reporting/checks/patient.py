"""Sex and age: anatomy, findings and words that do not fit the patient."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from adapter.domain.people import Sex
from adapter.mapping.checks import WordsId
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.checks.sheet import Found, Line, Sheet

_OF_OTHERS: tuple[WordsId, ...] = ("other_person", "years_ago")
_WORDS = {"F": "female", "M": "male"}


def sex_mismatch(sheet: Sheet) -> Iterator[Found]:
    """Anatomy or words of the other sex."""
    sex, why = _sex(sheet)
    if sex is None:
        return
    other = "M" if sex == "F" else "F"
    for line in sheet.lines:
        if sheet.says("other_person", line.text):
            continue
        found = _anatomy(line, other, sheet.lexicon) or _word(line, other, sheet)
        if found:
            words = line.text[found[0] : found[1]]
            message = f"{words!r} does not fit: {why} {_WORDS[sex]}; check patient and text"
            yield Found("sex_mismatch", message, line, found)


def _sex(sheet: Sheet) -> tuple[str | None, str]:
    """The sex of the order, else the one that the report tells beside the age."""
    if sheet.order and sheet.order.patient.sex in (Sex.FEMALE, Sex.MALE):
        return sheet.order.patient.sex.value, "the patient is"
    for line in sheet.lines:
        match = sheet.checks.patient_told.search(line.text)
        if match and not sheet.says("other_person", line.text):
            return ("F" if match["F"] else "M"), "the report calls the patient"
    return None, ""


def _anatomy(line: Line, other: str, lexicon: Lexicon) -> tuple[int, int] | None:
    only = _organs_of(lexicon)
    for mention in line.reading.mentions:
        fact = mention.fact
        of = lexicon.findings[fact.finding].sex
        if not fact.family and (of == _WORDS[other] or only.get(mention.organ) == other):
            return fact.start, fact.end
    if any(only.get(organ) == other for organ in line.reading.organs):
        tokens = lexicon.forms.tokens(line.text)
        for hit in lexicon.sites.find([token.word for token in tokens]):
            if only.get(hit.value.organ) == other:
                return tokens[hit.start].start, tokens[hit.end - 1].end
    return None


@lru_cache(maxsize=4)
def _organs_of(lexicon: Lexicon) -> dict[str, str]:
    """Organs that one sex alone has: all of their findings are of that sex."""
    sexes: dict[str, set[str]] = {}
    for finding in lexicon.findings.values():
        sexes.setdefault(finding.organ, set()).add(finding.sex)
    letters = {"female": "F", "male": "M"}
    return {
        organ: letters[next(iter(found))]
        for organ, found in sexes.items()
        if len(found) == 1 and found <= set(letters)
    }


def _word(line: Line, other: str, sheet: Sheet) -> tuple[int, int] | None:
    match = sheet.checks.sexes[other].search(line.text) if other in sheet.checks.sexes else None
    return match.span() if match else None


def age_mismatch(sheet: Sheet) -> Iterator[Found]:
    """An age that is not the patient's, and words that do not fit the age."""
    age = sheet.age
    for line in sheet.lines:
        match = sheet.checks.age_told.search(line.text)
        if match is None or any(sheet.says(what, line.text) for what in _OF_OTHERS):
            continue
        if age is None:
            age = int(match[1])
        elif abs(int(match[1]) - age) > 1:
            message = f"the patient is {age} years old, not {match[1]}; check patient and text"
            yield Found("age_mismatch", message, line, match.span())
    if age is not None:
        yield from _unfit(sheet, age)


def _unfit(sheet: Sheet, age: int) -> Iterator[Found]:
    limits = [(e, p) for e, p in sheet.checks.ages if not e.youngest <= age <= e.oldest]
    for line in sheet.body if limits else ():
        for _, pattern in limits:
            match = pattern.search(line.text)
            if match and not sheet.says("other_person", line.text):
                message = f"{match[0]!r} does not fit {age} years; check patient and text"
                yield Found("age_mismatch", message, line, match.span())
