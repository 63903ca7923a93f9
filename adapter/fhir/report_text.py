"""The report as FHIR shows it: narrative with addressable sentences, conclusion."""

from __future__ import annotations

from html import escape

from adapter.domain.report import Origin, Report, Section, Statement
from adapter.fhir.elements import clean
from adapter.reporting.render import section_text

_CONCLUDING = ("impression", "addendum")


def narrative(report: Report) -> str:
    """The XHTML of DiagnosticReport.text; each sentence is an element with its statement id."""
    parts = "".join(_section(section) for section in report.sections if section.statements)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{parts or "<p>No text yet.</p>"}</div>'


def page(report: Report, title: str) -> str:
    """The narrative as an HTML document of its own, for DiagnosticReport.presentedForm."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{narrative(report)}</body></html>"


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
