"""Whatever is sent to the FHIR endpoint is taken or refused with an OperationOutcome."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fhir.test_orders import json_values, paths, put
from tests.web.conftest import Site
from tests.web.test_fhir_bundles import bundle, entry, message, order
from tests.web.test_fhir_endpoint import FHIR

BODIES: dict[str, tuple[str, str, Any]] = {
    "transaction": ("POST", "/fhir", bundle(entry(order("A1")), entry(order("A2")))),
    "batch": ("POST", "/fhir", bundle(entry(order("A1")), entry(order("A2")), type="batch")),
    "message": ("POST", "/fhir/$process-message", message(order("A1"))),
    "update": ("PUT", "/fhir/ServiceRequest/E1", order("A3", id="E1")),
}
PLACES = [(name, path) for name, (_, _, body) in BODIES.items() for path in paths(body)[1:]]
ODD = (None, "", "x", 5, -1, 1e99, True, [], {}, [{}], [None], "urn:uuid:0", "#", "?")
REFERENCES = ("Patient?identifier=", {"reference": "#"}, {"reference": 5})
odd = st.sampled_from([*ODD, *REFERENCES])
texts = st.text(max_size=20)
SHARED = [HealthCheck.function_scoped_fixture]


@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
@given(place=st.sampled_from(PLACES), value=odd | json_values)
def test_any_value_in_any_place_is_answered(shared: Site, place: Any, value: Any) -> None:
    method, url, body = BODIES[place[0]]
    changed = copy.deepcopy(body)
    put(changed, place[1], value)
    answer = shared.client.request(method, url, content=json.dumps(changed), headers=FHIR)
    assert answer.status_code < 500, (place, value, answer.text)
    if answer.status_code >= 400 and place[0] != "message":
        assert answer.json()["resourceType"] == "OperationOutcome"


@settings(max_examples=10, deadline=None, suppress_health_check=SHARED)
@given(path=texts, query=texts, name=st.sampled_from(["If-Match", "If-None-Exist"]), value=texts)
def test_any_address_is_answered(
    shared: Site, path: str, query: str, name: str, value: str
) -> None:
    shown = "".join(each for each in value if each.isascii() and each.isprintable())
    place = "/fhir/ServiceRequest"
    for method in ("GET", "PUT", "POST"):
        content = json.dumps(order("A1")) if method != "GET" else None
        for url in (f"{place}/{quote(path, safe='')}", f"{place}?{quote(query, safe='=|&')}"):
            headers = {**FHIR, name: shown}
            answer = shared.client.request(method, url, content=content, headers=headers)
            assert answer.status_code < 500, (method, url, answer.text)
