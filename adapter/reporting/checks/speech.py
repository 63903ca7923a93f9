"""Safety words that the recogniser was not sure of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Line, Sheet

_BARE = re.compile(r"[^\w%.-]+")


def low_confidence(sheet: Sheet) -> Iterator[Found]:
    """Sides, negations and numbers heard with less than the limit."""
    least = sheet.checks.table.least_confidence
    for line in sheet.lines:
        doubtful = [
            word.text
            for word in line.heard
            if word.confidence < least and _counts(word.text, sheet)
        ]
        if doubtful:
            shown = ", ".join(dict.fromkeys(doubtful))
            message = f"heard with doubt: {shown}; listen again"
            yield Found("low_confidence", message, line, _place(line, doubtful[0]))


def _counts(word: str, sheet: Sheet) -> bool:
    bare = _BARE.sub("", word.lower()).strip(".-")
    return bare in sheet.checks.safety or any(character.isdigit() for character in bare)


def _place(line: Line, word: str) -> tuple[int, int] | None:
    """Where the word stands, when it is written as it was spoken and only once."""
    found = list(re.finditer(rf"\b{re.escape(word)}\b", line.text, re.IGNORECASE))
    return found[0].span() if len(found) == 1 else None
