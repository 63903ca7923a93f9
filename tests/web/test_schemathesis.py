"""Schemathesis against every operation of our OpenAPI document, the FHIR routes too.

Short and always the same in `make test`; `make fuzz-http EXAMPLES=…` is long and by chance.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.web.conftest import Site

LONG = "READOUT_FUZZ_EXAMPLES" in os.environ
LONGEST_URL = 8_000
EXAMPLES = int(os.environ.get("READOUT_FUZZ_EXAMPLES", "4"))
ENDLESS = ("/events",)
"""Answers that do not end by themselves."""
KNOWN = {"accession": "A1", "name": "ris"}
"""What is here, so that requests reach behind the look-up."""
schemathesis.serializer.alias("multipart/related", "application/octet-stream")
HELD = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(shared: Site) -> Any:
    shared.workflow.order("A1")
    shared.dictate("A1", "No pneumothorax. Right effusion.")
    return schemathesis.openapi.from_dict(shared.client.get("/openapi.json").json())


def test_no_operation_breaks_or_answers_what_it_does_not_document(
    shared: Site, document: Any
) -> None:
    wrong: dict[str, str] = {}
    tried = 0
    for result in document.get_all_operations():
        operation = result.ok()
        if operation.path not in ENDLESS:
            tried += _try(shared, operation, wrong)
    assert tried > 50
    assert not wrong, "\n\n".join(f"{where}\n{told}" for where, told in wrong.items())


def _try(shared: Site, operation: Any, wrong: dict[str, str]) -> int:
    """Try one operation with what its schema allows and what it does not; 1: it was tried."""
    cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=not LONG,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def call(data: st.DataObject) -> None:
        case = data.draw(st.one_of(cases))
        if data.draw(st.booleans()):
            case.path_parameters = (case.path_parameters or {}) | {
                name: value for name, value in KNOWN.items() if name in (case.path_parameters or {})
            }
        sent = _prepared(case)
        assume(len(str(sent.url)) < LONGEST_URL)
        response = shared.client.request(
            str(sent.method),
            str(sent.url),
            headers=dict(sent.headers),
            content=sent.body,
            follow_redirects=False,
        )
        response.request.read()
        try:
            case.validate_response(response, checks=HELD)
        except FailureGroup as failures:
            told = "; ".join(str(each) for each in failures.exceptions)
            wrong.setdefault(
                f"{operation.label}: {told}"[:2000],
                f"{sent.method} {sent.url} {str(sent.body)[:300]}",
            )

    call()
    return 1


def _prepared(case: Any) -> requests.PreparedRequest:
    """The bytes that schemathesis would send."""
    told: dict[str, Any] = case.as_transport_kwargs(base_url="http://localhost")
    known = ("method", "url", "headers", "params", "data", "files", "json", "cookies")
    return requests.Request(**{name: told[name] for name in known if name in told}).prepare()
