"""What became of AI findings in a signed report, and what the models missed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.ai_ledger import Fate, How, Judgement
from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import SHARED, AiFinding
from adapter.domain.order import Side
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.reporting.ai_fates import ModelVersion, judge, labels
from tests.reporting.tables import tables

LEXICON = tables().lexicon
PNEUMOTHORAX = AiFinding("a1", "Left pneumothorax.", "m", "1", finding="pneumothorax")
NODULE = AiFinding("a2", "Nodule of 8 mm in the right upper lobe.", "m", "1")
NO_EFFUSION = AiFinding("a3", "No pleural effusion.", "m", "1", present=False)


def signed(
    *sentences: str | Statement, section: str = "lungs", origin: Origin = Origin.DICTATED
) -> Report:
    """A final report of these sentences."""
    statements = tuple(
        each if isinstance(each, Statement) else Statement(f"s{n}", each, origin, Source())
        for n, each in enumerate(sentences, 1)
    )
    proof = Certificate(True, 0, 0, 0, 0)
    parts = (Section(section, section, statements),)
    return Report(TemplateRef("generic", 1, ""), "final", parts, (), (), proof)


def from_ai(finding: AiFinding, text: str = "") -> Statement:
    """The finding as it stands in the report, edited where there is a text."""
    origin = Origin.EDITED if text else Origin.AI
    return Statement(f"ai-{finding.id}", text or finding.text, origin, Source(ai=finding.id))


def decided(kind: DecisionKind, finding: AiFinding = PNEUMOTHORAX, text: str = "") -> Decision:
    return Decision(kind, finding.id, text, "Dr. Grey")


def fates(
    report: Report,
    *findings: AiFinding,
    decisions: tuple[Decision, ...] = (),
    seen: dict[ModelVersion, frozenset[str]] | None = None,
) -> dict[str, tuple[str, str | None]]:
    """Id -> fate and how."""
    judged = judge(findings, decisions, report, seen or {}, LEXICON)
    return {each.id: (each.fate.value, each.how and each.how.value) for each in judged}


def only(report: Report, finding: AiFinding = PNEUMOTHORAX, *made: Decision) -> object:
    return fates(report, finding, decisions=made)[finding.id]


@pytest.mark.parametrize(
    ("said", "finding", "fate"),
    [
        ("Small left pneumothorax.", PNEUMOTHORAX, ("agreed", None)),
        ("Small pneumothorax.", PNEUMOTHORAX, ("agreed", None)),  # says less
        ("No pneumothorax.", PNEUMOTHORAX, ("contradicted", "negation")),
        ("The pleura is normal.", PNEUMOTHORAX, ("contradicted", "negation")),
        ("Right pneumothorax.", PNEUMOTHORAX, ("contradicted", "side")),
        ("Bilateral pneumothorax.", PNEUMOTHORAX, ("agreed", None)),
        ("Left pneumothorax.", replace(PNEUMOTHORAX, side=Side.BILATERAL),
         ("contradicted", "side")),
        ("Possible left pneumothorax.", PNEUMOTHORAX, ("contradicted", "certainty")),
        ("Possible left pneumothorax.", replace(PNEUMOTHORAX, text="Possible left pneumothorax."),
         ("agreed", None)),
        ("The heart is normal.", PNEUMOTHORAX, ("ignored", None)),
        ("9 mm nodule in the right upper lobe.", NODULE, ("agreed", None)),
        ("14 mm nodule in the right upper lobe.", NODULE, ("contradicted", "size")),
        ("Disc bulge at L5-S1.", AiFinding("a1", "Disc bulge at L4-L5.", "m", "1"),
         ("contradicted", "level")),
        ("No pleural effusion.", NO_EFFUSION, ("agreed", None)),
        ("Small left pleural effusion.", NO_EFFUSION, ("contradicted", "negation")),
        ("The heart is normal.", NO_EFFUSION, ("ignored", None)),
    ],
)  # fmt: skip
def test_without_a_decision_the_report_speaks(
    said: str, finding: AiFinding, fate: tuple[str, str | None]
) -> None:
    assert only(signed(said), finding) == fate
    assert only(signed(said, origin=Origin.ELSEWHERE), finding) == fate


def test_an_accepted_sentence_is_no_agreement_of_the_report() -> None:
    accepted = decided(DecisionKind.ACCEPT)
    assert only(signed(from_ai(PNEUMOTHORAX)), PNEUMOTHORAX, accepted) == ("accepted", None)
    two = replace(PNEUMOTHORAX, id="b1", model="other")
    found = fates(signed(from_ai(PNEUMOTHORAX)), PNEUMOTHORAX, two, decisions=(accepted,))
    assert found["b1"] == ("ignored", None)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Small apical left pneumothorax.", None),
        ("Right pneumothorax.", "side"),
        ("No pneumothorax.", "negation"),
        ("Possible left pneumothorax.", "certainty"),
        ("Left pleural effusion.", "finding"),
    ],
)
def test_an_edit_is_told_with_what_it_changed(text: str, how: str | None) -> None:
    made = decided(DecisionKind.EDIT, text=text)
    assert only(signed(from_ai(PNEUMOTHORAX, text)), PNEUMOTHORAX, made) == ("edited", how)


def test_what_was_turned_down_or_taken_out_again_is_rejected() -> None:
    no = decided(DecisionKind.REJECT)
    assert only(signed("The heart is normal."), PNEUMOTHORAX, no) == ("rejected", None)
    assert only(signed("No pneumothorax."), PNEUMOTHORAX, no) == ("rejected", "negation")
    emptied = decided(DecisionKind.EDIT)
    assert only(signed("The heart is normal."), PNEUMOTHORAX, emptied) == ("rejected", None)


def test_a_sentence_turned_down_because_it_stands_there_already_is_agreed() -> None:
    no = decided(DecisionKind.REJECT)
    assert only(signed("Left pneumothorax."), PNEUMOTHORAX, no) == ("agreed", None)


def test_a_text_signed_elsewhere_is_held_against_what_was_accepted_here() -> None:
    yes = decided(DecisionKind.ACCEPT)

    def there(said: str) -> object:
        return only(signed(said, origin=Origin.ELSEWHERE), PNEUMOTHORAX, yes)

    assert there("Left pneumothorax.") == ("accepted", None)
    assert there("No pneumothorax.") == ("contradicted", "negation")
    assert there("The heart is normal.") == ("ignored", None)


def test_the_question_of_the_order_is_no_finding_of_the_report() -> None:
    asked = signed("Left pneumothorax?", "Left pneumothorax.", section="indication")
    assert fates(asked, PNEUMOTHORAX, NODULE) == {"a1": ("ignored", None), "a2": ("ignored", None)}


SEEN = {("m", "1"): frozenset({"pneumothorax", "fracture"})}


@pytest.mark.parametrize(
    ("said", "missed"),
    [
        ("Left pneumothorax.", ["missed:pneumothorax"]),
        ("Left pneumothorax. Tension pneumothorax.", ["missed:tension_pneumothorax"]),
        ("Acute rib fracture.", ["missed:rib_fracture"]),  # a kind of what it tells
        ("Cardiomegaly.", []),  # never told by it
        ("No pneumothorax.", []),
        ("Possible pneumothorax.", []),
        ("The pneumothorax has resolved.", []),
        ("History of pneumothorax.", []),
        ("8 mm nodule in the right upper lobe.", []),  # told
        ("14 mm nodule in the left upper lobe.", []),  # told otherwise: contradicted
    ],
)
def test_a_model_misses_what_it_has_told_in_other_studies(said: str, missed: list[str]) -> None:
    found = fates(signed(said), NODULE, seen=SEEN)
    assert [name for name in found if name.startswith("missed:")] == missed


def test_what_it_told_to_be_absent_is_contradicted_and_not_missed_again() -> None:
    seen = {("m", "1"): frozenset({"pleural_effusion"})}
    found = fates(signed("Left pleural effusion."), NO_EFFUSION, seen=seen)
    assert found == {"a3": ("contradicted", "negation")}


def test_a_model_that_told_nothing_about_the_study_misses_nothing() -> None:
    other = {("other", "1"): frozenset({"pneumothorax"})}
    assert "missed:pneumothorax" not in fates(signed("Left pneumothorax."), NODULE, seen=other)


def test_an_accepted_sentence_of_one_model_shows_no_miss_of_another() -> None:
    other = replace(NODULE, model="other")
    yes = (decided(DecisionKind.ACCEPT),)
    found = fates(signed(from_ai(PNEUMOTHORAX)), PNEUMOTHORAX, other, decisions=yes,
                  seen={("other", "1"): frozenset({"pneumothorax"})})  # fmt: skip
    assert not any(name.startswith("missed:") for name in found)


def test_what_people_share_is_no_finding_of_a_model() -> None:
    assert fates(signed("x"), replace(PNEUMOTHORAX, model=f"{SHARED}viewer")) == {}


def test_labels_are_what_was_told() -> None:
    judged = judge((PNEUMOTHORAX, NO_EFFUSION), (), signed("Acute rib fracture."), SEEN, LEXICON)
    assert labels(judged) == {("m", "1"): frozenset({"pneumothorax", "pleural_effusion"})}


@pytest.mark.parametrize(
    ("present", "fate", "how", "marks"),
    [
        (True, Fate.AGREED, None, "concordant settled positive confirmed"),
        (True, Fate.ACCEPTED, None, "concordant settled positive confirmed"),
        (True, Fate.EDITED, None, "concordant settled positive confirmed"),
        (True, Fate.EDITED, How.SIZE, "settled positive confirmed"),
        (True, Fate.EDITED, How.FINDING, "settled positive"),
        (True, Fate.CONTRADICTED, How.CERTAINTY, "settled positive confirmed"),
        (True, Fate.CONTRADICTED, How.SIDE, "settled positive"),
        (True, Fate.REJECTED, None, "settled positive"),
        (True, Fate.IGNORED, None, "settled positive"),
        (True, Fate.MISSED, None, "settled miss"),
        (False, Fate.AGREED, None, "concordant settled"),
        (False, Fate.CONTRADICTED, How.NEGATION, "settled miss"),
        (False, Fate.IGNORED, None, ""),
    ],
)
def test_what_a_fate_counts_for(present: bool, fate: Fate, how: How | None, marks: str) -> None:
    made = Judgement("a", "m", "1", "pneumothorax", present, fate, how)
    names = ("concordant", "settled", "positive", "confirmed", "miss")
    assert [name for name in names if getattr(made, name)] == marks.split()


def test_silence_about_what_the_lexicon_cannot_read_settles_nothing() -> None:
    assert not Judgement("a", "m", "1", "", True, Fate.IGNORED).settled


SENTENCES = st.lists(
    st.sampled_from(
        ["Left pneumothorax.", "No pneumothorax.", "Right pneumothorax.", "The heart is normal.",
         "8 mm nodule in the right upper lobe.", "Possible left pleural effusion.", "…"]
    ),
    max_size=5,
)  # fmt: skip
KINDS = st.lists(st.sampled_from((DecisionKind.ACCEPT, DecisionKind.REJECT)), max_size=2)


@given(SENTENCES, KINDS)
def test_each_finding_has_one_fate_whatever_its_order(
    said: list[str], kinds: list[DecisionKind]
) -> None:
    made = tuple(decided(kind) for kind in kinds)
    there = (PNEUMOTHORAX, NODULE, NO_EFFUSION)
    one = judge(there, made, signed(*said), SEEN, LEXICON)
    other = judge(there[::-1], made, signed(*said), SEEN, LEXICON)
    assert len({each.id for each in one}) == len(one) >= 3
    assert set(one) == set(other)
    assert all(each.settled for each in one if each.concordant or each.confirmed or each.miss)
