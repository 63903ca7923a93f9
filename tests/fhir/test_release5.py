from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapter.errors import Rejected
from adapter.fhir.orders import read_order
from adapter.fhir.release5 import is_r5
from tests.fhir.samples import service_request


def r5(**elements: Any) -> dict[str, Any]:
    """The sample order as R5 has it."""
    told = service_request()
    told["code"] = {"concept": told["code"]}
    told["reason"] = [{"concept": each} for each in told.pop("reasonCode")]
    (detail,) = told["orderDetail"]
    told["orderDetail"] = [
        {"parameter": [{"code": {"text": "modality"}, "valueCodeableConcept": detail}]}
    ]
    return told | elements


def test_an_order_of_r5_is_the_order_of_r4() -> None:
    assert not is_r5(service_request())
    assert is_r5(r5())
    assert read_order(r5()) == read_order(service_request())


def test_the_study_that_r5_refers_to_by_codeable_reference() -> None:
    number = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}
    told = r5(supportingInfo=[{"reference": {"identifier": number}}])
    told["identifier"] = told["identifier"][:3]
    expected = replace(read_order(r5()).order, study_uid="1.2.3")
    assert read_order(told).order == expected


@pytest.mark.parametrize(
    ("elements", "location"),
    [
        ({"status": "done"}, "ServiceRequest.status"),
        ({"reasonCode": [{"text": "x"}]}, "ServiceRequest.reasonCode"),
        ({"code": {"concept": 5}}, "ServiceRequest.code.concept"),
        ({"code": {"reference": {"reference": "ActivityDefinition/1"}}}, "ServiceRequest.code"),
    ],
)
def test_what_r5_does_not_allow_is_refused(elements: dict[str, Any], location: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read_order(r5(**elements))
    assert refusal.value.location == location
