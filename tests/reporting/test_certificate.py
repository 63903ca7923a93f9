"""The proof must fail for every way in which a report can be wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.prior import PriorReport
from adapter.domain.report import Certificate, Origin, Section, Source, Statement
from adapter.mapping.templates import Template
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.render import sections_text
from adapter.reporting.said import Header
from tests.reporting.tables import heard, tables, written

TEXT = "Impression: Small effusion. Clear lungs."
FORM = tables().templates.get("xr_chest_2v")
AI = AiFinding("a1", "Left nodule.", "m", "1")
ONE = Statement("s1", "Small effusion.", Origin.DICTATED, Source("d-1", (12, 27)))
TWO = Statement("s2", "Clear lungs.", Origin.DICTATED, Source("d-1", (28, 40)))
NORMAL = Statement(
    "t1", "The lungs are clear.", Origin.TEMPLATE, Source(template="lungs.lungs_clear")
)
ACCEPTED = Statement("ai-a1", "Left nodule.", Origin.AI, Source(ai="a1", person="Dr. Grey"))
YES = Decision(DecisionKind.ACCEPT, "a1", person="Dr. Grey")
HEADER = Header(0, 0, 12)


def proof(
    *statements: Statement,
    headers: tuple[Header, ...] = (HEADER,),
    decisions: tuple[Decision, ...] = (YES,),
    text: str | None = None,
    removed: tuple[Statement, ...] = (),
    status: str = "preliminary",
) -> Certificate:
    sections = (Section("lungs", "Lungs", statements),)
    evidence = Evidence((written(TEXT),), headers, FORM, (AI,), decisions, status)
    printed = sections_text(sections) if text is None else text
    return certify(sections, removed, printed, evidence)


def test_a_right_report_is_proved_and_counted() -> None:
    found = proof(ONE, TWO, NORMAL, ACCEPTED)
    assert found == Certificate(ok=True, tokens=10, dictated=4, template=4, ai=2)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ONE, text="Large effusion."),
        replace(ONE, text="small effusion."),
        replace(ONE, source=Source("d-1", (12, 26))),
        replace(ONE, source=Source("d-2", (12, 27))),
        replace(ONE, source=Source()),
        replace(ONE, source=Source("d-1")),
        replace(ONE, origin=Origin.TEMPLATE),
        replace(ONE, origin=Origin.AI),
        replace(ONE, origin=Origin.EDITED, source=Source("d-1", (12, 27), person="Dr. Grey")),
    ],
)
def test_a_dictated_statement_must_be_its_source(wrong: Statement) -> None:
    assert not proof(wrong, TWO).ok


@pytest.mark.parametrize(
    "wrong",
    [
        replace(NORMAL, text="The lungs are clean."),
        replace(NORMAL, source=Source(template="lungs.other")),
        replace(NORMAL, source=Source()),
        replace(ACCEPTED, text="Left mass."),
        replace(ACCEPTED, source=Source(ai="a2", person="Dr. Grey")),
        replace(ACCEPTED, source=Source(ai="a1")),
        replace(ACCEPTED, source=Source(ai="a1", person="Dr. Who")),
    ],
)
def test_what_was_not_dictated_must_be_template_or_accepted(wrong: Statement) -> None:
    assert not proof(ONE, TWO, wrong).ok


def test_lost_repeated_and_overlapping_words_are_found() -> None:
    assert not proof(ONE).ok
    assert not proof(ONE, TWO, TWO).ok
    again = replace(TWO, id="s3")
    assert any("used twice" in problem for problem in proof(ONE, TWO, again).problems)


def test_a_header_must_be_one() -> None:
    assert not proof(TWO, headers=(Header(0, 0, 27),)).ok
    assert not proof(ONE, TWO, headers=()).ok


def test_the_printed_text_must_be_the_sections() -> None:
    right = "LUNGS:\nSmall effusion. Clear lungs."
    assert proof(ONE, TWO, text=right).ok
    assert not proof(ONE, TWO, text=right + " Normal.").ok
    assert not proof(ONE, TWO, text=right.replace("Small ", "")).ok


def test_an_edit_needs_its_decision() -> None:
    edit = Decision(DecisionKind.EDIT, "s1", "No effusion.", "Dr. Grey")
    source = Source("d-1", (12, 27), person="Dr. Grey")
    edited = Statement("s1", "No effusion.", Origin.EDITED, source)
    assert proof(edited, TWO, decisions=(edit,)).ok
    assert not proof(edited, TWO).ok
    assert not proof(replace(edited, text="Other."), TWO, decisions=(edit,)).ok


def test_what_a_person_took_out_is_accounted_for() -> None:
    cut = Decision(DecisionKind.EDIT, "s1", "", "Dr. Grey")
    gone = Statement("s1", "", Origin.EDITED, Source("d-1", (12, 27), person="Dr. Grey"))
    assert proof(TWO, removed=(gone,), decisions=(cut,)).ok
    assert not proof(TWO, removed=(gone,)).ok


LINED = replace(
    FORM,
    table=FORM.table.model_copy(update={"comparison_line": "Compared with {procedure} of {date}."}),
)
PRIOR = PriorReport("Effusion.", "A0", 1, "CT", "20250101")
LINE = Statement(
    "p1",
    "Compared with CT of 2025-01-01.",
    Origin.TEMPLATE,
    Source(template="comparison.prior", prior="A0"),
)


@pytest.mark.parametrize(
    ("line", "prior", "ok"),
    [
        (LINE, PRIOR, True),
        (LINE, None, False),
        (LINE, replace(PRIOR, accession="A1"), False),
        (LINE, replace(PRIOR, date="20250102"), False),
        (replace(LINE, text="Compared with CT."), PRIOR, False),
    ],
)
def test_a_line_of_comparison_must_be_of_the_prior_report(
    line: Statement, prior: PriorReport | None, ok: bool
) -> None:
    sections = (Section("comparison", "Comparison", (line,)),)
    evidence = Evidence((), (), LINED, (), (), "preliminary", prior)
    assert certify(sections, (), sections_text(sections), evidence).ok is ok


def test_what_was_heard_is_not_typed() -> None:
    sections = (Section("lungs", "Lungs", (replace(ONE, origin=Origin.EDITED), TWO)),)
    for transcript, ok in ((None, True), (heard(TEXT), False)):
        spoken = replace(written(TEXT), transcript=transcript)
        evidence = Evidence((spoken,), (HEADER,), FORM, (), (), "preliminary")
        assert certify(sections, (), sections_text(sections), evidence).ok is ok


def test_sections_stand_in_the_order_of_the_template_each_once() -> None:
    lungs, pleura = Section("lungs", "Lungs", (TWO,)), Section("pleura", "Pleura", (ONE,))
    strange = Section("unrouted", "Unrouted", ())

    def problems(*sections: Section) -> tuple[str, ...]:
        evidence = Evidence((written(TEXT),), (HEADER,), FORM, (AI,), (), "preliminary")
        return certify(sections, (), sections_text(sections), evidence).problems

    assert problems(lungs, pleura) == ()
    assert problems(lungs, pleura, strange, replace(strange, id="addendum")) == ()
    assert problems(pleura, lungs) == ("section lungs is not in its place",)
    assert problems(strange, lungs, pleura) == ("section lungs is not in its place",)
    empty = replace(lungs, statements=())
    assert problems(lungs, empty, pleura) == ("section lungs is not in its place",)


def test_in_a_section_what_was_dictated_stands_as_it_was_said() -> None:
    assert proof(TWO, ONE).problems == (
        "section lungs: sentences are not in the order in which they were said",
    )
    assert proof(ONE, NORMAL, TWO).ok


def test_the_problems_tell_where() -> None:
    assert proof(TWO).problems == ("d-1: characters [12, 28) are lost",)
    assert proof(ONE).problems == ("d-1: characters [27, 40) are lost",)
    assert proof(ONE, TWO, headers=()).problems == ("d-1: characters [0, 12) are lost",)
    again = replace(TWO, id="s3")
    assert proof(ONE, TWO, again).problems == ("d-1: characters [28, 40) are used twice",)
    assert "s2: appears 2 times" in proof(ONE, TWO, TWO).problems


def test_an_unreviewed_finding_needs_the_policy_and_an_open_report() -> None:
    inline = replace(FORM, table=FORM.table.model_copy(update={"ai_policy": "inline"}))
    sections = (Section("lungs", "Lungs", (replace(ACCEPTED, source=Source(ai="a1")),)),)

    def ok(form: Template, status: str) -> bool:
        evidence = Evidence((), (), form, (AI,), (), status)
        return certify(sections, (), sections_text(sections), evidence).ok

    assert ok(inline, "draft")
    assert ok(inline, "preliminary")
    assert not ok(inline, "final")
    assert not ok(FORM, "draft")


def test_a_template_sentence_is_not_of_a_prior_report() -> None:
    assert not proof(ONE, TWO, replace(NORMAL, source=replace(NORMAL.source, prior="A0"))).ok


def test_an_edit_is_of_its_target_and_person() -> None:
    source = Source("d-1", (12, 27), person="Dr. Grey")
    edited = Statement("s1", "No effusion.", Origin.EDITED, source)
    right = Decision(DecisionKind.EDIT, "s1", "No effusion.", "Dr. Grey")
    for wrong in (
        replace(right, target="s2"),
        replace(right, person="Dr. Who"),
        replace(right, kind=DecisionKind.ACCEPT),
    ):
        assert not proof(edited, TWO, decisions=(wrong,)).ok
        assert proof(edited, TWO, decisions=(wrong, right)).ok


def test_nothing_of_a_report_signed_elsewhere_is_proved_here() -> None:
    assert not proof(ONE, TWO, replace(NORMAL, origin=Origin.ELSEWHERE)).ok
