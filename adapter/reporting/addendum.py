"""Addenda: what was dictated or typed after the report was final, appended as it came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from adapter.domain.report import Origin, Section, Statement
from adapter.domain.transcript import Span, Transcript, WrittenText
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import ADDENDUM, Template
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import facts
from adapter.reporting.headers import opening
from adapter.reporting.said import Header
from adapter.reporting.sentences import split
from adapter.reporting.verdicts import Verdicts
from adapter.reporting.written_form import write

_TITLE = "Addendum"


class Added(NamedTuple):
    """One addendum: its text, its sentences, and the word "Addendum:" where it was said."""

    dictated: Dictated
    statements: tuple[Statement, ...]
    headers: tuple[Header, ...]


def addenda(
    texts: Iterable[Transcript | str], offset: int, template: Template, tables: ReportingTables
) -> tuple[Added, ...]:
    """The addenda in order; `offset`: number of dictations before them."""
    found: list[Added] = []
    count = 0
    for number, each in enumerate(texts):
        dictated = _dictated(each, number, tables)
        origin = Origin.EDITED if isinstance(each, str) else Origin.DICTATED
        statements: list[Statement] = []
        headers: list[Header] = []
        for start, end in split(dictated.text):
            head = opening(dictated.text[start:end], template)
            begin = start
            if head.section == ADDENDUM and head.end:
                headers.append(Header(offset + number, start, start + head.end))
                begin = start + head.end
            text = dictated.text[begin:end]
            begin += len(text) - len(text.lstrip())
            if begin < end:
                count += 1
                text = dictated.text[begin:end]
                source = dictated.source(begin, end)
                stated = facts(text, tables.lexicon)
                statements.append(Statement(f"n{count}", text, origin, source, stated))
        found.append(Added(dictated, tuple(statements), tuple(headers)))
    return tuple(found)


def _dictated(each: Transcript | str, number: int, tables: ReportingTables) -> Dictated:
    if isinstance(each, str):
        size = len(each)
        return Dictated(f"addendum-{number + 1}", WrittenText(each, (Span(0, size, 0, size),)))
    written = write(each.spoken, tables.vocabulary(each.language))
    return Dictated(each.dictation_id, written, each)


def with_addenda(
    sections: tuple[Section, ...], added: tuple[Added, ...], verdicts: Verdicts, lexicon: Lexicon
) -> tuple[Section, ...]:
    """The sections with the addenda as the last one."""
    statements = tuple(
        _edited(statement, verdicts, lexicon) for each in added for statement in each.statements
    )
    if not statements:
        return sections
    before = tuple(section for section in sections if section.id != ADDENDUM)
    dictated = (s.statements for s in sections if s.id == ADDENDUM)
    said = tuple(statement for each in dictated for statement in each)
    return (*before, Section(ADDENDUM, _TITLE, said + statements))


def _edited(statement: Statement, verdicts: Verdicts, lexicon: Lexicon) -> Statement:
    edit = verdicts.edit(statement.id)
    if edit is None or not (edit.person and edit.text.strip()):
        return statement
    return Statement(
        statement.id,
        edit.text,
        Origin.EDITED,
        replace(statement.source, person=edit.person),
        facts(edit.text, lexicon),
    )
