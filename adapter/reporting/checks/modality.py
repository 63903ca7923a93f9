"""Modality and contrast: the order against what title, technique and findings say."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet


def wrong_modality(sheet: Sheet) -> Iterator[Found]:
    """Title or technique of another modality than was ordered."""
    asked = _asked(sheet)
    if asked is None:
        return
    allowed = {asked, *sheet.checks.table.modalities[asked].includes}
    for line in sheet.technique:
        if sheet.says("other_study", line.text):
            continue
        named = {n: m for n, words in sheet.checks.modality_words if (m := words.search(line.text))}
        if named and not allowed & set(named):
            other, match = next(iter(named.items()))
            message = f"the order is for {asked}, the report says {other}; check the study"
            yield Found("wrong_modality", message, line, match.span())


def other_modality_words(sheet: Sheet) -> Iterator[Found]:
    """Findings described as only another modality shows them."""
    asked = _asked(sheet) or _titled(sheet)
    if asked is None:
        return
    allowed = {asked, *sheet.checks.table.modalities[asked].includes}
    for line in sheet.body:
        for name, words in sheet.checks.modality_language:
            match = words.search(line.text) if name not in allowed else None
            if match and not sheet.says("other_study", line.text):
                message = f"{match[0]!r} is said of {name}, this is {asked}; check the study"
                yield Found("other_modality_words", message, line, match.span())


def _asked(sheet: Sheet) -> str | None:
    """The modality ordered, by its name in the table."""
    if sheet.order is None:
        return None
    code = sheet.order.modality.upper()
    named = [n for n, each in sheet.checks.table.modalities.items() if code in each.codes]
    if not code:
        named = [n for n, words in sheet.checks.modality_words if words.search(sheet.procedure)]
    return named[0] if len(named) == 1 else None


def _titled(sheet: Sheet) -> str | None:
    """The only modality that title and technique name."""
    lines = [line.text for line in sheet.technique if not sheet.says("other_study", line.text)]
    named = {n for n, words in sheet.checks.modality_words if any(map(words.search, lines))}
    return named.pop() if len(named) == 1 else None


def wrong_contrast(sheet: Sheet) -> Iterator[Found]:
    """Contrast given that was not ordered, or the other way round, or enhancement without it."""
    asked = _contrast(sheet.procedure, sheet)
    told: str | None = None
    for line in sheet.technique:
        said = None if sheet.says("other_study", line.text) else _contrast(line.text, sheet)
        told = told or said
        if said and asked and said != asked:
            message = f"the order is {asked} contrast, the report says {said}; check the study"
            yield Found("wrong_contrast", message, line)
            return
    if (told or asked) == "without":
        for line in sheet.body:
            match = sheet.says("enhances", line.text)
            if match and not sheet.says("other_study", line.text):
                message = f"{match[0]!r} in a study without contrast; check text and technique"
                yield Found("wrong_contrast", message, line, match.span())


def _contrast(text: str, sheet: Sheet) -> str | None:
    """ "with", "without" or "with and without"; None when nothing is said."""
    if sheet.says("contrast_both_ways", text):
        return "with and without"
    with_it, without = sheet.says("with_contrast", text), sheet.says("without_contrast", text)
    if with_it and without:
        return "with and without"
    return "with" if with_it else "without" if without else None
