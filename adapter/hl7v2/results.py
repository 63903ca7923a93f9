"""Reports out: ORU^R01 or MDM by the destination's profile; same inputs, same bytes."""

from __future__ import annotations

from adapter.domain.delivery import ReportMessage
from adapter.hl7v2.documents import document_segments
from adapter.hl7v2.observations import observations
from adapter.hl7v2.report_segments import ReportSegments
from adapter.mapping.mllp_profile import MllpProfile


def build_report_message(message: ReportMessage, profile: MllpProfile) -> bytes:
    """The whole message without its MLLP frame, in the profile's character set."""
    writer = ReportSegments(message, profile)
    segments = document_segments(writer) if profile.is_document else _result_segments(writer)
    if not (profile.is_document and message.kind.takes_back):  # T11 tells only which document
        segments += observations(message, profile, writer.fitting, writer.issued)
    return ("\r".join(segments) + "\r").encode(writer.fitting.codec, "replace")


def _result_segments(writer: ReportSegments) -> list[str]:
    """ORU^R01 up to its OBX (HL7 v2 chapter 7.3.1)."""
    profile = writer.profile
    visit = [writer.pv1(profile.patient_class)] if profile.patient_class else []
    head = [writer.msh(profile.message_type), writer.pid()]
    return [*head, *visit, writer.orc(), writer.obr()]
