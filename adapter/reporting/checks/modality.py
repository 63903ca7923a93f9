"""Modality and contrast: the order against what title, technique and findings say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet

_OTHER_STUDY = re.compile(
    r"\b(?:compar\w+|prior|previous\w*|recommend\w*|correlat\w+|follow[- ]?up|dedicated|suggest\w*"
    r"|consider\w*|obtain(?!ed)|further|subsequent|outside|recent|known|since|advised?|could|would"
    r"|fusion|fused|attenuation correction|localiz\w+|guid\w+|dated|earlier|history)\b",
    re.IGNORECASE,
)
_CONTRAST = r"(?:contrast|gadolinium|gadavist|omnipaque|isovue|enhance(?:d|ment))"
_WITHOUT = re.compile(
    rf"\b(?:without|w/o|wo|no)\s+(?:(?:the|use|administration|of|iv|i\.v\.|intravenous|any)\s+)*"
    rf"{_CONTRAST}|\bnon-?\s?contrast\w*|\bunenhanced\b|\bwithout\b(?=\s*$)|\bw/?o\b",
    re.IGNORECASE,
)
_WITH_IT, _WITHOUT_IT, _AND = (
    r"w(?:ith)?/?",
    r"w/?o(?:ut)?|without",
    r"(?:\s*[/&+]\s*|\s+(?:and\s+)?)",
)
_WITHOUT_IT = rf"(?:{_WITHOUT_IT})"
_BOTH = re.compile(
    rf"\b(?:{_WITH_IT}{_AND}{_WITHOUT_IT}|{_WITHOUT_IT}{_AND}{_WITH_IT}|wwo|pre-? and post"
    r"|(?:before|prior to) and (?:after|following))\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    rf"\bwith\s+(?:(?:iv|i\.v\.|intravenous|the|use|of|administration|nonionic)\s+)*{_CONTRAST}"
    rf"|\b(?:after|following|post|administration of|injection of)\b[^.;]{{0,50}}\b{_CONTRAST}"
    rf"|\bcontrast[- ]enhanced\b|\bpost-?\s?contrast\b|\bw/?\s?(?:iv\s)?con(?:trast)?\b"
    rf"|\b\d{{2,3}}\s?(?:ml|cc)\s+(?:of\s+)?(?:omnipaque|isovue|visipaque|iodinated|{_CONTRAST})"
    r"|\bintravenous contrast (?:was|material was) (?:administered|given|injected)\b",
    re.IGNORECASE,
)
_ENHANCES = re.compile(
    r"\b(?:enhanc(?:es|ing)|(?:abnormal|ring|rim|arterial|heterogeneous|avid|homogeneous|nodular"
    r"|leptomeningeal|pathologic) enhancement)\b",
    re.IGNORECASE,
)


def wrong_modality(sheet: Sheet) -> Iterator[Found]:
    """Title or technique of another modality than was ordered."""
    asked = _asked(sheet)
    if asked is None:
        return
    allowed = {asked, *sheet.checks.table.modalities[asked].includes}
    for line in sheet.technique:
        if _OTHER_STUDY.search(line.text):
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
            if match and not _OTHER_STUDY.search(line.text):
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
    lines = [line.text for line in sheet.technique if not _OTHER_STUDY.search(line.text)]
    named = {n for n, words in sheet.checks.modality_words if any(map(words.search, lines))}
    return named.pop() if len(named) == 1 else None


def wrong_contrast(sheet: Sheet) -> Iterator[Found]:
    """Contrast given that was not ordered, or the other way round, or enhancement without it."""
    asked = _contrast(sheet.procedure)
    told: str | None = None
    for line in sheet.technique:
        said = None if _OTHER_STUDY.search(line.text) else _contrast(line.text)
        told = told or said
        if said and asked and said != asked:
            message = f"the order is {asked} contrast, the report says {said}; check the study"
            yield Found("wrong_contrast", message, line)
            return
    if (told or asked) == "without":
        for line in sheet.body:
            match = _ENHANCES.search(line.text)
            if match and not _OTHER_STUDY.search(line.text):
                message = f"{match[0]!r} in a study without contrast; check text and technique"
                yield Found("wrong_contrast", message, line, match.span())


def _contrast(text: str) -> str | None:
    """ "with", "without" or "with and without"; None when nothing is said."""
    if _BOTH.search(text):
        return "with and without"
    with_it, without = _GIVEN.search(text), _WITHOUT.search(text)
    if with_it and without:
        return "with and without"
    return "with" if with_it else "without" if without else None
