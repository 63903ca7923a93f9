"""MDM: the report as a document, new (T02), in place of another (T10), or cancelled (T11; 9.6)."""

from __future__ import annotations

from adapter.domain.delivery import ReportMessage
from adapter.hl7v2.report_segments import ReportSegments, segment
from adapter.mapping.mllp_profile import Layout

_WITHOUT_ORDER = ("2.3", "2.3.1", "2.4")  # whose MDM has no ORC and OBR
_UNKNOWN_CLASS = "U"  # PV1 is required
_CANCELS = "T11"
_CANCELLED = "CA"  # availability: deleted, TXA-19
_PRESENTATION = {
    Layout.LINES: "TX",
    Layout.FORMATTED_TEXT: "FT",
    Layout.SECTIONS: "FT",
    Layout.NONE: "AP",  # application data: the PDF
}


def document_segments(writer: ReportSegments) -> list[str]:
    """MDM up to its OBX."""
    profile = writer.profile
    event = _event(writer.message)
    order = [] if profile.version in _WITHOUT_ORDER else [writer.orc(), writer.obr()]
    return [
        writer.msh(_type(profile.message_type, event)),
        segment("EVN", {1: event, 2: writer.issued}),
        writer.pid(),
        writer.pv1(profile.patient_class or _UNKNOWN_CLASS),
        *order,
        _txa(writer),
    ]


def _type(message_type: str, event: str) -> str:
    """MSH-9: a T11 has the structure of T01, which holds no OBX."""
    named = message_type.replace("^T02", f"^{event}", 1)
    return named.replace("MDM_T02", "MDM_T01") if event == _CANCELS else named


def _event(message: ReportMessage) -> str:
    if message.kind.takes_back:
        return _CANCELS
    return "T10" if message.previous else "T02"


def _txa(writer: ReportSegments) -> str:
    """The document is numbered by the message's control id; TXA-13 names the one it replaces."""
    profile, message, form = writer.profile, writer.message, writer.profile.document
    placer, filler = writer.numbers()
    author = writer.person(message.author, "^")
    assistant = message.assistant if profile.assistant else None
    fields = {
        1: "1",
        2: form.type,
        3: _PRESENTATION[profile.layout],
        4: writer.value(message.order.scheduled_at) or writer.issued,
        5: author,
        6: writer.issued,
        9: writer.person(assistant, "^") or author,
        12: writer.components(message.control_id, profile.sending_application),
        14: placer,
        15: filler,
        17: form.completion.of(message.kind),
        19: _CANCELLED if message.kind.takes_back else form.availability,
    }
    if message.previous:
        fields[13] = writer.components(message.previous, profile.sending_application)
    if author and message.kind.is_signed:
        names = author + "^" * (2 - author.count("^"))
        fields[22] = f"{names}{'^' * 12}{writer.issued}"  # PPN.15: when it was signed
    return segment("TXA", fields)
