"""Code systems and required code tables of FHIR R4 that Readout reads or writes."""

from __future__ import annotations

from adapter.domain.order import OrderAction, OrderStatus, Priority, Side


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
DICOM_UID = "urn:dicom:uid"
DICOM = ("http://dicom.nema.org/resources/ontology/DCM", "urn:oid:1.2.840.10008.2.16.4")
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
IDENTIFIER_TYPE = f"{TERMINOLOGY}/v2-0203"
DIAGNOSTIC_SERVICE = f"{TERMINOLOGY}/v2-0074"
INTERPRETATION = f"{TERMINOLOGY}/v3-ObservationInterpretation"
OBSERVATION_CATEGORY = f"{TERMINOLOGY}/observation-category"
OBSERVATION_VALUE = f"{TERMINOLOGY}/v3-ObservationValue"
PARTICIPANT = f"{TERMINOLOGY}/provenance-participant-type"
COMMUNICATION_CATEGORY = f"{TERMINOLOGY}/communication-category"
PARTICIPATION_MODE = f"{TERMINOLOGY}/v3-ParticipationMode"
EMPTY_REASON = f"{TERMINOLOGY}/list-empty-reason"
IMAGING = {"system": SNOMED, "code": "363679005", "display": "Imaging"}

ORDER_STATUS: dict[str, tuple[OrderAction, OrderStatus | None]] = {
    "active": (OrderAction.NEW, OrderStatus.SCHEDULED),
    "on-hold": (OrderAction.HOLD, OrderStatus.HELD),
    "revoked": (OrderAction.CANCEL, OrderStatus.CANCELLED),
    "completed": (OrderAction.CHANGE, OrderStatus.COMPLETED),
    "entered-in-error": (OrderAction.CANCEL, OrderStatus.CANCELLED),
    "draft": (OrderAction.CHANGE, None),  # not actionable yet
    "unknown": (OrderAction.CHANGE, None),
}
"""request-status (required)."""

ORDER_INTENTS = frozenset(
    {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
"""Those values of request-intent (required) that authorise somebody to act."""

PRIORITY = {
    "routine": Priority.ROUTINE,
    "urgent": Priority.MEDIUM,
    "asap": Priority.HIGH,
    "stat": Priority.STAT,
}
"""request-priority (required), from the lowest to the highest."""

SIDES = {
    "24028007": Side.RIGHT,
    "7771000": Side.LEFT,
    "51440002": Side.BILATERAL,
}
"""SNOMED CT laterality, DICOM CID 244."""

MODALITIES = _words("""
    AR BI BMD CR CT DX ECG EEG EMG EPS ES GM HD IO IVOCT IVUS KER LEN MG MR NM OAM OCT OP OPM OPT
    OPTBSV OPTENF OPV OSS PT PX RF RG SM SRF TG US VA XA XC
""")
"""Acquisition modalities, DICOM CID 29."""

OPEN_TABLES = {
    "DiagnosticReport.status": _words("""
        registered partial preliminary final amended corrected appended cancelled entered-in-error
        unknown
    """),
    "Observation.status": _words("""
        registered preliminary final amended corrected cancelled entered-in-error unknown
    """),
}
"""Required tables that fhir.resources lists only in part."""

ISSUE_TYPES = _words("""
    invalid structure required value invariant security login unknown expired forbidden suppressed
    processing not-supported duplicate multiple-matches not-found deleted too-long code-invalid
    extension too-costly business-rule conflict transient lock-error no-store exception timeout
    incomplete throttled informational
""")
"""issue-type (required)."""

AI_ASSERTED = {
    "system": OBSERVATION_VALUE,
    "code": "AIAST",
    "display": "Artificial Intelligence asserted",
}
"""Security label of what a model asserts (HL7 AI Transparency on FHIR)."""

INLINE_LABEL = {
    "system": f"{TERMINOLOGY}/v3-ActCode",
    "code": "PROCESSINLINELABEL",
    "display": "process inline security label",
}
"""Says that elements of the resource carry labels of their own (HL7 DS4P)."""

INLINE_LABEL_URL = (
    "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
)

AI_AGENT = {
    "system": "http://hl7.org/fhir/uv/aitransparency/CodeSystem/AIdeviceTypeCS",
    "code": "Artificial-Intelligence",
}
"""Kind of Device and role of agent that a model has (HL7 AI Transparency on FHIR)."""
