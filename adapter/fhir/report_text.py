"""The report as FHIR shows it: narrative with addressable sentences, conclusion."""

from __future__ import annotations

from html import escape

from adapter.domain.report import Origin, Report, Section, Statement
from adapter.fhir.elements import clean

_CONCLUDING = ("impression", "addendum")


def plain_text(report: Report) -> str:
    """Title and text of each section."""
    return "\n\n".join(f"{s.title}:\n{section_text(s)}" for s in report.sections if s.statements)


def section_text(section: Section) -> str:
    """The sentences of a section."""
    return " ".join(statement.text for statement in section.statements)


def narrative(report: Report) -> str:
    """The XHTML of DiagnosticReport.text; each sentence is an element with its statement id."""
    parts = "".join(_section(section) for section in report.sections if section.statements)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{parts or "<p>No text yet.</p>"}</div>'


def conclusion(report: Report) -> str:
    """The impression, with the addendum after it; "" when there is neither."""
    concluding = [section for section in report.sections if section.id in _CONCLUDING]
    return clean("\n\n".join(filter(None, map(section_text, concluding))))


def _section(section: Section) -> str:
    sentences = " ".join(map(_sentence, section.statements))
    return f"<p><b>{escape(clean(section.title))}</b></p><p>{sentences}</p>"


def _sentence(statement: Statement) -> str:
    text = f'<span id="{escape(statement.id)}">{escape(clean(statement.text))}</span>'
    if statement.origin is not Origin.AI:
        return text
    person = escape(clean(statement.source.person or ""))
    return f"{text} <i>[AI, {f'accepted by {person}' if person else 'not reviewed'}]</i>"
