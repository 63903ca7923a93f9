"""What each destination will get, by the translators that write the real messages."""

from __future__ import annotations

import json
from collections.abc import Iterator

from adapter.domain.delivery import Delivery
from adapter.errors import Malformed
from adapter.hl7v2.view import MessageText
from adapter.web.pages.markup import Html, el
from adapter.workflow.message_log import MessageLog
from adapter.workflow.reports import Version


def preview(version: Version, log: MessageLog) -> Html:
    """For each destination: the text that its readers see, and the message itself."""
    shown = [_message(each, log) for each in version.messages]
    none = "No destination takes this kind of report; it stays here."
    return el(
        "div",
        shown or el("p", none, class_="note"),
        class_="previews",
        data_version=version.number - 1,
    )


def _message(delivery: Delivery, log: MessageLog) -> Html:
    try:
        shown = log.view(delivery.body)
    except Malformed:
        shown = None
    raw = shown.text if shown else delivery.body.decode("utf-8", "replace")
    lines = list(_hl7_lines(shown)) if shown and shown.segments else list(_fhir_lines(raw))
    return el(
        "section",
        el("h3", f"{delivery.destination} ", el("span", f"{delivery.kind}", class_="chip")),
        el("pre", "\n".join(lines), tabindex="0", aria_label=f"What {delivery.destination} shows"),
        el(
            "details",
            el("summary", "The message"),
            el("pre", raw.replace("\r", "\n"), tabindex="0", aria_label="The message"),
        ),
        data_destination=delivery.destination,
    )


def _hl7_lines(shown: MessageText) -> Iterator[str]:
    """OBX-5 of each OBX, below the status of OBR-25."""
    for segment in shown.segments:
        for field in segment.fields:
            text = " ".join(part.text for part in field.parts)
            if field.place == "OBR-25":
                yield f"[{text}]"
            if segment.id == "OBX" and field.place == "OBX-5":
                yield text if len(text) < 20_000 else f"({len(text)} characters)"


def _fhir_lines(raw: str) -> Iterator[str]:
    """Status, conclusion and coded text of the DiagnosticReport."""
    try:
        found = json.loads(raw)
    except ValueError:
        yield raw
        return
    for entry in found.get("entry", ()):
        resource = entry.get("resource", {})
        if resource.get("resourceType") == "DiagnosticReport":
            yield f"[{resource.get('status', '')}]"
            yield from _texts(resource)


def _texts(resource: dict[str, object]) -> Iterator[str]:
    from base64 import b64decode

    forms = resource.get("presentedForm")
    for form in forms if isinstance(forms, list) else ():
        if str(form.get("contentType", "")).startswith("text/plain"):
            yield b64decode(form.get("data", "")).decode("utf-8", "replace")
    if isinstance(resource.get("conclusion"), str):
        yield f"Conclusion: {resource['conclusion']}"
