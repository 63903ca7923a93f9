"""Whatever is changed in a proved report, the proof fails: tokens, sources, order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.prior import PriorReport
from adapter.domain.report import Certificate, Origin, Section, Source, Statement
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.merge import merge
from adapter.reporting.render import sections_text
from adapter.reporting.said import listen
from adapter.reporting.verdicts import Verdicts
from tests.properties import examples
from tests.properties.test_merge import TEMPLATES, ai_findings, dictated, dictations, form
from tests.reporting.tables import tables

PRIOR = PriorReport("FINDINGS: Effusion.", "A0", 1, "CT", "20250101")


class Proved(NamedTuple):
    """Sections with all that they may be made of."""

    sections: tuple[Section, ...]
    evidence: Evidence
    text: str

    def proof(self, sections: tuple[Section, ...], text: str | None = None) -> Certificate:
        """The certificate of other sections, printed anew, or of another print."""
        return certify(
            sections, (), sections_text(sections) if text is None else text, self.evidence
        )

    @property
    def statements(self) -> list[tuple[int, int, Statement]]:
        """Each with the place of its section and its own."""
        return [
            (at, number, each)
            for at, section in enumerate(self.sections)
            for number, each in enumerate(section.statements)
        ]

    def but(self, at: int, number: int, *statements: Statement) -> tuple[Section, ...]:
        """With others in the place of one statement."""
        section = self.sections[at]
        kept = section.statements
        changed = replace(section, statements=(*kept[:number], *statements, *kept[number + 1 :]))
        return (*self.sections[:at], changed, *self.sections[at + 1 :])


@st.composite
def proved(draw: st.DrawFn) -> Proved:
    """A report with defaults, accepted AI findings and a line of comparison, where they come."""
    text, ai = draw(dictations), draw(ai_findings())
    base = form(draw(st.sampled_from(TEMPLATES)))
    line = {"comparison_line": "Compared with {procedure} of {date}."}
    template = replace(base, table=base.table.model_copy(update=line))
    chosen = tuple(Decision(DecisionKind.ACCEPT, each.id, "", "Dr. Grey") for each in ai[::2])
    spoken, lexicon = dictated(text), tables().lexicon
    said = listen(spoken, template, lexicon)
    made = merge(spoken, said, ai, template, lexicon, Verdicts(chosen), "final", PRIOR)
    evidence = Evidence(spoken, said.headers, template, ai, chosen, "final", PRIOR)
    assume(any(section.statements for section in made.sections))
    return Proved(made.sections, evidence, sections_text(made.sections))


@given(proved())
@examples(50)
def test_it_is_proved_as_it_was_made(report: Proved) -> None:
    assert report.proof(report.sections).ok


def _tokens(text: str) -> Iterator[str]:
    """The text with a word less, a word more, another word, or words in another order."""
    words = text.split()
    yield " ".join(words[:-1])
    yield f"{text} left"
    yield " ".join((*words[:-1], words[-1] + "x"))
    if words != words[::-1]:
        yield " ".join(words[::-1])


@given(proved(), st.data())
@examples(75)
def test_another_token_is_found(report: Proved, data: st.DataObject) -> None:
    at, number, statement = data.draw(st.sampled_from(report.statements))
    text = data.draw(st.sampled_from(list(_tokens(statement.text))))
    assert not report.proof(report.but(at, number, replace(statement, text=text, parts=()))).ok
    changed = report.text.replace(statement.text, text, 1)
    assert not report.proof(report.sections, changed).ok


_SOURCES: dict[Origin, tuple[Callable[[Source], Source], ...]] = {
    Origin.DICTATED: (
        lambda s: replace(s, dictation="d-9"),
        lambda s: replace(s, dictation=None),
        lambda s: replace(s, chars=None),
        lambda s: replace(s, chars=(s.chars[0] + 1, s.chars[1]) if s.chars else None),
        lambda s: replace(s, chars=(s.chars[0], s.chars[1] - 1) if s.chars else None),
        lambda s: replace(s, chars=(s.chars[0], s.chars[1] + 9_999) if s.chars else None),
    ),
    Origin.TEMPLATE: (
        lambda s: replace(s, template="nothing"),
        lambda s: replace(s, template=None),
        lambda s: replace(s, prior="A9"),
    ),
    Origin.AI: (
        lambda s: replace(s, ai="a9"),
        lambda s: replace(s, ai=None),
        lambda s: replace(s, person=None),
        lambda s: replace(s, person="Dr. Who"),
    ),
}


@given(proved(), st.data())
@examples(100)
def test_another_source_is_found(report: Proved, data: st.DataObject) -> None:
    at, number, statement = data.draw(st.sampled_from(report.statements))
    source = data.draw(st.sampled_from(_SOURCES[statement.origin]))(statement.source)
    assume(not (statement.origin is Origin.DICTATED and _slice(report, source) == statement.text))
    assert not report.proof(report.but(at, number, replace(statement, source=source))).ok


def _slice(report: Proved, source: Source) -> str | None:
    known = report.evidence.dictated.get(source.dictation or "")
    return known.text[slice(*source.chars)] if known and source.chars else None


@given(proved(), st.data())
@examples(50)
def test_another_origin_is_found(report: Proved, data: st.DataObject) -> None:
    at, number, statement = data.draw(st.sampled_from(report.statements))
    other = data.draw(st.sampled_from([each for each in Origin if each is not statement.origin]))
    assume((statement.origin, other) != (Origin.DICTATED, Origin.EDITED))  # typed is as it was said
    assert not report.proof(report.but(at, number, replace(statement, origin=other))).ok


@given(proved(), st.data())
@examples(75)
def test_what_is_dropped_repeated_or_moved_is_found(report: Proved, data: st.DataObject) -> None:
    at, number, statement = data.draw(st.sampled_from(report.statements))
    assert not report.proof(report.but(at, number, statement, statement)).ok
    assert not report.proof(report.but(at, number), report.text).ok
    if statement.origin is Origin.DICTATED:
        assert not report.proof(report.but(at, number)).ok
    section = report.sections[at]
    mixed = data.draw(st.permutations(section.statements))
    if [s for s in mixed if _is_said(s)] != [s for s in section.statements if _is_said(s)]:
        moved = replace(section, statements=tuple(mixed))
        assert not report.proof((*report.sections[:at], moved, *report.sections[at + 1 :])).ok


def _is_said(statement: Statement) -> bool:
    return statement.origin is Origin.DICTATED


@given(proved(), st.data())
@examples(50)
def test_sections_out_of_their_place_are_found(report: Proved, data: st.DataObject) -> None:
    mixed = tuple(data.draw(st.permutations(report.sections)))
    assume(mixed != report.sections)
    assert not report.proof(mixed).ok
    assert not report.proof((*report.sections, report.sections[0])).ok


@given(proved())
@examples(25)
def test_a_decision_that_is_gone_is_missed(report: Proved) -> None:
    accepted = [each for _, _, each in report.statements if each.origin is Origin.AI]
    assume(accepted)
    ai = [AiFinding(each.source.ai or "", each.text, "one", "1") for each in accepted]
    spoken = tuple(report.evidence.dictated.values())
    bare = Evidence(
        spoken, report.evidence.headers, report.evidence.template, ai, (), "final", PRIOR
    )
    assert not certify(report.sections, (), report.text, bare).ok
