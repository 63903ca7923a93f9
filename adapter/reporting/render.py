"""A report as plain text, HTML and the JSON of the public interface."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from adapter.domain.finding import Fact
from adapter.domain.report import (
    Certificate,
    FieldState,
    Flag,
    Origin,
    PriorRef,
    Report,
    Section,
    Source,
    Statement,
    Suggestion,
)

_ITEM = re.compile(r"\s*(?:\(?\d{1,3}[.)]|[-*•])\s")


def plain_text(report: Report) -> str:
    """Titles and sentences; a section without statements is left out."""
    return sections_text(report.sections)


def sections_text(sections: Iterable[Section]) -> str:
    """The printed form of sections, one blank line between them."""
    parts = (f"{each.title.upper()}:\n{section_text(each)}" for each in sections if each.statements)
    return "\n\n".join(parts)


def section_text(section: Section) -> str:
    """The sentences of a section in one paragraph; items of a list each on their line."""
    parts: list[str] = []
    for statement in section.statements:
        if parts:
            parts.append("\n" if _ITEM.match(statement.text) else " ")
        parts.append(statement.text)
    return "".join(parts)


def html(report: Report) -> str:
    """Sections as HTML; each sentence names its origin."""
    return "\n".join(
        f"<section><h2>{escape(section.title)}</h2><p>"
        + " ".join(
            f'<span data-origin="{each.origin.value}" id="{escape(each.id)}">'
            f"{_parts_html(each) or escape(each.text)}</span>"
            for each in section.statements
        )
        + "</p></section>"
        for section in report.sections
        if section.statements
    )


def _parts_html(statement: Statement) -> str:
    return "".join(
        f'<span data-origin="{part.origin.value}">{escape(part.text)}</span>'
        for part in statement.parts
        if part.text and statement.origin is not Origin.EDITED
    )


def report_json(report: Report) -> dict[str, Any]:
    """The report as the command line and the HTTP interface show it."""
    template = report.template
    return {
        "template": {
            "id": template.id,
            "version": template.version,
            "sha256": template.sha256,
        },
        "status": report.status,
        "sections": [
            {
                "id": section.id,
                "title": section.title,
                "statements": [_statement(each) for each in section.statements],
            }
            for section in report.sections
        ],
        "suggestions": [_suggestion(each) for each in report.suggestions],
        "flags": [_flag(each) for each in report.flags],
        "certificate": _certificate(report.certificate),
        "prior": prior_json(report.prior) if report.prior else None,
        "fields": [_field(each) for each in report.fields],
    }


def _statement(statement: Statement) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": statement.id,
        "text": statement.text,
        "origin": statement.origin.value,
        "source": _source(statement.source),
        "facts": [_fact(fact) for fact in statement.facts],
    }
    return found | ({"parts": list(parts_json(statement))} if statement.parts else {})


def parts_json(statement: Statement) -> Iterator[dict[str, Any]]:
    """The parts of a line, each with its place in the statement's text and its own source."""
    at = 0
    for part in statement.parts:
        chars = [at, at + len(part.text)]
        found = {"chars": chars, "text": part.text, "origin": part.origin.value}
        yield (
            found | {"source": _source(part.source)} | ({"field": part.field} if part.field else {})
        )
        at += len(part.text)


def _field(field: FieldState) -> dict[str, Any]:
    return {
        "id": field.id,
        "label": field.label,
        "type": field.type,
        "state": field.state,
        "value": field.value,
        "statement": field.statement,
        "required": field.required,
    }


def _source(source: Source) -> dict[str, Any]:
    """Only what applies to the origin."""
    fields: dict[str, Any] = {
        "dictation": source.dictation,
        "chars": list(source.chars) if source.chars else None,
        "ms": list(source.ms) if source.ms else None,
        "confidence": source.confidence,
        "template": source.template,
        "ai": source.ai,
        "person": source.person,
        "prior": source.prior,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "finding": fact.finding,
        "negated": fact.negated,
        "uncertain": fact.uncertain,
        "historical": fact.historical,
        "side": fact.side.value if fact.side else None,
        "level": fact.level,
        "size_mm": list(fact.size_mm) or None,
        "prior_size_mm": list(fact.prior_size_mm) or None,
        "time": fact.time,
        "count": fact.count,
    }


def fact_json(fact: Fact) -> dict[str, Any]:
    """A fact with its words and place, as `readout facts` prints it."""
    found = _fact(fact)
    place = {"text": fact.text, "chars": [fact.start, fact.end]}
    rest = {"historical": fact.historical, "family": fact.family}
    order = ("side", "level", "size_mm", "prior_size_mm", "time", "count")
    head = {key: found[key] for key in ("negated", "uncertain")}
    tail = {key: found[key] for key in order}
    return {"finding": fact.finding} | place | head | rest | tail


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    finding = suggestion.finding
    return {
        "id": finding.id,
        "text": finding.text,
        "origin": "ai",
        "model": finding.model,
        "version": finding.version,
        "state": suggestion.state,
    }


def _flag(flag: Flag) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": flag.id,
        "code": flag.code,
        "severity": flag.severity.value,
        "statement": flag.statement,
        "ai": flag.ai,
        "message": flag.message,
    }
    if flag.default:
        found["default"] = flag.default
    if flag.chars:
        found["chars"] = list(flag.chars)
    if flag.heard:
        found["heard"] = {
            "kind": flag.heard.kind,
            "dictation": flag.heard.dictation,
            "ms": list(flag.heard.ms),
            "confidence": round(flag.heard.confidence, 3),
        }
    if flag.dismissed:
        by = flag.dismissed
        found["dismissed"] = {"person": by.person, "at": by.at, "reason": by.reason}
    return found


def prior_json(prior: PriorRef) -> dict[str, Any]:
    """The report before, as reports and provenance name it."""
    return {
        "accession": prior.accession,
        "version": prior.version,
        "procedure": prior.procedure,
        "date": prior.date,
    }


def text_flag_json(flag: Flag, text: str) -> dict[str, Any]:
    """A flag on a report's text with the characters that it is about."""
    start, end = flag.chars or (0, 0)
    return {
        "code": flag.code,
        "severity": flag.severity.value,
        "chars": [start, end],
        "text": text[start:end],
        "message": flag.message,
    }


def _certificate(certificate: Certificate) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ok": certificate.ok,
        "tokens": certificate.tokens,
        "dictated": certificate.dictated,
        "template": certificate.template,
        "ai": certificate.ai,
    }
    if certificate.edited:
        found["edited"] = certificate.edited
    if certificate.problems:
        found["problems"] = list(certificate.problems)
    return found
