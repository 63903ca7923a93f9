"""Each check by example: what it finds, and what looks alike and is right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding, Evidence
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, Side
from adapter.domain.people import Patient, Sex
from adapter.domain.transcript import Transcript, Word
from adapter.mapping.checks import Checks
from adapter.reporting.checks import check_text
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.reporting.tables import tables, typed

HEADED = "FINDINGS:\n{}\nIMPRESSION:\n{}\n"


def order(
    procedure: str = "",
    modality: str = "",
    side: Side | None = None,
    sex: Sex = Sex.UNKNOWN,
    born: str = "",
    day: str = "20240615",
) -> Order:
    patient = Patient(Phi("1"), sex=sex, birth_date=Phi(born))
    return Order(
        Accession("A1"), patient, Code("", procedure), modality, side=side, scheduled_at=day
    )


def found(text: str, asked: Order | None = None, prior: str = "") -> dict[str, str]:
    """Code -> the characters of its first flag."""
    flags = check_text(text, tables(), asked, None, prior)
    codes: dict[str, str] = {}
    for flag in flags:
        assert flag.chars
        codes.setdefault(flag.code, text[slice(*flag.chars)])
    return codes


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("Small cyst at L7.", "level_impossible", "L7"),
        ("Disc bulge at L5-L3.", "level_impossible", "L5-L3"),
        ("Disc bulge at L5-1.", "level_impossible", None),
        ("Fracture of T13, a transitional vertebra.", "level_impossible", None),
        ("C11 choline uptake in the prostate.", "level_impossible", None),
        ("Impingement of the C8 nerve root.", "level_impossible", None),
        ("T2 hyperintense lesion, T1-T2 disc normal.", "level_impossible", None),
        ("The nodule measures 12.", "unit_missing", "12"),
        ("The nodule measures 12 x 8 mm.", "unit_missing", None),
        ("The nodule is 12 mm x 8 mm.", "unit_missing", None),
        ("The nodule is 12 mm x 8.", "unit_missing", "12 mm x 8"),
        ("The nodule measures 1.2 x 0.8 x 2.0 centimeters.", "unit_missing", None),
        ("The resistive index measures 0.7.", "unit_missing", None),
        ("A 12 nodule in the right upper lobe.", "unit_missing", "12"),
        ("A 3 vessel view of the heart.", "unit_missing", None),
        ("The spleen measures 12 cm.", "measurement_implausible", None),
        ("The spleen measures 120 cm.", "measurement_implausible", "120 cm"),
        ("A 5 mm cyst in the kidney measures 5 mm.", "measurement_implausible", None),
        ("The nodule has decreased from 8 mm to 12 mm.", "change_against_numbers", "nodule"),
        ("There is a ___ mm nodule.", "template_remnant", "___"),
        ("The [organ] is normal.", "template_remnant", "[organ]"),
        ("The liver is {normal}.", "template_remnant", "{normal}"),
        ("Opacity in the left middle lobe.", "side_within_report", "left middle lobe"),
        ("There is a left right effusion.", "side_within_report", "left right"),
        ("Left to right midline shift.", "side_within_report", None),
        ("BI-RADS category 4D.", "rads_format", "4D"),
        ("BI-RADS 4B.", "rads_format", None),
        ("BI-RADS: Category 2 - benign.", "rads_format", None),
        ("PI-RADS v2.1 score 5.", "rads_format", None),
        ("LI-RADS LR-TIV.", "rads_format", None),
        ("Lung-RADS 4X.", "rads_format", None),
        ("TI-RADS TR6.", "rads_format", "TR6"),
        ("Seen on 02/30/2021.", "date_impossible", "02/30/2021"),
        ("Seen on 31/12/2020.", "date_impossible", None),
        ("The the liver is normal.", "repeated_word", "The the"),
        ("There is a nodule in the.", "unfinished_sentence", "There is a nodule in the."),
    ],
)
def test_a_line_by_itself(text: str, code: str, words: str | None) -> None:
    assert found(HEADED.format(text, "Normal.")).get(code) == words


@pytest.mark.parametrize(
    ("findings", "impression", "code", "flagged"),
    [
        ("Small right pneumothorax.", "Left pneumothorax.", "side_against_findings", True),
        (
            "Small right pneumothorax. Left pneumothorax.",
            "Left pneumothorax.",
            "side_against_findings",
            False,
        ),
        ("Bilateral effusions.", "Left effusion.", "side_against_findings", False),
        ("No pneumothorax.", "Left pneumothorax.", "impression_against_findings", True),
        ("No left pneumothorax.", "Right pneumothorax.", "impression_against_findings", False),
        ("No acute fracture.", "Acute fracture.", "impression_against_findings", True),
        ("No acute fracture.", "Old fracture.", "impression_against_findings", False),
        (
            "No intracranial hemorrhage.",
            "Acute subdural hematoma.",
            "impression_against_findings",
            True,
        ),
        ("No rib fracture.", "Clavicle fracture.", "impression_against_findings", False),
        ("Trace left effusion.", "Renal cyst.", "finding_not_in_impression", False),
        ("Disc bulge at L4-L5.", "Disc bulge at L3-L4.", "impression_level", True),
        ("Disc bulge at L4-L5 and L3-L4.", "Disc bulge at L3-L4.", "impression_level", False),
        ("8 mm right renal stone.", "18 mm right renal stone.", "impression_size", True),
        ("0.8 cm right renal stone.", "8 mm right renal stone.", "impression_size", False),
        ("The pancreas is normal.", "Acute pancreatitis.", "impression_unsupported", True),
        ("There is right lower lobe consolidation.", "Pneumonia.", "impression_unsupported", False),
        ("There is free air.", "Renal cyst.", "finding_not_in_impression", True),
        ("There is free air.", "As above.", "finding_not_in_impression", False),
        ("The lungs are clear. The lungs are clear.", "Normal.", "duplicated_sentence", True),
        ("The lungs are clear.", "The lungs are clear.", "duplicated_sentence", False),
        (
            "Status post cholecystectomy. The gallbladder is normal.",
            "Normal.",
            "organ_removed",
            True,
        ),
        (
            "The gallbladder is surgically absent.",
            "Status post cholecystectomy.",
            "organ_removed",
            False,
        ),
    ],
)
def test_findings_against_impression(
    findings: str, impression: str, code: str, flagged: bool
) -> None:
    assert (code in found(HEADED.format(findings, impression))) is flagged


@pytest.mark.parametrize(
    ("text", "asked", "code", "flagged"),
    [
        ("Tear of the right meniscus.", order("MRI KNEE LEFT"), "side_against_order", True),
        ("Tear of the right meniscus.", order("MRI KNEE LT"), "side_against_order", True),
        (
            "Tear of the right meniscus.",
            order("MRI KNEE", side=Side.LEFT),
            "side_against_order",
            True,
        ),
        ("Tear of the left meniscus.", order("MRI KNEE LEFT"), "side_against_order", False),
        ("Smaller than on the right.", order("MRI KNEE LEFT"), "side_against_order", False),
        (
            "Right atrial enlargement. Left effusion.",
            order("XR CHEST", side=Side.LEFT),
            "side_against_order",
            False,
        ),
        ("The prostate is normal.", order(sex=Sex.FEMALE), "sex_mismatch", True),
        ("The prostate is normal.", order(sex=Sex.MALE), "sex_mismatch", False),
        ("No ovarian cyst.", order(sex=Sex.MALE), "sex_mismatch", True),
        (
            "Family history of prostate cancer in her father.",
            order(sex=Sex.FEMALE),
            "sex_mismatch",
            False,
        ),
        ("A 40-year-old patient.", order(born="19600101"), "age_mismatch", True),
        ("A 64-year-old patient.", order(born="19600101"), "age_mismatch", False),
        ("Compared to the study of 07/20/2024.", order(), "date_in_future", True),
        ("Compared to the study of 05/01/2024.", order(), "date_in_future", False),
        ("Recommend follow-up on 07/20/2024.", order(), "date_in_future", False),
        ("T2 hyperintense lesion.", order("CT HEAD", "CT"), "other_modality_words", True),
        (
            "Better seen on prior MRI with FLAIR.",
            order("CT HEAD", "CT"),
            "other_modality_words",
            False,
        ),
        ("Disc bulge at C5-C6.", order("MRI LUMBAR SPINE", "MR"), "wrong_body_part", True),
        (
            "Liver normal. Spleen normal. Pancreas normal.",
            order("CT HEAD", "CT"),
            "wrong_body_part",
            True,
        ),
        ("Rim enhancing lesion.", order("CT HEAD W/O CONTRAST", "CT"), "wrong_contrast", True),
        ("Rim enhancing lesion.", order("CT HEAD W/WO CONTRAST", "CT"), "wrong_contrast", False),
    ],
)
def test_report_against_order(text: str, asked: Order, code: str, flagged: bool) -> None:
    assert (code in found(HEADED.format(text, "Normal."), asked)) is flagged


def test_the_other_breast_may_be_called_normal() -> None:
    asked = order("US BREAST LEFT", "US")
    text = HEADED.format("The right breast is unremarkable. Left breast mass.", "Left breast mass.")
    assert "side_against_order" not in found(text, asked)
    text = HEADED.format("Cyst in the right breast. Left breast mass.", "Left breast mass.")
    assert found(text, asked)["side_against_order"] == "right"


def test_neighbouring_regions_are_not_the_wrong_ones() -> None:
    text = "EXAM: AP pelvis radiograph.\n" + HEADED.format("No fracture.", "Normal.")
    assert found(text, order("XR HIP", "DX")) == {}
    assert "wrong_body_part" in found(text, order("XR WRIST", "DX"))


def test_title_and_technique_against_the_order() -> None:
    text = (
        "EXAM: MRI of the brain.\nTECHNIQUE: Without contrast.\n"
        "FINDINGS: Normal.\nIMPRESSION: Normal.\n"
    )
    asked = order("CT ABDOMEN WITH CONTRAST", "CT")
    assert {"wrong_modality", "wrong_body_part", "wrong_contrast"} <= set(found(text, asked))
    asked = order("MRI BRAIN WITHOUT CONTRAST", "MR")
    assert found(text, asked) == {}


PRIOR = HEADED.format("Right upper lobe nodule measuring 6 mm. No pleural effusion.", "Nodule.")


@pytest.mark.parametrize(
    ("text", "code", "flagged"),
    [
        ("New right upper lobe nodule.", "prior_contradiction", True),
        ("No new right upper lobe nodule.", "prior_contradiction", False),
        ("Unchanged pleural effusion.", "prior_contradiction", True),
        ("Stable right upper lobe nodule measuring 6 mm.", "prior_contradiction", False),
        ("Stable right upper lobe nodule measuring 12 mm.", "prior_contradiction", True),
        ("Right upper lobe nodule measuring 12 mm.", "measurement_changed", True),
        ("Right upper lobe nodule measuring 7 mm.", "measurement_changed", False),
    ],
)
def test_against_the_prior_report(text: str, code: str, flagged: bool) -> None:
    assert (code in found(HEADED.format(text, "Nodule."), None, PRIOR)) is flagged


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("", "critical_finding"),
        ("Discussed with Dr. Grey.", "critical_communicated"),
        ("Discussed with Dr. Grey at 10:42.", None),
    ],
)
def test_the_record_of_a_communication(told: str, code: str | None) -> None:
    codes = found(HEADED.format("Right pneumothorax.", f"Right pneumothorax. {told}"))
    assert code is None or code in codes
    assert {"critical_finding", "critical_communicated"} & set(codes) == ({code} if code else set())


def test_missing_parts_stand_at_the_end() -> None:
    text = "FINDINGS:\nThe lungs are clear.\n"
    (flag,) = check_text(text, tables())
    assert (flag.code, flag.chars) == ("impression_missing", (len(text), len(text)))
    assert "findings_missing" in found("IMPRESSION: Right pneumothorax.")


def test_words_heard_with_doubt() -> None:
    words = tuple(
        Word(text, n * 300, n * 300 + 250, doubt)
        for n, (text, doubt) in enumerate(
            [("small", 0.2), ("left", 0.3), ("effusion", 0.9), ("period", 0.9)]
        )
    )
    inputs = ReportInputs((Transcript("d-1", "m", "en", 1200, words),), template="xr_chest_2v")
    report = build_report(inputs, tables())
    (flag,) = (each for each in report.flags if each.code == "low_confidence")
    assert (flag.statement, flag.chars) == ("s1", (6, 10))
    assert "left" in flag.message
    assert "small" not in flag.message


@pytest.mark.parametrize(
    ("said", "evidence", "flagged"),
    [
        ("The heart is normal.", (), True),
        ("The heart is normal.", (Evidence("1.2", "1.3", "1.4"),), False),
        ("Left pneumothorax.", (), False),
        ("No pneumothorax.", (Evidence("1.2", "1.3", "1.4"),), True),
    ],
)
def test_accepted_without_support(said: str, evidence: tuple[Evidence, ...], flagged: bool) -> None:
    ai = AiFinding("a1", "Left pneumothorax.", "m", "1", evidence=evidence)
    accept = Decision(DecisionKind.ACCEPT, "a1", person="Dr. Grey")
    inputs = ReportInputs((typed(said),), (ai,), None, "xr_chest_2v", (accept,))
    codes = {flag.code for flag in build_report(inputs, tables()).flags}
    assert ("ai_unsupported" in codes) is flagged


def test_a_flag_of_a_built_report_points_into_its_statement() -> None:
    report = build_report(ReportInputs((typed("Disc bulge at L9."),), template="generic"), tables())
    (flag,) = (each for each in report.flags if each.code == "level_impossible")
    (statement,) = report.sections[0].statements
    assert flag.statement == statement.id
    assert flag.chars
    assert statement.text[slice(*flag.chars)] == "L9"


def test_a_check_can_be_turned_off_and_made_louder() -> None:
    table = tables().checks.table
    rules = dict(table.checks)
    del rules["template_remnant"]
    rules["unit_missing"] = rules["sex_mismatch"]
    changed = replace(tables(), checks=Checks(table.model_copy(update={"checks": rules})))
    text = HEADED.format("The cyst measures 12. The liver [ ] is normal.", "Normal.")
    flags = {flag.code: flag.severity.value for flag in check_text(text, changed)}
    assert flags == {"unit_missing": "alert"}


def test_flags_of_one_check_are_bounded() -> None:
    text = HEADED.format("The liver is [ ]. " * 300, "Normal.")
    flags = [f for f in check_text(text, tables()) if f.code == "template_remnant"]
    assert len(flags) == tables().checks.table.most


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_is_checked_without_error(text: str, prior: str) -> None:
    asked = order("MRI KNEE LEFT W/O CONTRAST", "MR", sex=Sex.MALE, born="19600101")
    for flag in check_text(text, tables(), asked, None, prior):
        assert flag.chars
        assert 0 <= flag.chars[0] <= flag.chars[1] <= len(text)


@pytest.mark.parametrize(
    "piece", ["L9 ", "[", "(", "1 x ", "no left 5 mm nodule. ", "9", "a ", "\n"]
)
def test_a_long_text_is_checked(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    check_text(text, tables(), order("MRI KNEE LEFT W/O CONTRAST", "MR", sex=Sex.MALE))
