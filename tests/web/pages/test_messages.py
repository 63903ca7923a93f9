"""The pages of the log: what a person sees, and that nothing of a message becomes markup."""

from __future__ import annotations

import re
import time

import pytest

from tests.fakes.destination import HOLD
from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page
from tests.web.test_message_log import receive, sample, search

FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_the_log_leads_to_a_refused_message_and_its_fields(site: Site) -> None:
    receive(site, sample(), refusal="no such procedure")
    (path,) = re.findall(r'href="(/messages/\d+)"', site.client.get("/messages").text)
    page = Page(site.client.get(path).text)
    for shown in (
        "refused: no such procedure", "PID Patient identification", "PID-5.1", "Family Name",
        "Brändström", "Reason for Study", "Cough & suspected pneumonia", "RA-20261122-0042",
        "Apply it again",
    ):  # fmt: skip
        assert shown in page.text
    assert {"table", "details", "pre"} <= set(page.tags)


def test_the_form_finds_messages_and_keeps_what_was_asked(site: Site) -> None:
    receive(site, sample())
    receive(site, sample("omi_o23_two_steps"))
    found = site.client.post("/messages", data={"patient": "MRN10042", "kind": "OMI", "state": ""})
    assert "EHR0000000003" in found.text
    assert "EHR0000000001" not in found.text
    assert 'name="patient" value="MRN10042"' in found.text
    assert "MRN10042" not in str(found.url)
    none = site.client.post("/messages", data={"since": "2026-11-23T00:00", "until": ""})
    assert "No message is like this." in none.text


def test_older_messages_are_one_button_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.web.pages.messages._SHOWN", 1)
    receive(site, sample())
    receive(site, sample("omi_o23_two_steps"))
    first = site.client.get("/messages").text
    (before,) = re.findall(r'name="before" value="(\d+)"', first)
    older = site.client.post("/messages", data={"before": before}).text
    assert "EHR0000000001" in older
    assert "Older messages" not in older


def test_a_held_report_is_sent_again_from_its_page(site: Site) -> None:
    receive(site, sample())
    site.workflow.ris.script = [HOLD]
    site.dictate("RA-20261122-0042", "no pneumothorax period")
    (path,) = re.findall(r'href="(/deliveries/[^"]+)"', site.client.get("/deliveries").text)
    page = Page(site.client.get(path).text)
    for shown in ("held, attempts: 1", "patient unknown", "No pneumothorax", "Send it again"):
        assert shown in page.text
    sent = site.client.post(f"{path}/resend")
    assert "pending, attempts: 1" in Page(sent.text).text
    history = site.client.get("/api/studies/RA-20261122-0042").json()["history"]
    assert history[-1]["detail"].endswith("by 123")
    assert site.client.post(f"{path}/resend").status_code == 409
    listed = site.client.post("/deliveries", data={"peer": "ris", "kind": "preliminary"})
    assert path in listed.text


def test_a_message_is_applied_again_from_its_page(site: Site) -> None:
    receive(site, sample(), refusal="no such procedure")
    (path,) = re.findall(r'href="(/messages/\d+)"', site.client.get("/messages").text)
    done = site.client.post(f"{path}/replay")
    assert "replay asked for by 123, was refused" in Page(done.text).text
    deadline = time.monotonic() + 15
    while not search(site, state="applied"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert site.client.post(f"{path}/replay").status_code == 409
    forced = {"force": "on"}
    assert site.client.post(f"{path}/replay", data=forced).status_code == 200


def test_what_a_message_holds_never_becomes_markup(site: Site) -> None:
    body = sample().replace("Brändström".encode(), HOSTILE.encode())
    body = body.replace(b"EHR0000000001", b'"><img src=x>')
    receive(site, body, refusal=HOSTILE)
    (row,) = search(site)
    for path in ("/", "/messages", f"/messages/{row['id']}"):
        page = Page(site.client.get(path).text)
        assert not {"script", "img"} & set(page.tags)
    assert HOSTILE in Page(site.client.get(f"/messages/{row['id']}").text).text
    echoed = site.client.post("/messages", data={"text": '"><script>'})
    assert "script" not in Page(echoed.text).tags


def test_what_cannot_be_read_is_shown_as_text(site: Site) -> None:
    receive(site, b"MSH|^~\\&|A|B|||2026||ORM^O01|T1|P|2.5\rPID|\x1c<b>\r", refusal="broken")
    (row,) = search(site)
    page = Page(site.client.get(f"/messages/{row['id']}").text)
    assert "block characters" in page.text
    assert "b" not in page.tags


def test_a_page_of_another_site_cannot_post_the_form(site: Site) -> None:
    answer = site.client.post("/messages", data={}, headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/messages/99", "/deliveries/NONE"])
def test_what_is_not_there_is_a_problem(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 404
