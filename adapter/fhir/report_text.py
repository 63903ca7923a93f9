"""The report as FHIR shows it: narrative with addressable sentences, a page, the conclusion."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.report import Origin, Report, Section, Statement
from adapter.fhir.elements import clean
from adapter.mapping.report_form import PageWords
from adapter.reporting.printed_report import report_facts, report_mark
from adapter.reporting.render import section_text

_CONCLUDING = ("impression", "addendum")
_XHTML = "http://www.w3.org/1999/xhtml"


def narrative(message: ReportMessage, words: PageWords) -> str:
    """The XHTML of DiagnosticReport.text: what the report is unless it is final, then its text."""
    final = message.standing is DeliveryKind.FINAL
    mark = "" if final else f"<p><b>{_text(report_mark(message, words))}</b></p>"
    return _div(mark + _body(message.report, words))


def section_narrative(sections: Iterable[Section], words: PageWords) -> str:
    """The XHTML of some sections alone."""
    return _div("".join(_section(each, words) for each in sections if each.statements))


def facts_narrative(facts: Iterable[tuple[str, str]], words: PageWords) -> str:
    """The XHTML of labelled values; what stands for nothing where there are none."""
    return _div(_table(facts) or f"<p>{_text(words.empty)}</p>")


def page(message: ReportMessage, words: PageWords, language: str = "", issued: str = "") -> bytes:
    """The report as a well-formed HTML document of its own; `issued`: with a header above it."""
    title = _text(f"{words.title} {message.order.accession}")
    head = f'<meta charset="utf-8"/><title>{title}</title>'
    top = _header(message, words, issued) if issued else ""
    lang = f' lang="{escape(language)}"' if language else ""
    body = f"<body>{top}{narrative(message, words)}</body>"
    return f"<!DOCTYPE html><html{lang}><head>{head}</head>{body}</html>".encode()


def conclusion(report: Report) -> str:
    """The impression, with the addendum after it; "" when there is neither."""
    return clean("\n\n".join(filter(None, map(section_text, _concluding(report)))))


def concludes_with_ai(report: Report) -> bool:
    """Whether a model's sentence stands in the conclusion."""
    return any(
        each.origin is Origin.AI for section in _concluding(report) for each in section.statements
    )


def _concluding(report: Report) -> list[Section]:
    return [section for section in report.sections if section.id in _CONCLUDING]


def _div(content: str) -> str:
    return f'<div xmlns="{_XHTML}">{content}</div>'


def _body(report: Report, words: PageWords) -> str:
    parts = "".join(_section(each, words) for each in report.sections if each.statements)
    return parts or f"<p>{_text(words.empty)}</p>"


def _header(message: ReportMessage, words: PageWords, issued: str) -> str:
    table = _table(report_facts(message, words, issued))
    mark = _text(report_mark(message, words))
    return f"<header><h1>{_text(words.title)}</h1><p>{mark}</p>{table}</header>"


def _table(facts: Iterable[tuple[str, str]]) -> str:
    known = ((_text(name), _text(text)) for name, text in facts)
    rows = "".join(f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in known if text)
    return f"<table>{rows}</table>" if rows else ""


def _section(section: Section, words: PageWords) -> str:
    sentences = " ".join(_sentence(each, words) for each in section.statements)
    return f"<p><b>{_text(section.title)}</b></p><p>{sentences}</p>"


def _sentence(statement: Statement, words: PageWords) -> str:
    text = f'<span id="{escape(statement.id)}">{_text(statement.text)}</span>'
    if statement.origin is not Origin.AI:
        return text
    person = statement.source.person or ""
    accepted = words.ai_accepted.replace("{person}", person)
    return f"{text} <i>[{_text(accepted if person else words.ai_unreviewed)}]</i>"


def _text(text: str) -> str:
    return escape(clean(text))
