"""The auditor's pages: searched, proved, and told to whom data of a patient went."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from adapter.audit.heads import sealed
from adapter.domain.audit import Verb
from adapter.domain.people import Practitioner
from adapter.store import audit
from adapter.store.audit import Wanted
from adapter.store.sessions import Ticket
from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from tests.web.conftest import Site
from tests.web.pages.test_worklist import Page

AUDITOR = Practitioner("700", "Watch", "Willa")
HERE = "http://localhost"


def somebody(site: Site, *roles: str) -> TestClient:
    session = site.parts.sign_in.open(Ticket(AUDITOR, "", roles))
    client = TestClient(build_app(site.parts), base_url=HERE, headers={"Origin": HERE})
    client.cookies.set(COOKIE, session)
    return client


def used(site: Site) -> list[tuple[str, str]]:
    with site.workflow.database.read() as tx:
        rows = audit.listed(tx, Wanted(verb=Verb.AUDIT_LOG_USED, agent="700"), 50)
    return [(row.object, row.accession) for row in rows]


@pytest.fixture
def read(site: Site) -> Site:
    """Two studies of one patient, one of which somebody has looked at and a program has taken."""
    for accession in ("A1", "A2"):
        site.workflow.order(accession)
    site.client.get("/api/studies/A1")
    site.dictate("A1", "No pneumothorax.")
    with site.workflow.database.write() as tx:
        audit.tell(tx, Verb.SEND, "A2", "final C1 to ris", "=AA")
    return site


def test_rows_are_found_by_what_an_auditor_knows(read: Site) -> None:
    client = somebody(read, "auditor")
    everything = Page(client.get("/audit").text).text
    assert "Gray" in everything
    assert "GET /api/studies/{accession}" in everything
    for form, there, gone in (
        ({"accession": "A2"}, "final C1 to ris", "/api/studies/{accession}"),
        ({"person": "123", "verb": "read"}, "/api/studies/{accession}", "final C1 to ris"),
        ({"patient": "SYN1"}, "final C1 to ris", "sign in"),
        ({"patient": "NOBODY"}, "Nothing is like this", "final C1 to ris"),
        ({"since": "2020-01-01T00:00", "until": "2020-01-02T00:00"}, "Nothing is like this", "A1"),
    ):
        shown = Page(client.post("/audit", data=form).text).text
        assert there in shown, form
        assert gone not in shown.partition("Newest first")[2] or gone in there, form
    assert ("audit search", "A2") in used(read)
    assert client.post("/audit", data={"verb": "no verb"}).status_code == 422


def test_the_trail_is_proved_and_a_changed_row_is_found(read: Site) -> None:
    client, desk = somebody(read, "auditor"), read.parts.audit_desk
    with read.workflow.database.read() as tx:
        desk.heads.write_text(sealed(audit.heads(tx), read.parts.house.now(), desk.keys))
    good = Page(client.post("/audit/verify").text).text
    assert "The trail is as it was written" in good
    assert "Held to the anchor of" in good
    with read.workflow.database.write() as tx:
        for (name,) in tx.execute(
            sa.text("select name from sqlite_master where type = 'trigger' and tbl_name = :t"),
            {"t": "readout_audit"},
        ).all():
            tx.execute(sa.text(f"drop trigger {name}"))
        tx.execute(sa.text("update readout_audit set detail = 'other' where number = 2"))
    wrong = Page(client.post("/audit/verify").text).text
    assert "The trail was changed" in wrong
    assert "row 2 was changed" in wrong
    assert ("audit verify", "") in used(read)


def test_disclosures_as_a_page_and_as_a_file(read: Site) -> None:
    client = somebody(read, "admin")
    assert "Patient number" in client.get("/audit/disclosures").text
    shown = Page(client.post("/audit/disclosures", data={"patient": "SYN1"}).text).text
    assert "ris" in shown
    assert "Gray" not in shown.partition("Oldest first")[2]
    form = {"patient": "SYN1", "issuer": "SYN", "people": "true"}
    assert "Gray" in Page(client.post("/audit/disclosures", data=form).text).text
    file = client.post("/audit/disclosures/download", data={"patient": "SYN1"})
    assert file.headers["content-type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(file.text))
    assert head == ["at", "to", "address", "accession", "what", "why"]
    assert ["ris", "", "A2", "send final C1 to ris", "'=AA"] in [row[1:] for row in rows]
    assert "SYN1" not in str(file.request.url)
    assert used(read) == [("audit disclosures", "A1")] * 3  # a study of the patient


@pytest.mark.parametrize("role", ["radiologist", "resident", "integrator"])
def test_who_is_no_auditor_sees_nothing_of_it(site: Site, role: str) -> None:
    client = somebody(site, role)
    for method, place in (
        ("GET", "/audit"),
        ("POST", "/audit/verify"),
        ("POST", "/audit/disclosures"),
    ):
        assert client.request(method, place).status_code == 403
    assert "/audit" not in client.get("/help").text


def test_an_auditor_sees_no_study(read: Site) -> None:
    client = somebody(read, "auditor")
    assert client.get("/api/studies/A1").status_code == 403
    first = client.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert first.headers["location"] == "/audit"
