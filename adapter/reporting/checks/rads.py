"""RADS categories: whether what was dictated is one of the system's. None is ever computed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet

_QUICK = re.compile(r"rads", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:[\s:,=-]|\(|\b(?:category|score|assessment|classification|grade|is|of|version|v?20\d\d"
    r"|v\d(?:\.\d)?|final|overall|mri|us|code|risk)\b)*",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"(?:[A-Za-z]{2,3}[- ]?)?\d{1,2}[A-Za-z]?(?:-?[Ss])?\b|\b[IVX]{1,4}\b|\b[A-Z]\b"
)


def rads_format(sheet: Sheet) -> Iterator[Found]:
    """A category that the system does not have, or none behind "category"."""
    for line in sheet.body:
        if not _QUICK.search(line.text):
            continue
        for system, category in sheet.checks.rads:
            for match in system.finditer(line.text):
                found = _wrong(line.text, match, category)
                if found:
                    words = line.text[slice(*found)]
                    message = f"{words!r} is no category of {match[0]}; correct it"
                    yield Found("rads_format", message, line, found)


def _wrong(text: str, name: re.Match[str], category: re.Pattern[str]) -> tuple[int, int] | None:
    gap = _BETWEEN.match(text, name.end())
    at = gap.end() if gap else name.end()
    value = _VALUE.match(text, at)
    if category.match(text, at):
        return None
    if value:
        return value.span()
    rest = text[at:].strip(" .)\n")
    return None if rest else name.span()
