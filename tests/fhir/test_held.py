from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.delivery import Outcome
from adapter.fhir.held import Held, pinned, read_held, report_query, settled
from adapter.fhir.results import build_bundle
from tests.fhir.samples import FINAL, PROFILE

BODY = build_bundle(FINAL, PROFILE)
EARLIER = Held("r1", "3", "2026-01-02T10:41:07Z")


def test_the_report_is_looked_for_by_its_number() -> None:
    assert report_query(BODY) == ("DiagnosticReport?identifier=urn%3Areadout%3Areport%7CACC-2001")


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [
        ("2026-01-02T11:02:01Z", Outcome.HOLD),
        ("2026-01-02T12:02:01+01:00", Outcome.HOLD),
        ("2026-01-02T11:02:00Z", None),
        ("2026-01-02T11:01:59Z", None),
        ("2026-01-02", None),
        ("soon", None),
        ("", None),
    ],
)
def test_when_it_was_issued_says_which_is_later(issued: str, outcome: Outcome | None) -> None:
    known = settled(BODY, [EARLIER._replace(issued=issued)])
    assert (known.outcome if known else None) is outcome


def test_ours_is_known_by_the_number_of_its_version() -> None:
    ours = frozenset({"ACC-2001", "RO0000000002"})
    known = settled(BODY, [EARLIER._replace(numbers=ours, issued="2026-01-02T12:00:00Z")])
    assert known is not None
    assert known.outcome is Outcome.ACCEPTED
    assert settled(BODY, [EARLIER._replace(numbers=frozenset({"ACC-2001"}))]) is None


def test_what_is_pinned_differs_in_request_and_id_alone() -> None:
    before, after = json.loads(BODY), json.loads(pinned(BODY, [EARLIER]))
    assert after["entry"][1:] == before["entry"][1:]
    head = after["entry"][0]
    assert head["request"] == {
        "method": "PUT", "url": "DiagnosticReport/r1", "ifMatch": 'W/"3"',
    }  # fmt: skip
    assert head["resource"] == before["entry"][0]["resource"] | {"id": "r1"}


def test_a_server_without_versions_gets_a_plain_put() -> None:
    [request] = [json.loads(pinned(BODY, [Held("r1", "", "")]))["entry"][0]["request"]]
    assert request == {"method": "PUT", "url": "DiagnosticReport/r1"}


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["entry", "resource", "resourceType", "id", "meta", "issued"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(values)
def test_odd_answers_are_no_error(value: Any) -> None:
    assert read_held(json.dumps(value).encode()) is None
    answer = {"type": "searchset", "entry": value}
    assert isinstance(read_held(json.dumps(answer).encode()), list)


def test_only_reports_count() -> None:
    entries = [
        {"resource": {"resourceType": "OperationOutcome", "id": "o"}},
        {"resource": {"resourceType": "DiagnosticReport", "id": "r1", "meta": {"versionId": "3"}}},
    ]
    answer = json.dumps({"type": "searchset", "entry": entries}).encode()
    assert read_held(answer) == [Held("r1", "3", "", frozenset())]
