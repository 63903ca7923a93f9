"""What each verb of the audit trail is in DICOM PS3.15 A.5 and in FHIR AuditEvent."""

from __future__ import annotations

from typing import NamedTuple

from adapter.domain.audit import Verb


class Code(NamedTuple):
    """A code as FHIR and DICOM write it; `scheme` is what DICOM calls the system."""

    system: str
    code: str
    display: str
    scheme: str = "DCM"


class EventCodes(NamedTuple):
    """EventID, EventTypeCode and EventActionCode of A.5.2; `pattern`: of IHE BALP, or none."""

    event: Code
    kind: Code
    action: str
    pattern: str = ""

    @property
    def fhir_type(self) -> Code:
        """AuditEvent.type: what a RESTful interaction does is named by the subtype alone."""
        return REST if self.kind.scheme == _INTERACTION else self.event


DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = Code("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation")
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"


def dcm(code: str, display: str) -> Code:
    """A code of DICOM PS3.16."""
    return Code(DCM, code, display)


def _did(code: str) -> Code:
    return Code(_INTERACTION, code, code, _INTERACTION)


def _life(code: str, display: str) -> Code:
    return Code(_LIFECYCLE, code, f"{display} Record Lifecycle Event", "ISO 21089")


CLIENT_SIDE = dcm("110153", "Source Role ID")
SERVER_SIDE = dcm("110152", "Destination Role ID")

_RECORD = dcm("110110", "Patient Record")
_EXPORT = dcm("110106", "Export")
_ALERT = dcm("110113", "Security Alert")
_AUTHENTICATION = dcm("110114", "User Authentication")
_ACTIVITY = dcm("110100", "Application Activity")
_USED = dcm("110101", "Audit Log Used")

EVENT_CODES: dict[Verb, EventCodes] = {
    Verb.READ: EventCodes(_RECORD, _did("read"), "R", "Read"),
    Verb.QUERY: EventCodes(dcm("110112", "Query"), _did("search"), "E", "Query"),
    Verb.CREATE: EventCodes(_RECORD, _did("create"), "C", "Create"),
    Verb.UPDATE: EventCodes(_RECORD, _did("update"), "U", "Update"),
    Verb.EXECUTE: EventCodes(_RECORD, _did("operation"), "E"),
    Verb.SIGN: EventCodes(_RECORD, _life("attest", "Attest"), "U"),
    Verb.RETRACT: EventCodes(_RECORD, _life("deprecate", "Deprecate"), "U"),
    Verb.SEND: EventCodes(_EXPORT, _life("transmit", "Transmit"), "R"),
    Verb.RESEND: EventCodes(_EXPORT, _life("transmit", "Transmit"), "E"),
    Verb.EXPORT: EventCodes(_EXPORT, _life("extract", "Extract"), "R"),
    Verb.REPLAY: EventCodes(dcm("110107", "Import"), _life("receive", "Receive/Retain"), "E"),
    Verb.PURGE: EventCodes(_RECORD, _life("destroy", "Destroy/Delete"), "D"),
    Verb.SIGN_IN: EventCodes(_AUTHENTICATION, dcm("110122", "Login"), "E"),
    Verb.SIGN_OUT: EventCodes(_AUTHENTICATION, dcm("110123", "Logout"), "E"),
    Verb.REFUSED: EventCodes(_ALERT, dcm("110132", "Use of Restricted Function"), "E"),
    Verb.BREAK_GLASS: EventCodes(_ALERT, dcm("110127", "Emergency Override Started"), "E"),
    Verb.MEND_GLASS: EventCodes(_ALERT, dcm("110138", "Emergency Override Stopped"), "E"),
    Verb.CONFIGURE: EventCodes(_ALERT, dcm("110131", "Software Configuration"), "U"),
    Verb.ALARM: EventCodes(_ALERT, _ALERT, "E"),
    Verb.START: EventCodes(_ACTIVITY, dcm("110120", "Application Start"), "E"),
    Verb.STOP: EventCodes(_ACTIVITY, dcm("110121", "Application Stop"), "E"),
    Verb.AUDIT_LOG_USED: EventCodes(_USED, _did("read"), "R"),
}
"""One row for each verb (Table A.5.1-1 and CID 400, 401)."""
