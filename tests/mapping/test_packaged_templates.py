"""The packaged templates: the right one for each order, and no default beside its contrary."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.order import Order
from adapter.domain.people import Sex
from adapter.mapping.template_table import Default
from adapter.mapping.templates import Template
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.mapping.test_templates import order
from tests.reporting.tables import tables, typed

TEMPLATES = [each for each in tables().templates if each.defaults]
NAMES = [each.table.id for each in TEMPLATES]
ALL_NORMAL = "\nOtherwise normal."


class Asked(NamedTuple):
    text: str
    modality: str
    template: str
    sex: Sex = Sex.UNKNOWN


ASKED = [
    Asked("CT CHEST PULMONARY EMBOLISM W CONTRAST", "CT", "ct_pulmonary_angiogram"),
    Asked("CT PULMONARY ANGIOGRAM", "CT", "ct_pulmonary_angiogram"),
    Asked("CTA CHEST PE PROTOCOL", "CT", "ct_pulmonary_angiogram"),
    Asked("CTPA", "CT", "ct_pulmonary_angiogram"),
    Asked("CT CHEST WO CONTRAST", "CT", "ct_chest"),
    Asked("CT THORAX", "CT", "ct_chest"),
    Asked("CT ABDOMEN PELVIS W CONTRAST", "CT", "ct_abdomen"),
    Asked("CT HEAD WO CONTRAST", "CT", "ct_head"),
    Asked("CT CERVICAL SPINE WO CONTRAST", "CT", "ct_cervical_spine"),
    Asked("CT C-SPINE", "CT", "ct_cervical_spine"),
    Asked("MRI CERVICAL SPINE", "MR", "mr_cervical_spine"),
    Asked("MR LUMBAR SPINE WO", "MR", "mr_lumbar_spine"),
    Asked("MRI BRAIN W WO CONTRAST", "MR", "mr_brain"),
    Asked("MRI KNEE LEFT WO CONTRAST", "MR", "mr_knee"),
    Asked("MR SHOULDER RIGHT ARTHROGRAM", "MR", "mr_shoulder"),
    Asked("MRI PROSTATE W WO CONTRAST", "MR", "mr_prostate", Sex.MALE),
    Asked("MRI LIVER W WO CONTRAST", "MR", "mr_liver"),
    Asked("MRI ABDOMEN MRCP", "MR", "mr_liver"),
    Asked("MRI BREAST BILATERAL", "MR", "mr_breast"),
    Asked("US THYROID", "US", "us_thyroid"),
    Asked("US PELVIS TRANSVAGINAL", "US", "us_pelvis", Sex.FEMALE),
    Asked("US PELVIS", "US", "generic", Sex.MALE),
    Asked("US OB LESS THAN 14 WEEKS", "US", "us_obstetric", Sex.FEMALE),
    Asked("US PREGNANCY TRANSVAGINAL", "US", "us_obstetric", Sex.FEMALE),
    Asked("US LOWER EXTREMITY VENOUS BILATERAL", "US", "us_leg_veins"),
    Asked("US DUPLEX DVT LEFT LEG", "US", "us_leg_veins"),
    Asked("US UPPER EXTREMITY VENOUS DVT", "US", "generic"),
    Asked("US SCROTUM", "US", "us_scrotum", Sex.MALE),
    Asked("US RIGHT UPPER QUADRANT", "US", "us_abdomen"),
    Asked("US ABDOMEN COMPLETE", "US", "us_abdomen"),
    Asked("MAMMOGRAM SCREENING BILATERAL", "MG", "mammography", Sex.FEMALE),
    Asked("DIAGNOSTIC MAMMOGRAM", "MG", "mammography", Sex.MALE),
    Asked("XR ANKLE 3 VIEWS RIGHT", "CR", "xr_bone"),
    Asked("XR HIP WITH PELVIS", "DX", "xr_bone"),
    Asked("XR HAND", "DX", "xr_bone"),
    Asked("XR LUMBAR SPINE 2 VIEWS", "DX", "xr_spine"),
    Asked("XR ABDOMEN 1 VIEW", "CR", "xr_abdomen"),
    Asked("KUB", "CR", "xr_abdomen"),
    Asked("XR CHEST 2 VIEWS", "DX", "xr_chest_2v"),
    Asked("PET CT SKULL BASE TO MID THIGH", "PT", "pet_ct"),
    Asked("PET/CT WHOLE BODY FDG", "CT", "pet_ct"),
    Asked("CT", "CT", "generic"),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda each: each.text)
def test_an_order_gets_its_template(asked: Asked) -> None:
    wanted = order(asked.text, asked.modality, sex=asked.sex)
    assert tables().choose(wanted).table.id == asked.template


def child(text: str, born: str, then: str) -> Order:
    plain = order(text, "DX")
    return replace(plain, patient=replace(plain.patient, birth_date=Phi(born)), scheduled_at=then)


@pytest.mark.parametrize(
    ("born", "then", "template"),
    [
        ("20260101", "20260301120000", "xr_chest_infant"),
        ("20260101", "20270301", "xr_chest_2v"),
        ("", "20260301", "xr_chest_2v"),
        ("20260101", "", "xr_chest_2v"),
        ("unknown", "yesterday", "xr_chest_2v"),
    ],
)
def test_the_age_at_the_scheduled_time_decides(born: str, then: str, template: str) -> None:
    assert tables().choose(child("XR CHEST", born, then)).table.id == template


def entered(template: Template, text: str) -> set[str]:
    inputs = ReportInputs(transcripts=(typed(text + ALL_NORMAL),), template=template.table.id)
    report = build_report(inputs, tables())
    assert report.certificate.ok
    found = {s.source.template for section in report.sections for s in section.statements}
    return {name for name in found if name}


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_all_defaults_enter_when_nothing_else_was_said(template: Template) -> None:
    assert entered(template, "") == {name for _, name, _ in template.defaults}


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_dictated_default_stands_in_its_section_and_for_itself(template: Template) -> None:
    for section, name, default in template.defaults:
        inputs = ReportInputs(
            transcripts=(typed(default.text + ALL_NORMAL),), template=template.table.id
        )
        report = build_report(inputs, tables())
        (home,) = (s.id for s in report.sections if any(x.id == "s1" for x in s.statements))
        assert home == section, default.text
        assert name not in entered(template, default.text)


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_finding_that_a_default_denies_withdraws_it(template: Template) -> None:
    for _, name, default in template.defaults:
        for phrase in denied(default):
            assert name not in entered(template, f"There is {phrase}."), (name, phrase)


def denied(default: Default) -> list[str]:
    """One phrase for some of the findings that the default calls absent."""
    lexicon = tables().lexicon
    named = [
        finding
        for finding in lexicon.findings.values()
        if finding.synonyms and set(default.absent) & lexicon.touched(finding.id, finding.organ)
    ]
    return [finding.synonyms[0] for finding in named][::3]


def test_there_are_templates_for_the_common_examinations() -> None:
    assert len(TEMPLATES) >= 15
    assert all(each.table.sections[-2].required for each in TEMPLATES)


@pytest.mark.parametrize(
    ("template", "text", "section"),
    [
        ("pet_ct", "Blood glucose was 102 mg/dL.", "technique"),
        ("us_obstetric", "The amniotic fluid index is 14 cm.", "fetus"),
        ("us_obstetric", "Fetal heart rate is 145 beats per minute.", "fetus"),
        ("mammography", "Scattered fibroglandular densities.", "composition"),
        ("ct_pulmonary_angiogram", "The RV to LV ratio is 1.2.", "heart"),
        ("xr_chest_infant", "The umbilical venous catheter tip is at T8.", "devices"),
        ("mr_prostate", "PI-RADS 4 lesion in the left peripheral zone.", "prostate"),
        ("mr_shoulder", "Full-thickness tear of the supraspinatus tendon.", "cuff"),
        ("xr_spine", "Mild anterolisthesis of L4 on L5.", "vertebrae"),
        ("us_leg_veins", "Acute thrombus in the left popliteal vein.", "deep_veins"),
    ],
)
def test_what_is_usually_said_finds_its_section(template: str, text: str, section: str) -> None:
    report = build_report(ReportInputs(transcripts=(typed(text),), template=template), tables())
    (home,) = (each.id for each in report.sections if each.statements)
    assert home == section
