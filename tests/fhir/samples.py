"""One synthetic report with every origin of statement, for the tests of this room."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.domain.communication import Communication
from adapter.domain.delivery import Delivery, DeliveryKind, ReportMessage
from adapter.domain.finding import AiFinding, Box, Evidence, Fact
from adapter.domain.identifiers import Accession, ControlId, Phi
from adapter.domain.order import Code, Order, Priority, Side
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    Suggestion,
    TemplateRef,
)
from adapter.mapping.fhir_profile import FhirCode, FhirProfile

SAMPLES = Path(__file__).parent.parent / "samples" / "fhir"

PROFILE = FhirProfile(
    base_url="http://127.0.0.1:1/fhir",
    accession_system="urn:oid:2.999.3",
    mrn_system="urn:oid:2.999.1",
    practitioner_system="urn:oid:2.999.2",
    performer="Example Hospital, Radiology",
    finding_codes={
        "pneumothorax": FhirCode(
            system="http://snomed.info/sct", code="36118008", display="Pneumothorax"
        )
    },
)

IMR = FhirProfile.model_validate(
    PROFILE.model_dump(exclude={"profile", "update", "patient"})
    | {
        "profile": "imr",
        "update": "create",
        "patient": "match",
        "imaging_endpoint": "Endpoint/pacs",
        "retraction_status": "cancelled",
        "header": True,
        "pdf": True,
    }
)
EU = FhirProfile.model_validate(
    PROFILE.model_dump(exclude={"profile"})
    | {"profile": "eu_document", "language": "en-GB", "pdf": True, "header": True}
)
R5 = FhirProfile.model_validate(PROFILE.model_dump() | {"fhir_version": "5.0"})
PROFILES = {"transaction": PROFILE, "imr": IMR, "eu_document": EU}
"""Of FHIR R4."""

ORDER = Order(
    accession=Accession("ACC-2001"),
    patient=Patient(
        mrn=Phi("MRN-1001"),
        issuer="EXAMPLE",
        family=Phi("Example"),
        given=Phi("Erin"),
        birth_date=Phi("19610412"),
        sex=Sex.FEMALE,
    ),
    procedure=Code("36572-6", "XR chest", "http://loinc.org"),
    modality="DX",
    study_uid="1.2.840.99.1",
    priority=Priority.STAT,
    scheduled_at="20260102103000",
    source="fhir",
)

NODULE = AiFinding(
    id="a1",
    text="Nodule in the left upper lobe, 8 mm.",
    model="chest-net",
    version="2.1",
    finding="pulmonary_nodule",
    side=Side.LEFT,
    size_mm=(8.0,),
    evidence=(Evidence(study_uid="1.2.840.99.1", sop_uid="1.2.840.99.1.1"),),
)
PROPOSED = AiFinding(id="a2", text="Rib fracture.", model="chest-net", version="2.1")


def _sections() -> tuple[Section, ...]:
    pneumothorax = Fact("pneumothorax", "pneumothorax", 12, 24, side=Side.RIGHT)
    effusion = Fact("pleural_effusion", "pleural effusion", 3, 19, negated=True)
    old = Fact("pneumonia", "pneumonia", 11, 20, historical=True)
    cyst = Fact(
        "cyst", "cyst", 16, 20, uncertain=True, level="T12", size_mm=(12.5, 9.0), prior_size_mm=(7,)
    )
    nodule = Fact("pulmonary_nodule", "Nodule", 0, 6, side=Side.LEFT, size_mm=(8.0,))
    return (
        Section(
            "pleura",
            "Pleura",
            (
                Statement(
                    "s1",
                    "Small right pneumothorax.",
                    Origin.DICTATED,
                    Source(dictation="d-1", chars=(0, 25), ms=(120, 2210), confidence=0.93),
                    (pneumothorax,),
                ),
                Statement(
                    "s2",
                    "No pleural effusion.",
                    Origin.TEMPLATE,
                    Source(template="pleura.no_effusion"),
                    (effusion,),
                ),
            ),
        ),
        Section(
            "lungs",
            "Lungs & airways",
            (
                Statement(
                    "s3", NODULE.text, Origin.AI, Source(ai="a1", person="r.reader"), (nodule,)
                ),
                Statement(
                    "s4",
                    "History of <pneumonia>; possible cyst at T12, 12.5 x 9 mm, previously 7 mm.",
                    Origin.EDITED,
                    Source(dictation="d-1", chars=(26, 90), ms=(2300, 7000), person="r.reader"),
                    (old, cyst),
                ),
            ),
        ),
        Section("bones", "Bones"),
        Section(
            "impression",
            "Impression",
            (
                Statement(
                    "s5",
                    "Small right pneumothorax.",
                    Origin.DICTATED,
                    Source(dictation="d-2", chars=(0, 25), ms=(0, 1900), confidence=0.9),
                    (pneumothorax,),
                ),
            ),
        ),
    )


REPORT = Report(
    template=TemplateRef("xr_chest_2v", 3, "ab" * 32),
    status="preliminary",
    sections=_sections(),
    suggestions=(Suggestion(NODULE, "accepted"), Suggestion(PROPOSED)),
    flags=(),
    certificate=Certificate(ok=True, tokens=30, dictated=20, template=4, ai=6),
)

TOLD = Communication(
    id="c-1",
    finding="pneumothorax",
    identified_at="2026-01-02T10:41:07Z",
    sender="R42",
    receiver="Dr. Ward",
    received_at="2026-01-02T10:45:00Z",
    method="telephone",
    minutes=4.0,
)
PLACE = Evidence("1.2.840.99.1", "1.2.840.99.1.7", "1.2.840.99.1.7.1", 3, Box(0.1, 0.25, 0.5, 0.75))

PRELIMINARY = ReportMessage(
    control_id=ControlId("RO0000000001"),
    kind=DeliveryKind.PRELIMINARY,
    order=ORDER,
    report=REPORT,
    issued_at="2026-01-02T10:41:07Z",
)
FINAL = replace(
    PRELIMINARY,
    control_id=ControlId("RO0000000002"),
    kind=DeliveryKind.FINAL,
    report=replace(REPORT, status="final"),
    issued_at="2026-01-02T11:02:00Z",
    author=Practitioner("R42", "Reader", "Robin"),
)
_ADDED = Statement("s6", "Discussed by phone.", Origin.DICTATED, Source(dictation="d-3"))
ADDENDUM = replace(
    FINAL,
    control_id=ControlId("RO0000000003"),
    kind=DeliveryKind.ADDENDUM,
    report=replace(
        REPORT,
        status="addendum",
        sections=(*REPORT.sections, Section("addendum", "Addendum", (_ADDED,))),
    ),
)


def _corrected() -> Report:
    """The signed report read again: the pneumothorax is left, the cyst is smaller."""
    left = Fact("pneumothorax", "pneumothorax", 11, 23, side=Side.LEFT)
    pleura, lungs, bones, impression = _sections()
    cyst = lungs.statements[1]
    smaller = replace(cyst.facts[1], size_mm=(10.5, 9.0))
    edited = Statement(
        cyst.id,
        "History of <pneumonia>; possible cyst at T12, 10.5 x 9 mm, previously 7 mm.",
        Origin.EDITED,
        cyst.source,
        (cyst.facts[0], smaller),
    )
    said = Statement(
        "s1", "Small left pneumothorax.", Origin.EDITED, Source(person="r.reader"), (left,)
    )
    concluded = replace(said, id="s5")
    return replace(
        REPORT,
        status="corrected",
        sections=(
            replace(pleura, statements=(said, pleura.statements[1])),
            replace(lungs, statements=(lungs.statements[0], edited)),
            bones,
            replace(impression, statements=(concluded,)),
        ),
    )


CORRECTION = replace(
    FINAL,
    control_id=ControlId("RO0000000004"),
    kind=DeliveryKind.CORRECTION,
    report=_corrected(),
    issued_at="2026-01-02T12:30:00Z",
    before=(PRELIMINARY.report, FINAL.report),
)
CANCELLATION = replace(
    PRELIMINARY,
    control_id=ControlId("RO0000000005"),
    kind=DeliveryKind.CANCELLATION,
    report=replace(REPORT, status="draft"),
    before=(PRELIMINARY.report,),
)
RETRACTION = replace(
    CORRECTION,
    control_id=ControlId("RO0000000006"),
    kind=DeliveryKind.RETRACTION,
    report=replace(CORRECTION.report, status="retracted"),
    issued_at="2026-01-02T13:00:00Z",
    before=(PRELIMINARY.report, FINAL.report, CORRECTION.report),
)
ALL = (PRELIMINARY, FINAL, ADDENDUM, CORRECTION, CANCELLATION, RETRACTION)
"""One message of every kind, in the order in which they might be sent."""


def delivery(message: ReportMessage, body: bytes, destination: str = "ehr") -> Delivery:
    """A delivery of these bytes."""
    accession = message.order.accession
    return Delivery(message.control_id, destination, accession, message.kind, body)


def service_request() -> dict[str, Any]:
    """The sample order."""
    resource: dict[str, Any] = json.loads((SAMPLES / "service_request.json").read_bytes())
    return resource
