"""Splits written text into sentences by exact offsets; not a character is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BOUNDARY = re.compile(
    r"[.!?]+[\"'”’)\]]*(?=\s|$)"  # a mark before a blank
    r"|(?<=[a-z][a-z])\.(?=[A-Z][a-z])"  # "clear.No": the blank was forgotten
    r"|[\r\n\x0b\x0c\x85\u2028\u2029]+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|drs|mr|mrs|ms|prof|st|vs|e\.g|i\.e|cf|approx|fig|figs|ser|im|resp|incl|etc"
    r"|dept|ant|post|sup|inf|lat|med|bilat)$",
    re.IGNORECASE,
)
_NUMERO = re.compile(r"(?:^|\s)nos?$", re.IGNORECASE)
_ITEM = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z])$")
_NEXT_ITEM = re.compile(r"\s*(?:\(?\d{1,3}[.)]\s|[-*•]\s)")
_LONGEST_ABBREVIATION = 12
_LONGEST_ITEM = 8
_WRAPPED = 60  # a line this long without a mark at its end goes on in the next


class Sentence(NamedTuple):
    """A sentence is text[start:end], without blanks around it."""

    start: int
    end: int


def split(text: str) -> tuple[Sentence, ...]:
    """The sentences in order; every character that is not blank lies in exactly one."""
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[Sentence]:
    start = 0
    for found in _BOUNDARY.finditer(text):
        begin, end = found.span()
        if found.group()[0] in ".!?":
            if not _ends(text, start, begin, end):
                continue
        elif not _breaks(text, start, begin, end):
            continue
        if sentence := _trimmed(text, start, end):
            yield sentence
        start = end
    if sentence := _trimmed(text, start, len(text)):
        yield sentence


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Sentence(start, end) if start < end else None


def _ends(text: str, start: int, mark: int, end: int) -> bool:
    """Whether the mark ends the sentence that began at `start`."""
    if text[mark] == "?" and (mark == start or text[mark - 1].isspace()):
        return False  # "? pneumonia" doubts what follows
    if text[mark] != "." or end - mark > 1:
        return True
    if _is_item(text, start, mark):
        return False
    before = text[max(start, mark - _LONGEST_ABBREVIATION) : mark]
    after = text[end : end + 2].strip()
    if _NUMERO.search(before):
        return not after[:1].isdigit()
    return not after or not _ABBREVIATION.search(before)


def _is_item(text: str, start: int, mark: int) -> bool:
    """Whether only a list number stands before the mark, at the start or after a header."""
    begin = max(start, mark - _LONGEST_ITEM)
    _, colon, item = text[begin:mark].rpartition(":")
    return (bool(colon) or begin == start) and _ITEM.fullmatch(item.strip()) is not None


def _breaks(text: str, start: int, begin: int, end: int) -> bool:
    """Whether the line end at [begin, end) is more than a wrapped line."""
    if text.count("\n", begin, end) > 1 or end >= len(text):
        return True
    line_start = max(start, text.rfind("\n", start, begin) + 1)
    if text[begin - 1 : begin] == ":" or _NEXT_ITEM.match(text, end):
        return True
    following = text[end : end + 40].lstrip(" \t")[:1]
    if following.islower() or following in ",;)":
        return False
    return begin - line_start < _WRAPPED or not following.isalnum()
