"""HL7 Europe Imaging Report (R4): the document, its Composition and its sections."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import ControlId, Phi
from adapter.domain.people import Practitioner
from adapter.fhir.validation import validate
from adapter.reporting.render import section_text
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import (
    ADDENDUM,
    ALL,
    CORRECTION,
    EU,
    FINAL,
    PRELIMINARY,
    RETRACTION,
    TOLD,
)
from tests.fhir.strategies import messages

REQUIRED = ("18726-0", "55115-0", "11329-0", "55111-9")


def composition(bundle: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = bundle["entry"][0]["resource"]
    return first


def sections(message: ReportMessage) -> dict[str, dict[str, Any]]:
    told = composition(build(message, EU))["section"]
    return {each["code"]["coding"][0]["code"]: each for each in told}


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_the_document_begins_with_its_composition(message: ReportMessage) -> None:
    bundle = build(message, EU)
    kinds = [each["resource"]["resourceType"] for each in bundle["entry"]]
    assert bundle["type"] == "document"
    assert kinds[:3] == ["Composition", "DiagnosticReport", "Patient"]
    assert bundle["identifier"]["value"] == message.control_id
    assert bundle["timestamp"] == message.issued_at
    assert all(set(each) == {"fullUrl", "resource"} for each in bundle["entry"])


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_every_reference_leads_to_a_resource_of_the_document(message: ReportMessage) -> None:
    ward = Practitioner("W7", "Ward", "Willa")
    order = replace(message.order, requester=ward, reason=Phi("Cough"))
    bundle = build(replace(message, order=order, communications=(TOLD,)), EU)
    urls = [each["fullUrl"] for each in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    told = {part.split('"')[0] for part in json.dumps(bundle).split('"reference": "')[1:]}
    assert told <= set(urls)


def test_report_and_composition_agree() -> None:
    bundle = build(FINAL, EU)
    head, found = composition(bundle), report(bundle)
    assert head["identifier"] in found["identifier"]
    assert (head["type"], head["category"]) == (found["code"], found["category"])
    assert head["author"][1] == found["performer"][0] == head["custodian"]
    assert head["author"][0] == found["resultsInterpreter"][0] == head["attester"][0]["party"]
    assert head["attester"][0]["mode"] == "legal"
    [link] = found["extension"]
    assert link["valueReference"]["reference"] == bundle["entry"][0]["fullUrl"]
    [role] = resources(bundle, "PractitionerRole")
    assert role["practitioner"]["identifier"]["value"] == "R42"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (PRELIMINARY, "preliminary"),
        (FINAL, "final"),
        (ADDENDUM, "amended"),
        (CORRECTION, "amended"),
        (RETRACTION, "entered-in-error"),
    ],
)
def test_the_composition_has_the_status_of_the_report(message: ReportMessage, status: str) -> None:
    assert composition(build(message, EU))["status"] == status


def test_a_later_document_names_the_one_that_it_replaces() -> None:
    later = replace(CORRECTION, previous=ControlId("RO0000000002"))
    [relation] = composition(build(later, EU))["relatesTo"]
    assert relation["code"] == "replaces"
    assert relation["targetIdentifier"] == build(FINAL, EU)["identifier"]


def test_the_sections_are_those_of_the_profile() -> None:
    found = sections(ADDENDUM)
    assert list(found)[:2] == ["18726-0", "55115-0"]
    assert set(REQUIRED) < set(found)
    assert (
        found["19005-8"]["extension"][0]["valueAnnotation"]["text"] == "Small right pneumothorax."
    )
    assert "Discussed by phone." in found["55107-7"]["text"]["div"]
    for code in ("11329-0", "55111-9"):
        assert found[code]["emptyReason"]["coding"][0]["code"] == "unavailable"


def test_a_section_is_never_empty_without_a_reason() -> None:
    """Invariant eu-imaging-composition-1, and cmp-2 of R4."""
    for message in ALL:
        for section in sections(message).values():
            noted = "extension" in section
            assert "entry" in section or "emptyReason" in section or noted
            assert not ("entry" in section and "emptyReason" in section)
            assert section["text"]["div"]


def test_findings_are_entries_of_their_section() -> None:
    found = sections(FINAL)
    assert len(found["59776-5"]["entry"]) == 4
    assert "Small right pneumothorax." in found["59776-5"]["text"]["div"]
    assert len(found["19005-8"]["entry"]) == 1


def test_titles_are_those_of_the_site() -> None:
    titled = EU.model_copy(update={"section_titles": {"18726-0": "Untersuchung"}})
    [study, order] = composition(build(FINAL, titled))["section"][:2]
    assert study["title"] == "Untersuchung"
    assert order["title"] == "Requested imaging studies information Document"


def test_who_was_told_stands_in_a_section() -> None:
    found = sections(replace(FINAL, communications=(TOLD,)))["73568-8"]
    assert len(found["entry"]) == 1
    assert "Dr. Ward" in found["text"]["div"]


def test_a_document_retracts_nothing_by_itself() -> None:
    observations = resources(build(CORRECTION, EU), "Observation")
    assert "entered-in-error" not in {each["status"] for each in observations}


@settings(max_examples=40, deadline=None)
@given(messages)
def test_no_sentence_is_lost_between_report_and_sections(message: ReportMessage) -> None:
    bundle = build(message, EU)
    for entry in bundle["entry"]:
        validate(entry["resource"])
    told = composition(bundle)["section"]
    shown = "".join(each["text"]["div"] for each in told)
    for each in told:
        ElementTree.fromstring(each["text"]["div"])
    for section in message.report.sections:
        for statement in section.statements:
            assert f'<span id="{statement.id}">' in shown
    notes = [
        each["extension"][0]["valueAnnotation"]["text"] for each in told if "extension" in each
    ]
    for section in message.report.sections:
        text = section_text(section)
        words = "".join(text.split())
        squeezed = ["".join(each.split()) for each in notes]
        if words and text.replace("\n", " ").isprintable():  # FHIR takes no others (U+001C)
            assert any(words in each for each in squeezed)
