"""Each verb of the audit trail as AuditEvent, held to fhir.resources and to others' validators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.audit import AgentKind, AuditRow, Outcome, Verb
from adapter.domain.audit_codes import EVENT_CODES
from adapter.fhir.audit_events import audit_event
from adapter.fhir.validation import validate
from tests.peers.fhir_server import fhir_server

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


def row(verb: Verb = Verb.READ, **values: Any) -> AuditRow:
    told = {
        "chain": "node-1", "number": 7, "at": "2026-01-02T10:00:00.000+00:00", "verb": verb.value,
        "outcome": "0", "kind": "person", "agent": "123", "name": "Ada Gray", "role": "radiologist",
        "address": "192.0.2.7", "person": "", "accession": "A1", "patient": "ab" * 32,
        "object": "GET /api/studies/{accession}", "detail": "", "request": "r1",
        "previous": "0" * 64, "hash": "c" * 64, "seal": "01020304:dd",
    }  # fmt: skip
    return AuditRow(**{**told, **values})


def bare(verb: Verb) -> AuditRow:
    """What a row holds at least."""
    empty = dict.fromkeys(
        ("agent", "name", "role", "address", "accession", "patient", "object", "request"), ""
    )
    return row(verb, kind="nobody", outcome="8", **empty)


ROWS = [
    each
    for verb in Verb
    for each in (
        row(verb),
        row(verb, kind="program", agent="readout", name="", address="", person="123"),
        bare(verb),
    )
]


@pytest.fixture(scope="module")
def validators() -> Iterator[str]:
    with fhir_server() as url:
        yield url


def test_every_verb_has_codes() -> None:
    assert set(EVENT_CODES) == set(Verb)


@pytest.mark.peer
def test_every_verb_is_valid_to_others(validators: str) -> None:
    told = [audit_event(each) for each in ROWS]
    bundle = {"resourceType": "Bundle", "type": "collection"}
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in told]
    answer = httpx.post(
        f"{validators}/validate", content=json.dumps({**bundle, "entry": entries}), timeout=60
    )
    assert [each for each in answer.json() if each["severity"] == "error"] == []


@pytest.mark.parametrize("told", ROWS, ids=lambda each: f"{each.verb}-{each.kind}")
def test_every_verb_is_valid_and_leads_back_to_its_row(told: AuditRow) -> None:
    event = audit_event(told)
    validate(event)
    AuditEvent.model_validate(event)
    details = {each["type"]: each["valueString"] for each in event["entity"][-1]["detail"]}
    assert details["hash"] == told.hash
    assert (details["chain"], details["number"]) == (told.chain, str(told.number))


@pytest.mark.parametrize(
    ("told", "pattern"),
    [
        (row(Verb.READ), "PatientRead"),
        (row(Verb.CREATE), "PatientCreate"),
        (row(Verb.UPDATE), "PatientUpdate"),
        (row(Verb.QUERY), "PatientQuery"),
        (row(Verb.READ, patient=""), "Read"),
        (row(Verb.QUERY, patient="", accession=""), "Query"),
    ],
)
def test_the_patterns_of_balp(told: AuditRow, pattern: str) -> None:
    event = audit_event(told)
    assert event["meta"]["profile"] == [_BALP + pattern]
    assert event["type"]["code"] == "rest"
    ends = [each["type"]["coding"][0]["code"] for each in event["agent"][:2]]
    reads = told.verb == Verb.READ
    assert ends == (["110152", "110153"] if reads else ["110153", "110152"])
    assert all(each["network"]["address"] for each in event["agent"][:2])
    roles = [each["role"]["code"] for each in event["entity"] if "role" in each]
    assert ("1" in roles) == bool(told.patient)


@pytest.mark.parametrize(
    "told", [row(outcome="8"), row(address=""), row(accession=""), row(Verb.SIGN)]
)
def test_no_pattern_is_claimed_that_does_not_fit(told: AuditRow) -> None:
    assert "meta" not in audit_event(told)


def test_who_acts_and_in_whose_name() -> None:
    person = audit_event(row(Verb.SIGN))["agent"][2]
    assert (person["who"]["identifier"]["value"], person["name"]) == ("123", "Ada Gray")
    assert person["requestor"] is True
    told = row(kind="program", agent="viewer", name="", person="123")
    program, _, user = audit_event(told)["agent"]
    assert (program["who"]["identifier"]["value"], program["requestor"]) == ("viewer", False)
    assert (user["who"]["identifier"]["value"], user["requestor"]) == ("123", True)


_text = st.text(max_size=20)


@given(
    st.builds(
        row, st.sampled_from(Verb), kind=st.sampled_from(AgentKind),
        outcome=st.sampled_from(Outcome), agent=_text, name=_text, role=_text, address=_text,
        person=_text, accession=_text, patient=st.sampled_from(("", "ab")), object=_text,
        detail=_text, request=_text,
    )
)  # fmt: skip
def test_any_row_is_valid(told: AuditRow) -> None:
    validate(audit_event(told))
