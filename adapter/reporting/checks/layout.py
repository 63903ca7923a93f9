"""Reports laid out as lines: those that were built here, and the text of any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from adapter.domain.report import Origin, Section, Statement
from adapter.mapping.checks import Checks
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Templates, header_key
from adapter.reporting.checks.sheet import TECHNIQUE, Line
from adapter.reporting.facts import Reading, read, read_often
from adapter.reporting.headers import opening
from adapter.reporting.safety_tokens import Doubt
from adapter.reporting.sentences import split

FINDINGS = "findings"
_FULL_STOP = re.compile(r"[.!?]\s*$")
_LONGEST_TITLE = 100  # characters
Doubts = Callable[[Statement], tuple[Doubt, ...]]


class TextHeaders(NamedTuple):
    """Headers that any template or reporter may use."""

    headers: Mapping[str, str | None]
    foreign_headers: frozenset[str] = frozenset()


def report_lines(
    sections: tuple[Section, ...],
    readings: Mapping[str, tuple[str, Reading]],
    doubts: Doubts,
    lexicon: Lexicon,
) -> Iterator[Line]:
    """The sentences of built sections; `readings`: text and reading of what was dictated, by id."""
    for section in sections:
        for each in section.statements:
            text, reading = readings.get(each.id, ("", None))
            doubtful, ai = doubts(each), each.source.ai
            origin = each.origin
            if origin is Origin.TEMPLATE and not each.is_template:
                origin = Origin.DICTATED
            if reading is not None and text == each.text:
                yield Line(text, section.id, reading, each.id, 0, each.origin, ai, doubtful)
                continue
            for start, end in split(each.text):
                part = each.text[start:end]
                reading = read_often(part, lexicon) if origin is Origin.TEMPLATE else None
                reading = reading or read(part, lexicon)
                inside = tuple(_within(doubtful, start, end))
                yield Line(part, section.id, reading, each.id, start, origin, ai, inside)


def _within(doubts: Iterable[Doubt], start: int, end: int) -> Iterator[Doubt]:
    """The doubts of one sentence of a statement, with offsets in the sentence."""
    return (
        each._replace(start=each.start - start, end=each.end - start)
        for each in doubts
        if start <= each.start and each.end <= end
    )


def text_lines(text: str, tables: ReportingTables) -> Iterator[Line]:
    """The sentences of a report text under its headers; before any header: title or findings."""
    headers = _headers(tables.templates, tables.lexicon)
    section, titled = FINDINGS, False
    for start, end in split(text):
        head = opening(text[start:end], headers)
        if head.said:
            section, titled = head.section or FINDINGS, True
        begin = start + head.end
        body = text[begin:end].strip()
        if not body:
            continue
        begin += text[begin:end].index(body)
        reading = read(body, tables.lexicon)
        is_title = not titled and _is_title(body, reading, tables.checks)
        yield Line(body, TECHNIQUE if is_title else section, reading, None, begin)


def _is_title(text: str, reading: Reading, checks: Checks) -> bool:
    """Names what was examined and states nothing."""
    if len(text) > _LONGEST_TITLE or reading.normal:
        return False
    open_end = not _FULL_STOP.search(text)
    if any(words.search(text) for _, words in checks.modality_words):
        return open_end or not reading.mentions
    part = any(words.search(text) for _, words in checks.region_words)
    return part and open_end and not reading.mentions


@lru_cache(maxsize=4)
def _headers(templates: Templates, lexicon: Lexicon) -> TextHeaders:
    found: dict[str, str | None] = {}
    for section, words in lexicon.headers.items():
        found |= dict.fromkeys(map(header_key, words), section)
    for template in templates:
        for rule in template.table.sections:
            for word in (rule.title, rule.id.replace("_", " "), *rule.headers):
                found.setdefault(header_key(word), rule.id)
    return TextHeaders(found)
