"""Recognised words to a proven report; whole reports byte for byte.

`python -m tests.reporting.test_pipeline` writes the golden reports anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, Side
from adapter.domain.people import Patient
from adapter.domain.report import Certificate, Origin, Report
from adapter.errors import NotFound
from adapter.reporting import pipeline
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import plain_text, report_json
from tests.reporting.tables import heard, tables, typed

ROOT = Path(__file__).resolve().parents[2]
AUDIO = ROOT / "adapter" / "demo_data" / "audio"
GOLDEN = ROOT / "tests" / "samples" / "merge" / "golden"
LEFT = AiFinding(
    "ai-1", "Left pneumothorax.", "cxr-net", "2.1", finding="pneumothorax", side=Side.LEFT
)
SDH = AiFinding(
    "ai-1", "Right subdural hematoma 8 mm.", "head-net", "1.0",
    finding="sdh", side=Side.RIGHT, size_mm=(8.0,),
)  # fmt: skip
CASES: dict[str, tuple[str, tuple[AiFinding, ...]]] = {
    "DEMO-CXR-1": ("xr_chest_2v", ()),
    "DEMO-CXR-2": ("xr_chest_2v", (LEFT,)),
    "DEMO-CTH-3": ("ct_head", (SDH,)),
    "DEMO-CTA-4": ("ct_abdomen", ()),
}


def demo(name: str) -> Report:
    template, ai = CASES[name]
    spoken = (AUDIO / f"{name}.txt").read_text(encoding="utf-8")
    return build_report(ReportInputs((heard(spoken),), ai, None, template), tables())


def golden(found: Report) -> str:
    """The report without the template's hash, which changes with every edit of the template."""
    shown = report_json(found)
    del shown["template"]
    body = json.dumps(shown, indent=1, ensure_ascii=False)
    return f"{plain_text(found)}\n---\n{body}\n"


@pytest.mark.parametrize("name", CASES)
def test_a_demonstration_report_is_the_golden_one(name: str) -> None:
    assert golden(demo(name)) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_sides_conflict_and_the_subdural_hematoma_alerts() -> None:
    flags = {(flag.code, flag.severity.value) for flag in demo("DEMO-CXR-2").flags}
    assert ("laterality_conflict", "alert") in flags
    flags = {(flag.code, flag.severity.value) for flag in demo("DEMO-CTH-3").flags}
    assert ("ai_finding_not_dictated", "alert") in flags


def test_a_statement_leads_back_to_the_audio() -> None:
    report = build_report(
        ReportInputs(
            (heard("clear lungs period"), heard("five millimeter nodule period", "d-2")),
            template="generic",
        ),
        tables(),
    )
    one, two = report.sections[0].statements
    assert (one.id, one.text) == ("s1", "Clear lungs.")
    assert (one.source.dictation, one.source.chars) == ("d-1", (0, 12))
    assert (one.source.ms, one.source.confidence) == ((0, 850), 0.988)
    assert (two.id, two.text) == ("s2", "5 mm nodule.")
    assert (two.source.dictation, two.source.chars) == ("d-2", (0, 12))
    assert two.source.ms == (0, 1150)


def test_typed_text_has_no_time() -> None:
    report = build_report(ReportInputs((typed("Clear lungs."),), template="generic"), tables())
    source = report.sections[0].statements[0].source
    assert (source.ms, source.confidence, source.chars) == (None, None, (0, 12))


def test_a_second_dictation_begins_in_free_order() -> None:
    inputs = ReportInputs(
        (typed("Impression: Small effusion."), typed("Clear lungs.", "d-2")),
        template="xr_chest_2v",
    )
    report = build_report(inputs, tables())
    assert [section.id for section in report.sections] == ["lungs", "impression"]


def test_addenda_come_last_and_keep_their_sources() -> None:
    inputs = ReportInputs(
        (typed("Clear lungs. Impression: Normal."),),
        template="xr_chest_2v",
        status="addendum",
        addenda=(heard("addendum colon small left nodule period", "d-2"), "Called at noon."),
    )
    report = build_report(inputs, tables())
    assert report.certificate.ok
    last = report.sections[-1]
    assert (last.id, last.title) == ("addendum", "Addendum")
    spoken, by_hand = last.statements
    assert (spoken.text, spoken.origin) == ("Small left nodule.", Origin.DICTATED)
    assert (spoken.source.dictation, spoken.source.ms) == ("d-2", (600, 1750))
    assert (by_hand.text, by_hand.origin) == ("Called at noon.", Origin.EDITED)


def test_an_addendum_can_be_edited() -> None:
    edit = Decision(DecisionKind.EDIT, "n1", "Called at one.", "Dr. Grey")
    inputs = ReportInputs(
        (), template="generic", decisions=(edit,), status="addendum", addenda=("Called at noon.",)
    )
    report = build_report(inputs, tables())
    assert report.certificate.ok
    assert report.sections[-1].statements[0].source.person == "Dr. Grey"


def test_the_order_chooses_the_template() -> None:
    order = Order(Accession("A1"), Patient(Phi("1")), Code("X", "CT HEAD WO CONTRAST"), "CT")
    assert build_report(ReportInputs((), order=order), tables()).template.id == "ct_head"
    assert build_report(ReportInputs(), tables()).template.id == "generic"


def test_an_unknown_template_is_told() -> None:
    with pytest.raises(NotFound, match="xr_chest_2v"):
        build_report(ReportInputs(template="nothing"), tables())


def test_a_language_without_vocabulary_stays_as_it_was_heard_and_is_told() -> None:
    french = replace(heard("nodule de two point five centimeters period"), language="fr")
    report = build_report(ReportInputs((french,), template="generic"), tables())
    assert "two point five centimeters period" in plain_text(report)
    (flag,) = (each for each in report.flags if each.code == "language_unknown")
    assert "vocabulary/fr.yaml" in flag.message


@pytest.mark.parametrize("language", ["", "en", "de"])
def test_a_language_with_a_vocabulary_or_none_named_is_not_told(language: str) -> None:
    said = replace(heard("No effusion."), language=language)
    report = build_report(ReportInputs((said,), template="generic"), tables())
    assert all(each.code != "language_unknown" for each in report.flags)


def test_when_the_proof_fails_the_dictation_is_delivered_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Certificate(False, 0, 0, 0, 0, problems=("s1: lost",))
    monkeypatch.setattr(pipeline, "certify", lambda *_: broken)
    report = build_report(ReportInputs((typed("Clear lungs."),), template="xr_chest_2v"), tables())
    assert [section.id for section in report.sections] == ["unrouted"]
    assert report.sections[0].statements[0].text == "Clear lungs."
    assert (report.flags[0].code, report.flags[0].severity.value) == ("certificate_failed", "alert")
    assert not report.certificate.ok


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\x01",
        "<script>alert(1)</script>",
        "ﷺ" * 50,
        "a\u2028b",
        "İstanbul. ß",
        "." * 200,
    ],
)
def test_strange_text_loses_nothing(text: str) -> None:
    report = build_report(ReportInputs((typed(text),), template="generic"), tables())
    assert report.certificate.ok


def test_a_megabyte_of_text_loses_nothing() -> None:
    text = "The patient was asked to hold still while the images were made. No nodule. " * 14_000
    report = build_report(ReportInputs((typed(text),), template="xr_chest_2v"), tables())
    assert report.certificate.ok
    assert report.certificate.dictated == len(text.split())


def test_a_text_without_any_end_loses_nothing() -> None:
    report = build_report(ReportInputs((typed("nodule " * 20_000),), template="generic"), tables())
    assert report.certificate.ok


if __name__ == "__main__":
    for each in CASES:
        (GOLDEN / f"{each}.txt").write_text(golden(demo(each)), encoding="utf-8")
