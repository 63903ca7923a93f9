"""Breaking glass: by a person, for a reason, for a while, in the trail, in sight while it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from adapter.domain.audit import Verb
from adapter.domain.people import Practitioner
from adapter.fhir.audit_events import audit_event
from adapter.store import audit
from adapter.store.audit import Wanted
from tests.web.conftest import Site
from tests.web.two_hospitals import (
    FOREIGN,
    HERE,
    NAMES,
    OWN,
    order,
    receive,
    two_hospitals,
    who_sees,
)

SEALED = "SEALED1"
BODY = {
    "accession": FOREIGN,
    "reason": "emergency",
    "detail": "unconscious in the resuscitation room",
}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Iterator[Site]:
    for site in two_hospitals(tmp_path_factory.mktemp("glass"), empty):
        receive(site, order(SEALED, "NORTH", vip="V"))
        yield site


def somebody(site: Site, number: str) -> TestClient:
    return who_sees(site, "north", person=Practitioner(number, "Night", "Nina"))


def rows(site: Site, verb: Verb, agent: str) -> list[audit.AuditRow]:
    with site.parts.house.database.read() as tx:
        return audit.listed(tx, Wanted(agent=agent, verb=verb), 10)


def test_a_study_opens_for_a_while_and_closes_by_itself(two: Site) -> None:
    client = somebody(two, "401")
    assert client.get(f"/api/studies/{FOREIGN}").status_code == 404
    made = client.post("/api/break-glass", json=BODY)
    assert made.status_code == 201, made.text
    assert client.get(f"/api/studies/{FOREIGN}").json()["accession"] == FOREIGN
    assert FOREIGN in client.get("/", params={"queue": "all"}).text
    page = client.get(f"/studies/{FOREIGN}").text
    assert "Glass broken" in page
    assert made.json()["until"][:16].replace("T", " ") in page
    assert [each["accession"] for each in client.get("/api/break-glass").json()["open"]] == [
        FOREIGN
    ]
    assert somebody(two, "402").get(f"/api/studies/{FOREIGN}").status_code == 404
    two.workflow.clock.forward(timedelta(minutes=61).total_seconds())
    assert client.get(f"/api/studies/{FOREIGN}").status_code == 404
    assert "Glass broken" not in client.get("/").text


def test_the_trail_holds_who_and_why(two: Site) -> None:
    somebody(two, "403").post("/api/break-glass", json=BODY)
    (row,) = rows(two, Verb.BREAK_GLASS, "403")
    assert (row.accession, row.kind, row.outcome) == (FOREIGN, "person", "0")
    assert "emergency" in row.detail
    assert BODY["detail"] in row.detail
    exported = audit_event(row)
    assert exported["subtype"][0]["code"] == "110127"
    assert BODY["detail"] in str(exported)
    history = who_sees(two, "*").get(f"/api/studies/{FOREIGN}").json()["history"]
    assert "by 403, emergency" in [each["detail"] for each in history]
    metrics = somebody(two, "403").get("/metrics").text
    assert "readout_glass_broken_total" in metrics


def test_the_list_tells_of_a_restricted_study_by_its_exact_accession_alone(two: Site) -> None:
    client = somebody(two, "404")
    told = client.post("/", data={"q": FOREIGN, "queue": "all"}).text
    assert f"Study {FOREIGN} is restricted" in told
    assert f"/break-glass?accession={FOREIGN}" in told
    assert NAMES[FOREIGN] not in told
    for other in (FOREIGN[:-1], NAMES[FOREIGN], SEALED, "NOWHERE1", OWN):
        assert "is restricted" not in client.post("/", data={"q": other, "queue": "all"}).text


def test_the_page_asks_for_a_reason_and_leads_to_the_study(two: Site) -> None:
    client = somebody(two, "405")
    assert 'value="SOUTH1"' in client.get("/break-glass", params={"accession": FOREIGN}).text
    refused = client.post("/break-glass", data={**BODY, "detail": " "})
    assert (refused.status_code, rows(two, Verb.BREAK_GLASS, "405")) == (422, [])
    done = client.post("/break-glass", data=BODY)
    assert (done.status_code, done.headers["location"]) == (303, f"/studies/{FOREIGN}")
    assert client.post(f"/break-glass/{FOREIGN}/end").status_code == 303
    assert client.delete(f"/api/break-glass/{FOREIGN}").json()["open"] == []
    assert client.get(f"/api/studies/{FOREIGN}").status_code == 404
    assert len(rows(two, Verb.MEND_GLASS, "405")) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"accession": SEALED}, 404),  # no label of it may be opened so
        ({"accession": "NOWHERE1"}, 404),
        ({"accession": OWN}, 409),  # seen without
        ({"reason": "curiosity"}, 422),
        ({"detail": ""}, 422),
    ],
)
def test_what_does_not_open(two: Site, change: dict[str, str], status: int) -> None:
    client = somebody(two, "406")
    assert client.post("/api/break-glass", json={**BODY, **change}).status_code == status
    assert client.get("/api/break-glass").json()["open"] == []


def test_neither_a_program_nor_who_may_not_breaks_glass(two: Site) -> None:
    program = TestClient(two.client.app, base_url=HERE)
    assert program.post("/api/break-glass", json=BODY).status_code == 403
    assert program.get(f"/api/studies/{FOREIGN}").status_code == 404
    roles = two.parts.roles.roles
    assert [name for name, held in roles.items() if "readout.break-glass" in held] == [
        "radiologist", "resident",
    ]  # fmt: skip
