"""What is told as Observations: no finding lost, none turned round, each under its own name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from adapter.domain.delivery import ReportMessage
from adapter.domain.finding import AiFinding, Fact
from adapter.domain.order import Side
from adapter.domain.report import Origin, Report, Section, Source, Statement, Suggestion
from adapter.fhir.codes import SIDES
from adapter.fhir.observed import changed, gone, observed
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import CORRECTION, FINAL, REPORT
from tests.fhir.strategies import messages

_PRESENT, _ABSENT = "LA9633-4", "LA9634-2"


def facts(message: ReportMessage) -> list[Fact]:
    return [
        fact
        for section in message.report.sections
        for statement in section.statements
        for fact in statement.facts
        if not (fact.historical or fact.family)
    ]


def standing(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The Observations that are results of the report, in its order."""
    found = {each["fullUrl"]: each["resource"] for each in bundle["entry"]}
    return [found[each["reference"]] for each in report(bundle).get("result", [])]


def codes(observation: dict[str, Any]) -> set[str]:
    return {each["code"] for each in observation["valueCodeableConcept"]["coding"]}


def side_of(observation: dict[str, Any]) -> Side | None:
    for part in observation.get("component", []):
        for coding in part.get("valueCodeableConcept", {}).get("coding", []):
            if coding["code"] in SIDES:
                return SIDES[coding["code"]]
    return None


@settings(max_examples=80, deadline=None)
@given(messages)
def test_absent_is_never_told_as_present_and_no_side_or_size_is_lost(
    message: ReportMessage,
) -> None:
    told = standing(build(message))
    said = facts(message)
    assert len(told) == len(said)
    for observation, fact in zip(told, said, strict=True):
        certain = not fact.uncertain
        assert (_PRESENT in codes(observation)) is (certain and not fact.negated)
        assert (_ABSENT in codes(observation)) is (certain and fact.negated)
        if fact.side:
            assert side_of(observation) is fact.side
        if fact.level:
            assert observation["bodySite"]["text"] == fact.level
        sizes = [
            part["valueQuantity"]["value"]
            for part in observation.get("component", [])
            if part["code"].get("text") == "size"
        ]
        if fact.size_mm:
            assert sizes == list(fact.size_mm)


@settings(max_examples=80, deadline=None)
@given(messages, messages)
def test_what_is_gone_is_retracted_and_what_stands_is_not(
    earlier: ReportMessage, now: ReportMessage
) -> None:
    bundle = build(replace(now, before=(earlier.report,)))
    keys = {each.key for each in observed(now.report)}
    for observation in resources(bundle, "Observation"):
        key = observation["identifier"][0]["value"].partition("/")[2]
        is_gone = key not in keys
        assert is_gone is (key in {each.key for each in gone(now.report, (earlier.report,))})
        if is_gone:
            assert observation["status"] == "entered-in-error"
        elif not now.kind.takes_back:
            assert observation["status"] != "entered-in-error"
    names = [each["identifier"][0]["value"] for each in resources(bundle, "Observation")]
    assert len(set(names)) == len(names)


def test_the_name_stays_while_finding_side_and_level_do() -> None:
    assert [each.key for each in observed(REPORT)] == [
        "pneumothorax/right",
        "pleural_effusion",
        "pulmonary_nodule/left",
        "cyst/T12",
        "pneumothorax/right#2",
    ]
    assert observed(CORRECTION.report)[3].key == "cyst/T12"
    assert changed(observed(CORRECTION.report)[3], (FINAL.report,))
    assert not changed(observed(FINAL.report)[3], (FINAL.report,))


def test_what_is_gone_is_told_as_it_was_told_last() -> None:
    lost = gone(CORRECTION.report, CORRECTION.before)
    assert [each.key for each in lost] == ["pneumothorax/right", "pneumothorax/right#2"]
    assert gone(REPORT, (REPORT,)) == ()


def drafted(statement: Statement) -> Report:
    finding = AiFinding(
        "a9", "Pneumothorax.", "chest-net", "2.1", finding="pneumothorax", side=Side.LEFT,
        size_mm=(12.0,), probability=0.87,
    )  # fmt: skip
    section = Section("pleura", "Pleura", (statement,))
    return replace(REPORT, sections=(section,), suggestions=(Suggestion(finding, "accepted"),))


def test_a_model_s_own_sentence_keeps_the_side_and_size_that_the_model_gave() -> None:
    fact = Fact("pneumothorax", "Pneumothorax", 0, 12)
    source = Source(ai="a9", person="r.reader")
    accepted = Statement("ai-a9", "Pneumothorax.", Origin.AI, source, (fact,))
    message = replace(FINAL, report=drafted(accepted))
    [observation] = resources(build(message), "Observation")
    assert side_of(observation) is Side.LEFT
    assert observation["identifier"][0]["value"] == "ACC-2001/pneumothorax/left"
    assert observation["extension"][0]["valueDecimal"] == 0.87
    edited = replace(accepted, origin=Origin.EDITED)
    [observation] = resources(build(replace(FINAL, report=drafted(edited))), "Observation")
    assert side_of(observation) is None
