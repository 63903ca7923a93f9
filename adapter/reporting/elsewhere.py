"""A text that was signed in another system as a report: its own words under their headers."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.outside_report import SignedElsewhere
from adapter.domain.prior import PriorReport
from adapter.domain.report import Certificate, Origin, Report, Section, Source, Statement
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.reporting.checks.layout import text_lines
from adapter.reporting.checks.sheet import Line


def report_of(
    signed: SignedElsewhere,
    status: str,
    template: Template,
    earlier: PriorReport | None,
    tables: ReportingTables,
) -> tuple[Report, tuple[Line, ...]]:
    """The report of that text, with its lines for the checks; nothing of ours is merged into it."""
    found = tuple(text_lines(signed.text, tables))
    lines = tuple(
        line._replace(statement=f"s{n}", start=0, origin=Origin.ELSEWHERE)
        for n, line in enumerate(found, 1)
    )
    sections = _sections(found, signed, template)
    proof, prior = _proof(sections, signed.text), earlier.ref if earlier else None
    return Report(template.ref, status, sections, (), (), proof, prior), lines


def _sections(
    lines: Sequence[Line], signed: SignedElsewhere, template: Template
) -> tuple[Section, ...]:
    """The sentences by section, in the order in which the text opens them."""
    titles = {rule.id: rule.title for rule in template.table.sections}
    found: dict[str, list[Statement]] = {}
    for number, line in enumerate(lines, 1):
        chars = (line.start, line.start + len(line.text))
        source = Source(chars=chars, person=signed.person.id if signed.person else None)
        facts = tuple(mention.fact for mention in line.reading.mentions)
        statement = Statement(f"s{number}", line.text, Origin.ELSEWHERE, source, facts)
        found.setdefault(line.section, []).append(statement)
    return tuple(
        Section(name, titles.get(name, name.replace("_", " ").capitalize()), tuple(statements))
        for name, statements in found.items()
    )


def _proof(sections: tuple[Section, ...], text: str) -> Certificate:
    """Each statement is a stretch of the signed text."""
    statements = [each for section in sections for each in section.statements]
    wrong = [
        f"{each.id} is not in the signed text"
        for each in statements
        if text[slice(*(each.source.chars or (0, 0)))] != each.text
    ]
    tokens = sum(len(each.text.split()) for each in statements)
    return Certificate(not wrong, tokens, 0, 0, 0, tokens, tuple(wrong))
