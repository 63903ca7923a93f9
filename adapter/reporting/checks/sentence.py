"""Sentences said twice, words said twice, sentences without end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import FRAME, IMPRESSION, Found, Line, Sheet

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_TWICE = re.compile(r"\b([A-Za-z]{2,})\s+\1\b", re.IGNORECASE)
_MAY_REPEAT = frozenset(("that", "had", "very", "is", "xx"))
_END = re.compile(r"[.!?:]['\"”’)\]]*\s*$")
_LINE_END = re.compile(r"\b([a-z]+)[ \t]*\r?\n\s*(?=[A-Z][a-z]+ )")
_CUT = re.compile(r"[,(-]\s*\.?\s*$")
_ITEM = re.compile(r"\s*(?:\(?\d{1,3}[.)]|[-*•])\s")
_SHORTEST = 3  # words; "No change." may be said twice
_FEW = 3


def duplicated_sentence(sheet: Sheet) -> Iterator[Found]:
    """The same sentence twice in the findings, or twice in the impression."""
    seen: set[tuple[bool, tuple[str, ...]]] = set()
    for line in sheet.body:
        words = tuple(_WORD.findall(_ITEM.sub("", line.text).lower()))
        key = (line.section == IMPRESSION, words)
        if len(words) >= _SHORTEST and key in seen:
            message = f"{line.text!r} was said before; take one of them out"
            yield Found("duplicated_sentence", message, line)
        seen.add(key)


def repeated_word(sheet: Sheet) -> Iterator[Found]:
    """The same word twice in a row."""
    for line in sheet.lines:
        for match in _TWICE.finditer(line.text):
            if match[1].lower() not in _MAY_REPEAT:
                yield Found("repeated_word", f"{match[0]!r}: take one out", line, match.span())


def unfinished_sentence(sheet: Sheet) -> Iterator[Found]:
    """A sentence that ends with a word on which more must follow, or without its full stop."""
    for line in sheet.lines:
        words = _WORD.findall(line.text[-60:])
        last = words[-1] if words else ""
        if len(words) > 1 and last.lower() in sheet.checks.open_words and last.islower():
            message = f"the sentence ends with {last!r}; finish it"
            yield Found("unfinished_sentence", message, line)
        elif cut := _cut_inside(line.text, sheet):
            message = "the sentence is cut off at the end of a line; finish it"
            yield Found("unfinished_sentence", message, line, cut)
        elif len(words) > 1 and (_CUT.search(line.text) or _unclosed(line.text)):
            yield Found("unfinished_sentence", "the sentence is cut off; finish it", line)
        elif len(words) > 1 and not _END.search(line.text) and _alone(line, sheet):
            message = "this sentence alone has no full stop; finish it"
            yield Found("unfinished_sentence", message, line)


def _cut_inside(text: str, sheet: Sheet) -> tuple[int, int] | None:
    """A line that ends with such a word before another that begins a sentence."""
    for match in _LINE_END.finditer(text):
        if match[1] in sheet.checks.open_words:
            return match.span(1)
    return None


def _unclosed(text: str) -> bool:
    return text.count("(") > text.count(")")


def _alone(line: Line, sheet: Sheet) -> bool:
    """Whether all other lines of a report with several have their mark at the end."""
    if line.section in FRAME:
        return False
    return len(sheet.body) >= _FEW and sheet.unmarked == 1
