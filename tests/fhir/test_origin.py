"""Where a FHIR order comes from and how it is to be kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.domain.order import OrderOrigin
from adapter.fhir.orders import read_order
from adapter.fhir.references import Beside

ACCESSION = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}
ORDER = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "identifier": [{"type": {"coding": [ACCESSION]}, "value": "A1"}],
    "code": {"text": "Chest radiograph"},
    "subject": {"identifier": {"value": "P1"}},
}  # fmt: skip
R = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
ENCOUNTER: dict[str, Any] = {
    "resourceType": "Encounter",
    "id": "e",
    "status": "in-progress",
    "class": {"code": "EMER"},
    "meta": {"security": [{**R, "code": "V"}]},
    "serviceType": {"coding": [{"code": "57"}]},
    "serviceProvider": {"reference": "Organization/o", "display": "North Hospital"},
    "location": [{"location": {"display": "Ward 3"}}],
}


def test_the_encounter_and_the_labels_of_the_resources_count() -> None:
    beside = Beside(
        [
            ("", ENCOUNTER),
            ("", {"resourceType": "Organization", "id": "o", "identifier": [{"value": "NORTH"}]}),
        ]
    )
    told = {**ORDER, "meta": {"security": [R]}, "encounter": {"reference": "Encounter/e"}}
    order = read_order(told, beside=beside).order
    assert order.origin == OrderOrigin(
        facility=("NORTH", "North Hospital"),
        location=("Ward 3",),
        service=("57",),
        confidentiality=("R", "V"),
    )


def test_nothing_told_is_nothing_known() -> None:
    order = read_order(json.loads(json.dumps(ORDER))).order
    assert order.origin == OrderOrigin()


@pytest.mark.parametrize(
    "value",
    [
        {"coding": [{"code": "A"}]},  # R4
        {"text": "A"},
        [{"concept": {"coding": [{"code": "A"}]}}],  # R5
    ],
)
def test_both_releases_are_read(value: Any) -> None:
    encounter = {**ENCOUNTER, "serviceType": value}
    told = {**ORDER, "encounter": {"reference": "Encounter/e"}}
    order = read_order(told, beside=Beside([("", encounter)])).order
    assert order.origin.service == ("A",)
