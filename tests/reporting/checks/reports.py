"""Clean synthetic reports of several exams, each with the order it answers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, Side
from adapter.domain.people import Patient, Sex


@dataclass(frozen=True)
class Exam:
    """How an exam is ordered, titled and described. `{s}` side, `{n}` mm, `{v}` level."""

    modality: str
    procedure: str
    title: str
    technique: str
    findings: tuple[tuple[str, str], ...]  # sentence, its impression
    normals: tuple[str, ...]
    sided: bool = False
    sex: str = "FM"


@dataclass(frozen=True)
class Written:
    """A report by its parts, and what was ordered."""

    exam: Exam
    order: Order
    indication: str
    comparison: str
    body: tuple[str, ...]
    impression: tuple[str, ...]
    slots: dict[str, str] = field(default_factory=dict)
    title: str = ""
    technique: str = ""

    @property
    def text(self) -> str:
        parts = [
            f"EXAM: {self.title}" if self.title else "",
            f"INDICATION: {self.indication}",
            f"COMPARISON: {self.comparison}",
            f"TECHNIQUE: {self.technique}" if self.technique else "",
            f"FINDINGS:\n{' '.join(self.body)}" if self.body else "",
            "IMPRESSION:\n" + " ".join(self.impression) if self.impression else "",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def but(self, **changes: object) -> Written:
        """The report with other parts."""
        return replace(self, **changes)  # type: ignore[arg-type]


CHEST = Exam(
    "DX",
    "XR CHEST 2 VIEWS",
    "Chest radiograph, two views.",
    "PA and lateral views of the chest.",
    (
        ("There is a small {s} pneumothorax.", "Small {s} pneumothorax."),
        ("There is a moderate {s} pleural effusion.", "Moderate {s} pleural effusion."),
        ("There is consolidation in the {s} lower lobe.", "{S} lower lobe consolidation."),
        ("A {n} mm nodule is seen in the {s} upper lobe.", "{n} mm {s} upper lobe nodule."),
        ("There is an acute fracture of the {s} sixth rib.", "Acute {s} rib fracture."),
    ),
    (
        "The heart size is normal.",
        "The mediastinal contours are unremarkable.",
        "The visualized bones are intact.",
        "No free air under the diaphragm.",
        "The trachea is midline.",
        "The upper abdomen is unremarkable.",
    ),
)
CT_CHEST = Exam(
    "CT",
    "CT CHEST WITH CONTRAST",
    "CT chest with contrast.",
    "Axial images of the chest were obtained following intravenous contrast.",
    (
        ("A {n} mm nodule is present in the {s} upper lobe.", "{n} mm {s} upper lobe nodule."),
        ("Moderate {s} pleural effusion.", "Moderate {s} pleural effusion."),
        (
            "There is ground glass opacity in the {s} lower lobe.",
            "{S} lower lobe ground glass opacity.",
        ),
        ("Enlarged {s} hilar lymph node measuring {n} mm.", "Enlarged {s} hilar lymph node."),
    ),
    (
        "The heart is normal in size.",
        "No pericardial effusion.",
        "The thyroid is unremarkable.",
        "The thoracic aorta is normal in caliber.",
        "No axillary lymphadenopathy.",
        "The airways are patent.",
        "No suspicious osseous lesion.",
    ),
)
CT_ABDOMEN = Exam(
    "CT",
    "CT ABDOMEN PELVIS WITHOUT CONTRAST",
    "CT abdomen and pelvis without contrast.",
    "Axial images of the abdomen and pelvis without intravenous contrast.",
    (
        ("There is a {n} mm stone in the {s} distal ureter.", "{n} mm {s} distal ureteral stone."),
        ("There is moderate {s} hydronephrosis.", "Moderate {s} hydronephrosis."),
        ("A {n} mm cyst is seen in the {s} kidney.", "{n} mm {s} renal cyst."),
        ("There is a {n} mm {s} adrenal nodule.", "{n} mm {s} adrenal nodule."),
        (
            "The appendix is dilated with wall thickening, consistent with acute appendicitis.",
            "Acute appendicitis.",
        ),
    ),
    (
        "The liver is normal in size.",
        "The gallbladder is unremarkable.",
        "The pancreas is normal.",
        "The spleen is normal in size and measures 11 cm.",
        "No free fluid.",
        "No bowel obstruction.",
        "The bladder is unremarkable.",
        "No abdominal lymphadenopathy.",
    ),
)
MR_SPINE = Exam(
    "MR",
    "MRI LUMBAR SPINE W/O CONTRAST",
    "MRI of the lumbar spine without contrast.",
    "Multiplanar multisequence MRI of the lumbar spine without contrast.",
    (
        (
            "At {v}, there is a {s} paracentral disc protrusion.",
            "{S} paracentral disc protrusion at {v}.",
        ),
        ("At {v}, there is severe spinal canal stenosis.", "Severe spinal canal stenosis at {v}."),
        ("There is a broad disc bulge at {v}.", "Disc bulge at {v}."),
    ),
    (
        "The conus medullaris terminates at L1.",
        "The alignment is normal.",
        "The vertebral body heights are preserved.",
        "The marrow signal is normal.",
        "No paraspinal mass.",
        "The sacroiliac joints are unremarkable.",
    ),
)
CT_HEAD = Exam(
    "CT",
    "CT HEAD WITHOUT CONTRAST",
    "CT head without contrast.",
    "Axial images of the head without intravenous contrast.",
    (
        ("There is a {n} mm {s} subdural hematoma.", "{n} mm {s} subdural hematoma."),
        ("There is an acute infarct in the {s} frontal lobe.", "Acute {s} frontal infarct."),
        ("There is a {s} temporal lobe mass measuring {n} mm.", "{S} temporal lobe mass."),
    ),
    (
        "The ventricles are normal in size.",
        "No skull fracture.",
        "The mastoids are clear.",
        "The paranasal sinuses are clear.",
        "The globes are unremarkable.",
        "The basal cisterns are patent.",
    ),
)
KNEE = Exam(
    "MR",
    "MRI KNEE {S} W/O CONTRAST",
    "MRI of the {s} knee without contrast.",
    "Multiplanar multisequence MRI of the {s} knee without contrast.",
    (
        ("There is a tear of the {s} medial meniscus.", "{S} medial meniscus tear."),
        (
            "Complete tear of the {s} anterior cruciate ligament.",
            "{S} anterior cruciate ligament tear.",
        ),
        ("There is a moderate {s} joint effusion.", "Moderate {s} joint effusion."),
    ),
    (
        "The posterior cruciate ligament is intact.",
        "The collateral ligaments are intact.",
        "The extensor mechanism is intact.",
        "The articular cartilage is preserved.",
        "No acute fracture.",
        "The lateral meniscus is intact.",
    ),
    sided=True,
)
BREAST = Exam(
    "US",
    "US BREAST {S} LIMITED",
    "Ultrasound of the {s} breast.",
    "Targeted ultrasound of the {s} breast.",
    (
        (
            "There is a {n} mm irregular mass in the {s} breast. BI-RADS category 4B.",
            "{n} mm {s} breast mass. BI-RADS category 4B.",
        ),
        (
            "There is a {n} mm simple cyst in the {s} breast. BI-RADS category 2.",
            "{n} mm {s} breast cyst. BI-RADS category 2.",
        ),
    ),
    (
        "No axillary lymphadenopathy.",
        "The skin is normal in thickness.",
        "No architectural distortion.",
        "The nipple is unremarkable.",
    ),
    sided=True,
    sex="F",
)
PELVIS_F = Exam(
    "US",
    "US PELVIS TRANSVAGINAL",
    "Pelvic ultrasound.",
    "Transvaginal ultrasound of the pelvis was performed.",
    (
        ("There is a {n} mm simple cyst in the {s} ovary.", "{n} mm {s} ovarian cyst."),
        ("There is a {n} mm fibroid in the uterus.", "{n} mm uterine fibroid."),
    ),
    (
        "The endometrium measures 7 mm.",
        "No free fluid in the pelvis.",
        "The cervix is unremarkable.",
        "The bladder is unremarkable.",
    ),
    sex="F",
)
EXAMS = (CHEST, CT_CHEST, CT_ABDOMEN, MR_SPINE, CT_HEAD, KNEE, BREAST, PELVIS_F)
_DISCS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
_COMPLAINTS = ("Pain.", "Follow-up.", "Trauma.", "Fever.", "Shortness of breath.")


def clean(rng: random.Random, *exams: Exam) -> Written:
    """A report without error; of these exams, or of any."""
    exam = rng.choice(exams or EXAMS)
    side = rng.choice(("left", "right"))
    sex, age = rng.choice(exam.sex), rng.randint(22, 85)
    slots = {"s": side, "S": side.capitalize()}
    chosen = [] if rng.random() < 0.15 else rng.sample(exam.findings, rng.randint(1, 2))
    body, impression = [], []
    for sentence, conclusion in chosen:
        values = slots | {"n": str(rng.randint(4, 19)), "v": rng.choice(_DISCS)}
        body.append(sentence.format(**values))
        impression.append(conclusion.format(**values))
    slots |= {"finding": body[0] if body else ""}
    body += rng.sample(exam.normals, rng.randint(3, len(exam.normals)))
    if any("pneumothorax" in each or "subdural" in each or "infarct" in each for each in body):
        impression.append("Findings were discussed with Dr. Grey by telephone at 10:42.")
    if rng.random() < 0.3:
        body.append("There is no other abnormality.")
    if any("appendic" in each for each in body):
        body = [each for each in body if each != "No free fluid."]
    rng.shuffle(body)
    year = rng.randint(2015, 2023)
    past = rng.choice(
        ("None.", f"{exam.title.split(',')[0].split('.')[0]} dated 0{rng.randint(1, 9)}/12/{year}.")
    )
    shown = past.format(**slots)
    return Written(
        exam,
        _order(exam, slots, sex, age, rng),
        f"{age}-year-old {_person(sex)}. {rng.choice(_COMPLAINTS)}",
        shown,
        tuple(body),
        tuple(impression or ["No acute abnormality."]),
        slots,
        exam.title.format(**slots),
        exam.technique.format(**slots),
    )


def _person(sex: str) -> str:
    return "woman" if sex == "F" else "man"


def _order(exam: Exam, slots: dict[str, str], sex: str, age: int, rng: random.Random) -> Order:
    text = exam.procedure.format(s=slots["s"], S=slots["s"].upper())
    side = Side(slots["s"]) if exam.sided and rng.random() < 0.5 else None
    born = f"{2024 - age}0101"
    patient = Patient(Phi("1"), birth_date=Phi(born), sex=Sex(sex))
    return Order(
        Accession("A1"), patient, Code("X", text), exam.modality, side=side, scheduled_at="20240615"
    )
