"""By what orders in FHIR are found, also where they are refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.message import SearchKeys
from adapter.fhir.codes import IDENTIFIER_TYPE
from adapter.fhir.search_keys import read_keys
from adapter.mapping.fhir_orders import FhirOrderMapping

MAPPING = FhirOrderMapping()


def keys(resource: Any) -> SearchKeys:
    return read_keys(json.dumps(resource).encode(), MAPPING)


def identifier(kind: str, value: str) -> dict[str, Any]:
    coding = {"system": IDENTIFIER_TYPE, "code": kind}
    return {"type": {"coding": [coding]}, "value": value}


def test_a_refused_order_is_found_by_its_identifiers() -> None:
    numbers = [identifier(kind, f"{kind}1") for kind in ("ACSN", "PLAC", "FILL")]
    subject = {"identifier": identifier("MR", "M1")}
    order = {"resourceType": "ServiceRequest", "identifier": numbers, "subject": subject}
    for refused in (order, {"resourceType": "Bundle", "entry": [{"resource": order}]}):
        found = keys(refused)
        assert (found.accessions, found.order_numbers) == (("ACSN1",), ("PLAC1", "FILL1"))
        assert [each.reveal() for each in found.patient_numbers] == ["M1"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["identifier", "type", "coding", "value", "system", "code"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_has_keys_or_none(value: Any) -> None:
    assert keys(value).accessions == ()


def test_codes_of_any_type_are_no_codes() -> None:
    odd = identifier("ACSN", "A1")
    odd["type"]["coding"][0]["code"] = []
    assert keys({"resourceType": "ServiceRequest", "identifier": [odd]}) == SearchKeys()
