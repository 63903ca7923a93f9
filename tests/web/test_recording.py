"""What a request leaves in the audit trail: each reading, each refusal, each change once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from adapter.domain.audit import AuditRow, Outcome, Verb
from adapter.store import audit
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site
from tests.web.test_sign_off import act, report


def rows(site: Site) -> list[AuditRow]:
    with site.workflow.database.read() as tx:
        return list(audit.every(tx))


def last(site: Site) -> AuditRow:
    return rows(site)[-1]


@pytest.fixture
def ready(site: Site) -> Site:
    site.workflow.order("A1")
    site.dictate("A1", "the heart is normal period")
    return site


def test_reading_a_study_is_recorded_with_who_what_and_whom(ready: Site) -> None:
    assert ready.client.get("/api/studies/A1/report").status_code == 200
    told = last(ready)
    assert (told.verb, told.accession) == (Verb.READ, "A1")
    assert told.object == "GET /api/studies/{accession}/report"
    assert (told.kind, told.agent, told.outcome) == ("person", "123", Outcome.SUCCESS)
    assert told.address


def test_the_same_again_stands_in_the_trail_once(ready: Site) -> None:
    before = len(rows(ready))
    for _ in range(3):
        ready.client.get("/api/studies/A1/report")
        ready.client.get("/api/studies")
    assert [each.verb for each in rows(ready)[before:]] == [Verb.READ, Verb.QUERY]


def test_an_accession_with_a_slash_is_written_as_it_is(site: Site) -> None:
    site.workflow.order("A/1")
    assert site.client.get("/api/studies/A%2F1").status_code == 200
    assert last(site).accession == "A/1"


def test_signing_is_one_row_in_the_name_of_who_signs(ready: Site) -> None:
    before = len(rows(ready))
    version = report(ready).json()["version"]
    assert act(ready, "sign", version=version).status_code == 200
    new = rows(ready)[before:]
    assert [each.verb for each in new] == [Verb.READ, Verb.SIGN]
    signed = new[-1]
    assert (signed.accession, signed.agent, signed.name) == ("A1", "123", "Ada Gray")
    assert signed.object == f"report version {version + 1}, final"
    ready.workflow.jobs.run()
    sent = last(ready)
    assert (sent.verb, sent.agent, sent.accession) == (Verb.SEND, "readout", "A1")
    assert sent.object.endswith("to ris")


def test_a_change_that_is_refused_is_a_failure(ready: Site) -> None:
    assert act(ready, "accept", target="nothing").status_code == 404
    told = last(ready)
    assert (told.verb, told.outcome, told.detail) == (Verb.CREATE, Outcome.MINOR_FAILURE, "404")
    assert told.accession == "A1"


def test_a_page_of_another_site_is_told_of(ready: Site) -> None:
    refused = ready.client.post(
        "/api/studies/A1/lock", headers={"Origin": "http://elsewhere.example"}
    )
    assert refused.status_code == 403
    assert (last(ready).verb, last(ready).kind) == (Verb.REFUSED, "nobody")


def test_a_message_tells_whose_it_is(ready: Site) -> None:
    act(ready, "sign", version=report(ready).json()["version"])
    ready.workflow.jobs.run()
    ready.client.get(f"/api/deliveries/{ready.workflow.ris.received[-1].control_id}")
    assert (last(ready).verb, last(ready).accession) == (Verb.READ, "A1")


@pytest.mark.parametrize("place", ["/healthz", "/metrics", "/api/destinations", "/openapi.json"])
def test_what_holds_no_patient_data_is_not_recorded(site: Site, place: str) -> None:
    before = len(rows(site))
    assert site.client.get(place).status_code == 200
    assert len(rows(site)) == before


def test_signing_in_and_out_is_told_with_the_person(site: Site) -> None:
    site.client.get("/sign-in")
    bad = site.client.post("/sign-in", data={"code": "wrong"})
    assert bad.status_code == 401
    assert (last(site).verb, last(site).outcome) == (Verb.SIGN_IN, Outcome.SERIOUS_FAILURE)
    code = site.parts.sign_in.new_code(DR_GRAY)
    site.client.post("/sign-in", data={"code": code}, follow_redirects=False)
    signed_in = last(site)
    assert (signed_in.verb, signed_in.agent, signed_in.name) == (Verb.SIGN_IN, "123", "Ada Gray")
    assert signed_in.address


def test_nothing_is_shown_that_cannot_be_recorded(ready: Site) -> None:
    with ready.workflow.database.write() as tx:
        tx.execute(sa.text("DROP TABLE readout_audit"))
    answer = ready.client.get("/api/studies/A1/report")
    assert answer.status_code == 503
    assert "audit trail" in answer.json()["detail"]
