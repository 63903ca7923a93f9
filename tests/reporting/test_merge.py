"""Policies, decisions, suggestions and flags of the merge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.domain.report import Origin, Report, Severity, Statement
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.template_table import SectionRule
from adapter.mapping.templates import Template, Templates
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.reporting.tables import tables, typed

LEFT = AiFinding("a1", "Left pneumothorax.", "m", "1", finding="pneumothorax", side=Side.LEFT)
SDH = AiFinding("a2", "Right subdural hematoma 8 mm.", "m", "1", code="sdh", side=Side.RIGHT)


def with_policies(name: str, **changes: object) -> ReportingTables:
    """The packaged tables, one template changed."""
    forms: list[Template] = [
        replace(each, table=each.table.model_copy(update=changes))
        if each.table.id == name
        else each
        for each in tables().templates
    ]
    return replace(tables(), templates=Templates(forms))


def report(
    text: str,
    *ai: AiFinding,
    template: str = "xr_chest_2v",
    decisions: tuple[Decision, ...] = (),
    status: str = "preliminary",
    of: ReportingTables | None = None,
) -> Report:
    inputs = ReportInputs((typed(text),), ai, None, template, decisions, status)
    found = build_report(inputs, of or tables())
    assert found.certificate.ok, found.certificate.problems
    return found


def by_section(found: Report) -> dict[str, list[str]]:
    return {s.id: [each.text for each in s.statements] for s in found.sections if s.statements}


def texts(found: Report) -> list[str]:
    return [each.text for section in found.sections for each in section.statements]


def statement(found: Report, id: str) -> Statement:
    return next(each for s in found.sections for each in s.statements if each.id == id)


def codes(found: Report) -> list[tuple[str, str]]:
    return [(flag.code, flag.severity.value) for flag in found.flags]


def test_defaults_wait_for_the_macro() -> None:
    quiet = report("Small right pneumothorax.")
    assert by_section(quiet) == {"pleura": ["Small right pneumothorax."]}
    spoken = report("Small right pneumothorax. Otherwise normal.")
    assert by_section(spoken) == {
        "lungs": ["The lungs are clear."],
        "pleura": ["Small right pneumothorax.", "No pleural effusion."],
        "heart": ["The heart size is normal.", "The mediastinal contours are normal."],
        "bones": ["No acute osseous abnormality."],
    }


def test_the_macro_under_a_header_opens_that_section_only() -> None:
    found = report("Pleura: Small right pneumothorax. Otherwise normal.")
    assert by_section(found) == {"pleura": ["Small right pneumothorax.", "No pleural effusion."]}


def test_the_macro_under_the_impression_opens_all() -> None:
    found = report("Impression: Small right pneumothorax. Use normals.")
    assert by_section(found)["lungs"] == ["The lungs are clear."]


@pytest.mark.parametrize(("policy", "expected"), [("always", True), ("off", False)])
def test_policy_of_defaults(policy: str, expected: bool) -> None:
    found = report("Otherwise normal.", of=with_policies("xr_chest_2v", defaults_policy=policy))
    assert ("lungs" in by_section(found)) is expected


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Left pneumothorax.", "No pneumothorax."),
        ("No left pneumothorax.", "No pneumothorax."),
        ("Cannot exclude a pneumothorax.", "No pneumothorax."),
        ("The pneumothorax has resolved.", "No pneumothorax."),
        ("History of pneumothorax.", "No pneumothorax."),
        ("Tension pneumothorax on the left.", "No pneumothorax."),
        ("Blunting of the right costophrenic angle.", "No pleural effusion."),
        ("The lungs are hazy.", "The lungs are clear."),
        ("Calcified granuloma in the left upper lobe.", "The lungs are clear."),
        ("Old rib fractures.", "No acute osseous abnormality."),
        ("The heart is large.", "The heart size is normal."),
    ],
)
def test_a_mention_beats_a_default(text: str, gone: str) -> None:
    found = report(text, of=with_policies("xr_chest_2v", defaults_policy="always"))
    assert gone not in texts(found)
    assert any(flag.default and gone in flag.message for flag in found.flags)


def test_family_history_leaves_defaults() -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    assert (
        by_section(report("Family history of pneumothorax.", of=of))["pleura"][-1]
        == "No pneumothorax."
    )


def test_an_unresolved_finding_withdraws_the_defaults_of_its_section() -> None:
    of = with_policies("ct_abdomen", defaults_policy="always")
    found = report("Liver: There is a 3 cm focus.", template="ct_abdomen", of=of)
    assert by_section(found)["liver"] == ["There is a 3 cm focus."]


def test_a_denial_of_one_side_leaves_the_other_unstated() -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    assert ("other_side_unstated", "warn") in codes(report("No left pneumothorax.", of=of))


def test_ai_suggestion_stays_beside_the_report_with_an_alert_when_critical() -> None:
    found = report("The ventricles are normal in size.", SDH, template="ct_head")
    assert [(each.finding.id, each.state) for each in found.suggestions] == [("a2", "proposed")]
    assert ("ai_finding_not_dictated", "alert") in codes(found)
    assert "Right subdural hematoma 8 mm." not in texts(found)


def test_acceptance_needs_a_named_person() -> None:
    nameless = Decision(DecisionKind.ACCEPT, "a2")
    found = report("No fracture.", SDH, template="ct_head", decisions=(nameless,))
    assert found.suggestions[0].state == "proposed"
    named = Decision(DecisionKind.ACCEPT, "a2", person="Dr. Grey")
    found = report("No fracture.", SDH, template="ct_head", decisions=(named,), status="final")
    accepted = statement(found, "ai-a2")
    assert (accepted.origin, accepted.source.ai, accepted.source.person) == (
        Origin.AI,
        "a2",
        "Dr. Grey",
    )
    assert found.suggestions[0].state == "accepted"
    assert codes(found) == [("impression_missing", "warn"), ("ai_unsupported", "warn")]
    assert found.certificate.ai == 5


def test_rejection_settles_the_flag_and_lets_the_default_stand() -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    assert ("default_withheld_ai", "warn") in codes(report("No effusion.", LEFT, of=of))
    no = Decision(DecisionKind.REJECT, "a1", person="Dr. Grey")
    found = report("No effusion.", LEFT, decisions=(no,), of=of)
    assert found.suggestions[0].state == "rejected"
    assert "No pneumothorax." in by_section(found)["pleura"]
    assert not [flag for flag in found.flags if flag.ai]


def test_the_last_decision_counts() -> None:
    yes = Decision(DecisionKind.ACCEPT, "a1", person="Dr. Grey")
    no = Decision(DecisionKind.REJECT, "a1", person="Dr. Grey")
    assert report("Clear.", LEFT, decisions=(yes, no)).suggestions[0].state == "rejected"
    assert report("Clear.", LEFT, decisions=(no, yes)).suggestions[0].state == "accepted"


def test_inline_policy_marks_unreviewed_findings_until_final() -> None:
    of = with_policies("xr_chest_2v", ai_policy="inline")
    draft = report("Clear lungs.", LEFT, of=of)
    assert statement(draft, "ai-a1").origin is Origin.AI
    assert statement(draft, "ai-a1").source.person is None
    assert "pleura" not in by_section(report("Clear lungs.", LEFT, of=of, status="final"))


@pytest.mark.parametrize("policy", ["shadow", "off"])
def test_shadow_and_off_change_nothing(policy: str) -> None:
    of = with_policies("xr_chest_2v", ai_policy=policy, defaults_policy="always")
    assert report("No effusion.", LEFT, of=of) == report("No effusion.", of=of)


def test_policy_by_ai_source_wins() -> None:
    of = with_policies("xr_chest_2v", ai_sources={"m": "off"})
    assert report("No effusion.", LEFT, of=of).suggestions == ()


def test_edit_keeps_the_source_and_names_the_person() -> None:
    edit = Decision(DecisionKind.EDIT, "s1", "Tiny right pneumothorax.", "Dr. Grey")
    found = report("Small right pneumothorax. No effusion.", decisions=(edit,))
    edited = statement(found, "s1")
    assert (edited.text, edited.origin) == ("Tiny right pneumothorax.", Origin.EDITED)
    assert (edited.source.chars, edited.source.person) == ((0, 25), "Dr. Grey")
    assert found.certificate.edited == 3


def test_an_edit_without_a_person_changes_nothing() -> None:
    edit = Decision(DecisionKind.EDIT, "s1", "Tiny.")
    assert statement(report("Small nodule.", decisions=(edit,)), "s1").text == "Small nodule."


def test_an_empty_edit_takes_the_statement_out_and_says_so() -> None:
    edit = Decision(DecisionKind.EDIT, "s1", "", "Dr. Grey")
    found = report("Small right pneumothorax. No effusion.", decisions=(edit,))
    assert by_section(found) == {"pleura": ["No effusion."]}
    assert ("statement_removed", "info") in codes(found)


def test_an_edited_ai_finding_enters_as_edited() -> None:
    edit = Decision(DecisionKind.EDIT, "a1", "Tiny left pneumothorax.", "Dr. Grey")
    found = statement(report("Clear lungs.", LEFT, decisions=(edit,)), "ai-a1")
    assert (found.origin, found.source.ai, found.source.person) == (Origin.EDITED, "a1", "Dr. Grey")


def test_a_template_statement_can_be_edited() -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    id = next(s.id for sec in report("", of=of).sections for s in sec.statements)
    edit = Decision(DecisionKind.EDIT, id, "The lungs are clear today.", "Dr. Grey")
    found = statement(report("", decisions=(edit,), of=of), id)
    assert (found.origin, found.source.template) == (Origin.EDITED, "lungs.lungs_clear")


@pytest.mark.parametrize(
    ("text", "ai", "flag"),
    [
        ("No pneumothorax.", LEFT, ("negation_conflict", "alert")),
        ("Right pneumothorax.", LEFT, ("laterality_conflict", "alert")),
        ("Right pneumothorax. Impression: Pneumothorax.", LEFT, ("laterality_conflict", "alert")),
        ("Pneumothorax.", LEFT, ("laterality_not_dictated", "info")),
        ("Bilateral pneumothoraces.", LEFT, ("laterality_conflict", "warn")),
        ("Possible left pneumothorax.", LEFT, ("certainty_conflict", "info")),
        ("No right pneumothorax.", LEFT, ("ai_finding_not_dictated", "alert")),
        (
            "Right nodule 8 mm.",
            AiFinding("a", "Nodule.", "m", "1", finding="lung_nodule", size_mm=(10.1,)),
            ("size_conflict", "warn"),
        ),
        (
            "Left pneumothorax.",
            replace(LEFT, present=False, text="No left pneumothorax."),
            ("negation_conflict", "warn"),
        ),
        (
            "The lungs are clear.",
            AiFinding("a", "Right nodule.", "m", "1", finding="lung_nodule"),
            ("negation_conflict", "warn"),
        ),
    ],
)
def test_flags_between_dictation_and_ai(text: str, ai: AiFinding, flag: tuple[str, str]) -> None:
    assert flag in codes(report(text, ai))


@pytest.mark.parametrize(
    ("ours", "theirs", "flagged"),
    [(8, 10, False), (8, 10.1, True), (30, 36, False), (30, 37, True)],
)
def test_size_tolerance(ours: float, theirs: float, flagged: bool) -> None:
    ai = AiFinding("a", "Nodule.", "m", "1", finding="lung_nodule", size_mm=(theirs,))
    found = report(f"Nodule of {ours} mm in the right lung.", ai)
    assert (("size_conflict", "warn") in codes(found)) is flagged


def test_agreement_is_told() -> None:
    found = report("Small left pneumothorax.", LEFT)
    assert found.suggestions[0].state == "agreed"
    assert not [flag for flag in found.flags if flag.ai]


def test_a_narrower_dictated_finding_agrees_with_a_wider_ai_finding() -> None:
    ai = AiFinding("a", "Opacity.", "m", "1", code="Lung Opacity", side=Side.LEFT)
    assert report("Left lower lobe pneumonia.", ai).suggestions[0].state == "agreed"


def test_a_narrower_denial_is_no_conflict_with_a_wider_ai_finding() -> None:
    ai = AiFinding("a", "Opacity.", "m", "1", finding="opacity")
    assert ("negation_conflict", "alert") not in codes(report("No pneumonia.", ai))


def test_ai_finding_known_by_its_text_alone() -> None:
    ai = AiFinding("a", "Small left pneumothorax, 12 mm.", "m", "1")
    assert ("laterality_conflict", "alert") in codes(report("Right pneumothorax.", ai))


@pytest.mark.parametrize(
    ("text", "contradicts"),
    [
        ("No left effusion. Small left effusion.", True),
        ("No left effusion. Small right effusion.", False),
        ("No acute fracture. Old rib fracture.", False),
        ("No nodule. Possible nodule in the right lung.", False),
        ("The lungs are clear. Right lower lobe pneumonia.", True),
        ("The right lung is clear. Left lower lobe pneumonia.", False),
        ("No fracture. Right rib fracture.", True),
        ("No rib fracture. Clavicle fracture.", False),
    ],
)
def test_dictation_against_itself(text: str, contradicts: bool) -> None:
    assert (("dictation_self_contradiction", "warn") in codes(report(text))) is contradicts


@pytest.mark.parametrize(
    ("text", "critical"),
    [
        ("Left pneumothorax.", True),
        ("Possible left pneumothorax.", True),
        ("No pneumothorax.", False),
        ("History of pneumothorax.", False),
        ("Old infarct in the left frontal lobe.", False),
    ],
)
def test_critical_findings_are_told(text: str, critical: bool) -> None:
    assert (("critical_finding", "warn") in codes(report(text))) is critical


def test_no_flag_of_a_plain_normal_report_is_an_alert() -> None:
    found = report("The lungs are clear. No effusion or pneumothorax. Impression: Normal.")
    assert not [flag for flag in found.flags if flag.severity is Severity.ALERT]


@pytest.mark.parametrize(("said", "other"), [("left", "right"), ("right", "left")])
def test_the_side_that_nobody_spoke_of_is_named(said: str, other: str) -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    found = report(f"No {said} pleural effusion.", of=of)
    (flag,) = (each for each in found.flags if each.code == "other_side_unstated")
    assert f"nothing is said of the {other}" in flag.message


def test_what_the_ai_does_not_see_withholds_no_default() -> None:
    of = with_policies("xr_chest_2v", defaults_policy="always")
    absent = AiFinding("a1", "No nodule.", "m", "1", finding="pneumothorax", present=False)
    assert texts(report("The heart is normal.", absent, of=of)) == texts(
        report("The heart is normal.", of=of)
    )
    assert "default_withheld_ai" in dict(codes(report("The heart is normal.", LEFT, of=of)))


def test_an_accepted_finding_without_a_place_is_for_review() -> None:
    strange = AiFinding("a9", "Score 0.8 somewhere.", "m", "1")
    yes = Decision(DecisionKind.ACCEPT, "a9", person="Dr. Grey")
    of = with_policies("xr_chest_2v", sections=_placed())
    found = report("The heart is normal.", strange, decisions=(yes,), of=of)
    assert by_section(found)["unrouted"] == ["Score 0.8 somewhere."]


def _placed() -> tuple[SectionRule, ...]:
    """Sections without one for what has no place."""
    form = tables().templates.get("xr_chest_2v")
    return tuple(each for each in form.table.sections if "general" not in each.organs)


def test_a_sentence_of_two_sections_stays_whole_and_says_so() -> None:
    found = report("Left pleural effusion and moderate cardiomegaly.")
    (flag,) = (each for each in found.flags if each.code == "spans_sections")
    assert (flag.severity, flag.statement) == (Severity.INFO, "s1")
    assert texts(found) == ["Left pleural effusion and moderate cardiomegaly."]
    assert "unrouted" not in dict(codes(found))
