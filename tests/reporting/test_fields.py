"""Fields: dictated values in lines of the template, each with its own source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.report import Origin, Section, Statement
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import html, report_json, sections_text
from adapter.reporting.said import Header
from tests.reporting.fields import (
    codes,
    field,
    filled,
    form_tables,
    printed,
    read_form,
    statements,
    value,
)
from tests.reporting.tables import heard, written


def edit(target: str, text: str, person: str = "Dr. Grey") -> Decision:
    return Decision(DecisionKind.EDIT, target, text, person)


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        ("Prostate volume: 45 mL.", "prostate.volume", "Prostate volume: 45 mL."),
        ("Gland volume: 45 cc.", "prostate.volume", "Prostate volume: 45 cc."),
        ("PROSTATE VOLUME = 45 mL", "prostate.volume", "Prostate volume: 45 mL."),
        ("Gland size: 4.2 x 3 x 5.1 cm.", "prostate.size", "The gland measures 4.2 x 3 x 5.1 cm."),
        ("PI-RADS: 4.", "prostate.category", "Overall PI-RADS 4."),
        ("PI-RADS: four.", "prostate.category", "Overall PI-RADS 4."),
        ("Pi rads: PI-RADS 4.", "prostate.category", "Overall PI-RADS 4."),
        ("Coil: endorectal.", "prostate.coil", "A endorectal coil was used."),
        ("Clinical history next field November 3, 2025.", "history.prior", None),
    ],
)
def test_a_value_behind_its_label_stands_in_its_line(
    said: str, name: str, expected: str | None
) -> None:
    report = filled(said)
    if expected is None:
        assert field(report, name).state == "empty"
        return
    assert printed(report) == [expected]
    assert (field(report, name).state, field(report, name).statement) == (
        "filled",
        statements(report)[0].id,
    )


def test_fields_are_gone_through_by_voice() -> None:
    report = filled("next field pain next field next field 45 mL next field 4 x 3 x 2 cm")
    assert printed(report) == [
        "History: Pain; compared with [Comparison date].",
        "Prostate volume: 45 mL.",
        "The gland measures 4 x 3 x 2 cm.",
    ]
    assert "template_remnant" in codes(report)


def test_the_field_before_is_reached_and_the_last_value_counts() -> None:
    report = filled("go to prostate next field 45 mL next field 4 cm previous field 50 mL")
    assert printed(report) == ["Prostate volume: 50 mL.", "The gland measures 4 cm.", "45 mL"]
    assert "field_given_twice" in codes(report)


def test_a_list_number_is_the_value_of_a_field() -> None:
    report = filled("go to prostate next field 45 mL next field next field four. No lesion.")
    assert "Overall PI-RADS 4." in printed(report)
    assert "No lesion." in printed(report)


def test_only_a_text_goes_on_behind_its_first_sentence() -> None:
    report = filled("next field Pain. Two days. Fever. next field next field 45 mL. No lesion.")
    assert printed(report)[0] == "History: Pain. 2 days. Fever; compared with [Comparison date]."
    assert printed(report)[1:] == ["Prostate volume: 45 mL.", "No lesion."]


def test_a_sentence_of_its_own_stays_as_it_was_said_and_gives_the_value() -> None:
    report = filled("The patient was well. Prostate volume is 45 mL. PI-RADS 4.")
    assert "Prostate volume is 45 mL." in printed(report)
    assert "PI-RADS 4." in printed(report)
    assert all(each.origin is Origin.DICTATED for each in statements(report))
    assert field(report, "prostate.volume").value == "45 mL"
    assert field(report, "prostate.category").state == "filled"


def test_a_field_spoken_of_in_free_words_is_stated_not_missing() -> None:
    report = filled("Overall impression of the gland volume is that it is large.")
    assert field(report, "prostate.volume").state == "stated"
    assert "field_missing" not in codes(report)


def test_a_required_field_without_value_is_missing() -> None:
    report = filled("No lesion.")
    assert field(report, "prostate.volume").state == "empty"
    assert "field_missing" in codes(report)
    assert not any("volume" in text for text in printed(report))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Prostate volume: Huge.", "prostate.volume"),
        ("Prostate volume: 45 ng/mL.", "prostate.volume"),
        ("Prostate volume: 45 mL x 3 mL.", "prostate.volume"),
        ("PI-RADS: 7.", "prostate.category"),
        ("Comparison date: February 31, 2025.", "history.prior"),
    ],
)
def test_what_does_not_fit_stays_as_dictated(said: str, name: str) -> None:
    report = filled(said)
    (statement,) = statements(report)
    assert (statement.text, statement.origin) == (said, Origin.DICTATED)
    assert field(report, name).state == "unfit"
    assert "field_unfit" in codes(report)


@pytest.mark.parametrize("said", ["900 mL", "2 mL", "0.9 L"])
def test_an_implausible_value_stands_and_is_flagged(said: str) -> None:
    report = filled(f"Prostate volume: {said}.")
    assert printed(report) == [f"Prostate volume: {said}."]
    assert "field_implausible" in codes(report)


def test_a_number_without_unit_gets_that_of_the_template() -> None:
    report = filled("Prostate volume: 45.")
    assert printed(report) == ["Prostate volume: 45 mL."]
    assert "field_unit_assumed" in codes(report)
    assert [part.origin for part in statements(report)[0].parts] == [
        Origin.TEMPLATE, Origin.DICTATED, Origin.TEMPLATE, Origin.TEMPLATE,
    ]  # fmt: skip


def test_a_label_under_another_header_fills_nothing() -> None:
    report = filled("Impression: Prostate volume: 45 mL.")
    assert printed(report) == ["Prostate volume: 45 mL."]
    assert field(report, "prostate.volume").state == "stated"


def test_a_default_enters_with_the_normals_and_yields_to_any_mention() -> None:
    assert "A body coil was used." in printed(filled("Otherwise normal."))
    assert printed(filled("")) == []
    assert "A body coil was used." not in printed(filled("An old coil. Otherwise normal."))


def test_a_value_withdraws_the_default_that_it_speaks_of() -> None:
    body = "No suspicious prostate lesion."
    assert body in printed(filled("Otherwise normal."))
    assert body in printed(filled("PI-RADS: 4.\nOtherwise normal."))
    report = filled("Clinical history: prostate lesion.\nOtherwise normal.")
    assert body not in printed(report)


def test_an_edit_of_a_field_is_in_its_line_with_the_person() -> None:
    report = filled("Prostate volume: 45 mL.", edit("prostate.volume", "50 mL"))
    assert printed(report) == ["Prostate volume: 50 mL."]
    part = value(report, "prostate.volume")
    assert (part.origin, part.source.person) == (Origin.EDITED, "Dr. Grey")
    assert part.source.chars == (17, 22)
    assert report.certificate.edited == 2


def test_an_edit_fills_a_field_that_nobody_dictated() -> None:
    report = filled("", edit("prostate.category", "PI-RADS 1"))
    assert printed(report) == ["Overall PI-RADS 1."]


def test_an_edit_takes_the_place_of_a_sentence() -> None:
    report = filled("Prostate volume is 45 mL.", edit("prostate.volume", "50 mL"))
    assert printed(report) == ["Prostate volume: 50 mL."]


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_edit_to_nothing_takes_the_value_out(nothing: str) -> None:
    report = filled("Prostate volume: 45 mL.", edit("prostate.volume", nothing))
    assert printed(report) == []
    assert {"statement_removed", "field_missing"} <= codes(report)


def test_an_edit_without_a_person_changes_nothing() -> None:
    report = filled("Prostate volume: 45 mL.", edit("prostate.volume", "50 mL", ""))
    assert printed(report) == ["Prostate volume: 45 mL."]


def test_an_edit_that_does_not_fit_is_flagged() -> None:
    report = filled("", edit("prostate.volume", "large"))
    assert printed(report) == ["Prostate volume: large."]
    assert "field_unfit" in codes(report)


def test_the_line_as_a_whole_can_be_edited() -> None:
    report = filled("Prostate volume: 45 mL.", edit("f2", "The gland is small."))
    assert [(each.text, each.origin) for each in statements(report)] == [
        ("The gland is small.", Origin.EDITED)
    ]


def test_both_origins_are_shown_down_to_the_audio() -> None:
    inputs = ReportInputs((heard("prostate volume colon 45 mL period"),), template="form")
    report = build_report(inputs, form_tables())
    (line,) = (s for section in report_json(report)["sections"] for s in section["statements"])
    assert (line["origin"], line["source"]) == ("template", {"template": "prostate.volume_line"})
    words, dictated, mark = line["parts"]
    assert (words["text"], words["origin"], words["chars"]) == (
        "Prostate volume: ",
        "template",
        [0, 17],
    )
    assert (dictated["text"], dictated["field"]) == ("45 mL", "prostate.volume")
    assert dictated["source"]["chars"] == [17, 22]
    assert dictated["source"]["ms"] == [900, 1450]
    assert mark["text"] == "."
    assert (report.certificate.dictated, report.certificate.template) == (2, 2)
    assert '<span data-origin="dictated">45 mL</span>' in html(report)


def test_the_sides_and_sizes_of_a_value_are_facts() -> None:
    (line,) = statements(filled("Clinical history: 3 cm prostate lesion on the left."))
    assert [fact.finding for fact in line.facts] == ["prostate_lesion"]


def test_a_field_of_another_template_is_told_as_not_done() -> None:
    assert "command_not_done" in codes(filled("go to comparison no lesion"))


@pytest.mark.parametrize(
    "forge",
    [
        lambda line: replace(line, text="Prostate volume: 54 mL."),
        lambda line: with_part(line, 1, text="54 mL"),
        lambda line: with_part(line, 0, text="Rectal volume: "),
        lambda line: with_part(line, 1, origin=Origin.TEMPLATE),
        lambda line: with_part(line, 1, field="prostate.size"),
        lambda line: replace(line, text="Prostate volume: 45 mL", parts=line.parts[:2]),
        lambda line: replace(
            line, text="Prostate volume: 45 mL..", parts=(*line.parts, line.parts[-1])
        ),
    ],
)
def test_a_forged_line_fails_the_proof(forge) -> None:  # type: ignore[no-untyped-def]
    text = "Prostate volume: 45 mL."
    (line,) = statements(filled(text))

    def proof(one: Statement) -> bool:
        sections = (Section("prostate", "Prostate", (one,)),)
        headers = (Header(0, 0, 17, "prostate.volume"), Header(0, 22, 23, "prostate.volume"))
        evidence = Evidence((written(text),), headers, read_form(), (), (), "draft")
        return certify(sections, (), sections_text(sections), evidence).ok

    assert proof(line)
    assert not proof(forge(line))


def with_part(line: Statement, number: int, **changes: object) -> Statement:
    parts = list(line.parts)
    parts[number] = replace(parts[number], **changes)  # type: ignore[arg-type]
    return replace(line, text="".join(part.text for part in parts), parts=tuple(parts))


def test_words_cannot_be_hidden_as_the_name_of_a_field() -> None:
    text = "No big lesion 45 mL."
    evidence = Evidence(
        (written(text),), (Header(0, 0, 20, "prostate.volume"),), read_form(), (), (), "draft"
    )
    assert not certify((), (), "", evidence).ok


@pytest.mark.parametrize(
    "said",
    [
        "go to field prostate volume 45 mL",
        "go to field prostate volume forty five milliliters next field",
        "go to the field gland volume. 45 mL.",
        "no lesion go to field Prostate volume 45 mL",
    ],
)
def test_a_field_is_gone_to_by_its_name(said: str) -> None:
    assert "Prostate volume: 45 mL." in printed(filled(said))


def test_a_field_that_no_template_has_stays_text() -> None:
    assert "moon" in " ".join(printed(filled("go to field moon phase 45 mL")))


def test_a_command_ends_a_long_sentence_without_a_mark() -> None:
    long = "there is no suspicious lesion in the peripheral zone or in the transition zone of it"
    report = filled(f"{long} go to field prostate volume 45 mL")
    assert printed(report)[0] == "Prostate volume: 45 mL."


@pytest.mark.parametrize("end", ["", " next field", " period"])
def test_a_small_number_alone_in_a_field_is_a_figure(end: str) -> None:
    report = filled(f"go to field prostate volume nine{end}")
    assert "Prostate volume: 9 mL." in printed(report)
    assert "Nine nodules." in printed(filled("go to prostate nine nodules period"))


@pytest.mark.parametrize("digits", ["9" * 6_000, "¹", "³²", "٣"])
@pytest.mark.parametrize("frame", ["Prostate volume: {} mL.", "{} nodules.", "next field {}", "{}"])
def test_strange_and_endless_digits_are_words(digits: str, frame: str) -> None:
    filled(frame.format(digits))
