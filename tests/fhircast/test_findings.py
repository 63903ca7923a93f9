"""Findings of others as draft findings, and ours as Observations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapter.domain.finding import Evidence, Fact
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
from adapter.fhir.validation import validate
from adapter.fhircast.event import Json
from adapter.fhircast.findings import is_ours, received_findings, shared_findings
from adapter.fhircast.resources import opening_elements
from adapter.mapping.fhircast_hubs import FhircastHub
from tests.fakes.house import order
from tests.fhircast.samples import observation

SNOMED = "http://snomed.info/sct"
LATERALITY = {"coding": [{"system": SNOMED, "code": "272741003"}]}
LEFT = {"coding": [{"system": SNOMED, "code": "7771000"}]}
LENGTH = {"coding": [{"system": SNOMED, "code": "410668003"}]}


def millimetres(value: Any, code: str = "mm") -> Json:
    return {"valueQuantity": {"value": value, "unit": code, "code": code}}


def received(**more: Any) -> Any:
    (finding,) = received_findings([observation("o1", **more)], {}, "hub")
    return finding


def test_name_value_and_site_are_its_text() -> None:
    finding = received(**millimetres(Decimal("12.50")), bodySite={"text": "left lung"})
    assert finding.text == "Nodule: 12.50 mm (left lung)"
    assert finding.size_mm == (12.5,)
    assert finding.id == "Observation/o1"
    assert finding.version == "FHIRcast"


@pytest.mark.parametrize(
    ("more", "size"),
    [
        (millimetres(1.2, "cm"), (12.0,)),
        ({"component": [{"code": LENGTH, **millimetres(4)}]}, (4.0,)),
        ({"component": [{"code": {"text": "depth"}, **millimetres(4)}]}, ()),
        (millimetres(4, "mL"), ()),
        (millimetres("4"), ()),
        (millimetres(True), ()),
        ({"valueQuantity": {"value": 4, "code": "mm", "comparator": "<"}}, ()),
        ({"valueQuantity": []}, ()),
    ],
)
def test_only_a_length_is_a_size(more: Json, size: tuple[float, ...]) -> None:
    assert received(**more).size_mm == size


@pytest.mark.parametrize(
    ("more", "side"),
    [
        ({"bodySite": LEFT}, Side.LEFT),
        ({"component": [{"code": LATERALITY, "valueCodeableConcept": LEFT}]}, Side.LEFT),
        ({"bodySite": {"coding": [*LEFT["coding"], {"code": "24028007"}]}}, Side.BILATERAL),
        ({}, None),
    ],
)
def test_sides_are_read_by_their_codes(more: Json, side: Side | None) -> None:
    assert received(**more).side == side


@pytest.mark.parametrize(
    ("more", "present"),
    [
        ({}, True),
        ({"valueCodeableConcept": {"coding": [{"code": "LA9634-2"}]}}, False),
        ({"interpretation": [{"coding": [{"code": "NEG"}]}]}, False),
        ({"valueBoolean": False}, False),
        ({"valueBoolean": True}, True),
    ],
)
def test_what_is_said_to_be_absent_is_not_present(more: Json, present: bool) -> None:
    assert received(**more).present is present


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({"performer": [{"display": "Dr A"}]}, "Dr A"),
        ({"device": {"display": "CAD 2"}}, "CAD 2"),
        ({"identifier": [{"system": "urn:x", "value": "1"}]}, "urn:x"),
        ({}, "?"),
    ],
)
def test_its_author_is_told_as_far_as_it_is_known(more: Json, author: str) -> None:
    assert received(**more).model == f"fhircast:hub: {author}"


def test_images_come_from_the_selection_that_it_is_derived_from() -> None:
    selection = {
        "resourceType": "ImagingSelection",
        "id": "i1",
        "studyUid": "1.2",
        "seriesUid": "urn:oid:1.2.3",
        "instance": [{"uid": "1.2.3.4", "subset": ["7"]}],
        "performer": [{"actor": {"display": "Viewer"}}],
    }
    derived = observation("o1", derivedFrom=[{"reference": "ImagingSelection/i1"}])
    content = {"ImagingSelection/i1": selection}
    measured, selected = received_findings([derived, selection], content, "hub")
    assert measured.evidence == selected.evidence == (Evidence("1.2", "1.2.3", "1.2.3.4", 7),)
    assert selected.model == "fhircast:hub: Viewer"
    assert selected.text == "ImagingSelection/i1"


def test_what_is_no_finding_ours_or_taken_back_is_passed_over() -> None:
    ours = observation("o1", identifier=[{"system": "urn:readout:shared-finding", "value": "1"}])
    gone = {**observation("o2"), "status": "entered-in-error"}
    assert received_findings([ours, gone, {"resourceType": "ImagingStudy"}], {}, "hub") == ()


@pytest.mark.parametrize("junk", [[], "x", 5, None, {"coding": "x"}, {"coding": [5]}])
def test_junk_in_an_observation_is_passed_over(junk: Any) -> None:
    names = ("code", "bodySite", "component", "performer", "interpretation", "valueQuantity")
    for name in (*names, "derivedFrom", "identifier", "device", "valueCodeableConcept"):
        assert received(**{name: junk}).id == "Observation/o1"


def report(*facts: Fact) -> Report:
    statement = Statement("s1", "Nodule.", Origin.DICTATED, Source(dictation="d-1"), facts)
    certificate = Certificate(True, 1, 1, 0, 0)
    section = Section("lungs", "Lungs", (statement,))
    return Report(TemplateRef("t", 1, ""), "preliminary", (section,), (), (), certificate)


def test_our_facts_are_valid_observations_that_we_know_again() -> None:
    nodule = Fact("lung_nodule", "nodule", 0, 6, side=Side.LEFT, size_mm=(6.0, 4.5), level="T4")
    old = Fact("fracture", "fracture", 0, 6, historical=True)
    content = shared_findings(report(nodule, old), "A1", "Patient/p1", final=False)
    ((name, made),) = content.items()
    validate(made)
    assert is_ours(made)
    assert name == f"Observation/{made['id']}"
    assert made["status"] == "preliminary"
    assert made["subject"] == {"reference": "Patient/p1"}
    assert [c["valueQuantity"]["value"] for c in made["component"][1:]] == [6, 4.5]
    again = shared_findings(report(nodule), "A1", "Patient/p1", final=True)
    assert list(again) == [name]
    assert again[name]["status"] == "final"


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_a_study_opens_with_valid_resources(fhir: str) -> None:
    hub = FhircastHub.model_validate({"name": "h", "url": "http://h", "fhir": fhir})
    report, patient, study = opening_elements(order("A1", study_uid="1.2.3"), hub)
    assert report["resource"]["status"] == "unknown"
    assert report["resource"]["basedOn"][0]["identifier"]["value"] == "A1"
    assert ("imagingStudy" in report["resource"]) == (fhir == "R4")
    validate(patient["resource"])
    if fhir == "R4":
        validate(report["resource"])
    assert study["resource"]["identifier"][0]["value"] == "urn:oid:1.2.3"
    assert opening_elements(order("A1", study_uid="1.2.3"), hub)[0] == report
