"""Reports as the pipeline makes them from dictations and AI findings, in every kind of message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.finding import AiFinding, Box, Evidence
from adapter.domain.identifiers import Accession, ControlId, Phi
from adapter.domain.order import Code, Order, Priority, Side
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.domain.report import Report
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.fhir.samples import TOLD
from tests.reporting.tables import heard, tables

_DICTATIONS = (
    ("xr_chest_2v", "Small right pneumothorax. No pleural effusion. The heart size is normal."),
    ("ct_chest", "8 mm nodule in the left upper lobe, previously 6 mm. Possible pneumonia. "
                 "Impression: growing left upper lobe nodule."),
    ("ct_head", "No acute intracranial hemorrhage. Chronic small vessel disease. "
                "History of left MCA infarct."),
    ("mr_lumbar_spine", "Disc bulge at L4-L5 with mild canal stenosis. 12.5 x 9 mm cyst at L5-S1. "
                        "No fracture."),
    ("us_abdomen", "Gallstones up to 1.2 cm. No hydronephrosis. Left renal cyst, 2.3 cm."),
    ("ct_abdomen", "Acute appendicitis with a 7 mm appendix. No free air; no drainable "
                   "collection. Impression: appendicitis. Recommendation: surgical consult."),
    ("us_thyroid", "Right thyroid nodule, 1.4 x 0.9 cm. The left lobe is normal."),
    ("mammography", "No suspicious mass in either breast. BI-RADS category 2."),
    ("xr_bone", "Fracture of the left distal radius < 2 mm displaced & \"comminuted\"."),
    ("mr_knee", "Tear of the medial meniscus, right knee. Bilateral joint effusions."),
    ("generic", "Ünauffälliger Befund – 3,5 °C; α/β ≥ 5. \N{GREEK SMALL LETTER MU}m."),
    ("ct_pulmonary_angiogram", "Bilateral pulmonary emboli. Right heart strain is not excluded."),
)  # fmt: skip
_ORDERS = (
    {"study_uid": "1.2.840.99.7", "scheduled_at": "20260102103000", "modality": "CT"},
    {"study_uid": "", "scheduled_at": "", "modality": ""},
    {"study_uid": "1.2.840.99.8", "scheduled_at": "202601", "modality": "MR"},
)
_PATIENTS = (
    Patient(Phi("M1"), "urn:oid:2.999.1", Phi("O'Hara & <Sons>"), Phi("Zoë"), Phi("19610412")),
    Patient(Phi("M|2,$"), "EXAMPLE", Phi(""), Phi(""), Phi("1961"), Sex.MALE),
    Patient(Phi("M3"), "", Phi("Doe"), Phi(""), Phi("unknown"), Sex.OTHER),
)
_AI = AiFinding(
    "a1", "Pneumothorax.", "chest-net", "2.1", finding="pneumothorax", side=Side.LEFT,
    size_mm=(3.5,), probability=0.875,
    evidence=(Evidence("1.2.3", "1.2.3.4", "1.2.3.4.5", 2, Box(0.1, 0.2, 0.3, 0.4)),),
)  # fmt: skip
_READER = Practitioner("R42", "Reader", "Robin")


def generated() -> Iterator[ReportMessage]:
    """Each dictation as preliminary, final, addendum, correction, cancellation and retraction."""
    orders, patients = cycle(_ORDERS), cycle(_PATIENTS)
    for number, (template, text) in enumerate(_DICTATIONS):
        order = Order(
            accession=Accession(f"GEN/{number}"),
            patient=next(patients),
            procedure=Code(template.upper(), template.replace("_", " "), "L" if number % 2 else ""),
            placer_number=f"P{number}",
            priority=list(Priority)[number % 4],
            reason=Phi("Cough & fever") if number % 2 else Phi(""),
            requester=Practitioner("", "Ward", "Willa") if number % 3 else None,
            **next(orders),  # type: ignore[arg-type]
        )
        yield from _messages(order, template, text)


def _messages(order: Order, template: str, text: str) -> Iterator[ReportMessage]:
    accepted = Decision(DecisionKind.ACCEPT, "a1", "", "r.reader", "2026-01-02T10:50:00Z")
    inputs = ReportInputs((heard(text),), (_AI,), order, template, (accepted,))
    edited = Decision(DecisionKind.EDIT, "s1", "Small left effusion.", "r.reader", "")
    steps = (
        (DeliveryKind.PRELIMINARY, inputs),
        (DeliveryKind.FINAL, replace(inputs, status="final")),
        (DeliveryKind.ADDENDUM, replace(inputs, status="addendum", addenda=("Told by phone.",))),
        (DeliveryKind.CORRECTION, replace(inputs, status="corrected", decisions=(edited,))),
        (DeliveryKind.CANCELLATION, replace(inputs, status="draft")),
        (DeliveryKind.RETRACTION, replace(inputs, status="retracted")),
    )
    before: tuple[Report, ...] = ()
    for number, (kind, made_of) in enumerate(steps):
        report = build_report(made_of, tables())
        author = _READER if kind.is_signed else None
        name = ControlId(f"{order.accession}-{number}")
        issued = f"2026-01-02T11:0{number}:00.123+00:00"
        yield ReportMessage(
            name,
            kind,
            order,
            report,
            issued,
            author=author,
            before=before,
            communications=(TOLD,) if number % 2 else (),
        )
        before = (*before, report)
