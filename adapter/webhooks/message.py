"""A report as the JSON of a webhook; same inputs, same bytes."""

from __future__ import annotations

import json
from typing import Any

from adapter.domain.delivery import ReportMessage
from adapter.mapping.webhook_profile import WebhookProfile
from adapter.reporting.render import section_text


def build_webhook(message: ReportMessage, profile: WebhookProfile) -> bytes:
    """One event: which study, what became of its report, and what `content` asks for."""
    body: dict[str, Any] = {
        "type": _event(message, profile),
        "timestamp": message.issued_at,
        "data": {
            "id": message.control_id,
            "accession": message.order.accession,
            "status": message.kind.value,
            **{part: _PARTS[part](message) for part in dict.fromkeys(profile.content)},
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _event(message: ReportMessage, profile: WebhookProfile) -> str:
    told = "report" in profile.content
    return f"report.{message.kind.value}" if told else "check.flags"


def _sections(message: ReportMessage) -> list[dict[str, str]]:
    """The sections; none where the report is taken back."""
    if message.kind.takes_back:
        return []
    return [
        {"id": each.id, "title": each.title, "text": section_text(each)}
        for each in message.report.sections
        if each.statements
    ]


def _flags(message: ReportMessage) -> list[dict[str, Any]]:
    """What still stands: not what a person has put aside."""
    if message.kind.takes_back:
        return []
    texts = {each.id: each.text for one in message.report.sections for each in one.statements}
    return [
        {
            "id": flag.id,
            "code": flag.code,
            "severity": flag.severity.value,
            "message": flag.message,
            "sentence": texts.get(flag.statement or ""),
        }
        for flag in message.report.flags
        if flag.dismissed is None
    ]


_PARTS = {"report": _sections, "flags": _flags}
