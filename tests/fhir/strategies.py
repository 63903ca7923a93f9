"""Arbitrary reports, for what must hold of every report."""

from __future__ import annotations

from hypothesis import strategies as st

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.finding import Fact
from adapter.domain.identifiers import ControlId
from adapter.domain.order import Side
from adapter.domain.people import Practitioner
from adapter.domain.report import Origin, Report, Section, Source, Statement, Suggestion
from tests.fhir.samples import NODULE, ORDER, PROPOSED, REPORT

_texts = st.text(min_size=1, max_size=60)
_spans = st.none() | st.tuples(st.integers(0, 9_000), st.integers(9_001, 90_000))
_sizes = st.lists(st.floats(0.1, 300).map(lambda size: round(size, 1)), max_size=3).map(tuple)

_facts = st.builds(
    Fact,
    finding=st.sampled_from(["pneumothorax", "pulmonary_nodule", "cyst"]),
    text=st.just("words"),
    start=st.just(0),
    end=st.just(5),
    negated=st.booleans(),
    uncertain=st.booleans(),
    historical=st.booleans(),
    family=st.booleans(),
    side=st.none() | st.sampled_from(Side),
    level=st.none() | st.sampled_from(["L4-L5", "T12"]),
    size_mm=_sizes,
    prior_size_mm=_sizes,
)
_sources = st.builds(
    Source,
    dictation=st.none() | st.just("d-1"),
    chars=_spans,
    ms=_spans,
    template=st.none() | st.just("pleura.no_effusion"),
    ai=st.none() | st.sampled_from(["a1", "a2", "gone"]),
    person=st.none() | _texts,
)


@st.composite
def _reports(draw: st.DrawFn) -> Report:
    titles = draw(st.lists(st.sampled_from(["findings", "impression", "addendum"]), unique=True))
    sections = []
    for number, title in enumerate(titles):
        statements = [
            Statement(
                f"s{number}-{index}",
                draw(_texts),
                draw(st.sampled_from(Origin)),
                draw(_sources),
                tuple(draw(st.lists(_facts, max_size=2))),
            )
            for index in range(draw(st.integers(0, 3)))
        ]
        sections.append(Section(title, draw(_texts), tuple(statements)))
    suggestions = (Suggestion(NODULE, "accepted"), Suggestion(PROPOSED))
    return Report(REPORT.template, "final", tuple(sections), suggestions, (), REPORT.certificate)


messages = st.builds(
    ReportMessage,
    control_id=st.just(ControlId("RO0000000009")),
    kind=st.sampled_from(DeliveryKind),
    order=st.just(ORDER),
    report=_reports(),
    issued_at=st.just("2026-01-02T11:02:00Z"),
    author=st.none() | st.just(Practitioner("R42", "Reader", "Robin")),
)
