"""Destinations, figures and health as pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry
from adapter.hl7v2.certificates import CertificateWatch, Watched
from adapter.store import contexts, links
from adapter.store.links import LinkKind
from adapter.web.pages.plot import interval, lines
from tests.fakes.certificates import Authority
from tests.fakes.destination import GONE, HOLD
from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page

GRAY = {"id": "123", "family": "Gray", "given": "Ada"}


def text(site: Site, path: str) -> str:
    answer = site.client.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text).text


def sign(site: Site, accession: str) -> None:
    done = site.client.post(f"/api/studies/{accession}/report/sign", json={"person": GRAY})
    assert done.status_code == 200, done.text
    site.workflow.jobs.run()


def test_a_destination_is_tested_without_a_report(site: Site) -> None:
    good = Page(site.client.post("/destinations/ris/test").text).text
    assert "ris: somebody answers" in good
    site.workflow.ris.script = [GONE]
    assert "connection refused" in Page(site.client.post("/destinations/ris/test").text).text
    assert site.workflow.ris.received == []
    history = site.client.get("/api/destinations/ris/history").json()["events"]
    assert [each["event"] for each in history] == ["destination tested"] * 2
    assert site.client.post("/destinations/other/test").status_code == 404


def test_a_destination_is_paused_resumed_and_sent_again(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.ris.script = [HOLD]
    site.dictate("A1", "no pneumothorax period")
    assert "Send held again" in text(site, "/destinations")
    site.client.post("/destinations/ris/pause", data={"reason": HOSTILE})
    page = site.client.get("/destinations").text
    assert "script" not in Page(page).tags
    assert f"paused  since  2026-03-01 12:00 UTC  by 123. {HOSTILE}" in Page(page).text
    site.client.post("/destinations/ris/resume")
    site.client.post("/destinations/ris/resend")
    site.workflow.jobs.run()
    assert "at work" in text(site, "/destinations")
    assert "Send held again" not in text(site, "/destinations")


def test_turnaround_is_counted_from_what_is_stored(site: Site) -> None:
    assert "No report was signed then." in text(site, "/turnaround")
    site.workflow.order("A1", modality="CT")
    site.dictate("A1", "no pneumothorax period")
    site.workflow.clock.forward(90 * 60)
    sign(site, "A1")
    shown = text(site, "/turnaround")
    assert "Median 1 h 30 min" in shown
    assert re.search(r"CT +Routine +1 +1 h 30 min +1 h 30 min +1 d 0 h +100%", shown)


@pytest.mark.parametrize(
    "query", ["since=2026-02-01&until=2026-01-01", "since=2020-01-01&until=2026-01-01", "since=x"]
)
@pytest.mark.parametrize("path", ["/turnaround", "/checks"])
def test_a_period_that_is_none_is_refused(site: Site, path: str, query: str) -> None:
    assert site.client.get(f"{path}?{query}").status_code == 422


def test_the_alert_budget_names_every_check(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "large tension pneumothorax on the right period")
    shown = text(site, "/checks")
    assert "critical_finding" in shown
    assert "none settled" in shown
    assert "side_against_order" in shown


def test_models_by_what_became_of_their_findings(site: Site) -> None:
    site.workflow.order("A1")
    findings = [
        {"id": f"a{n}", "text": "Nodule.", "present": True, "model": HOSTILE, "version": "2"}
        for n in range(3)
    ]
    body = json.dumps({"findings": findings})
    headers = {"Content-Type": "application/json"}
    url = "/api/studies/A1/ai-findings"
    assert site.client.post(url, content=body, headers=headers).status_code == 202
    site.workflow.jobs.run()
    for target, act in (("a0", "accept"), ("a1", "reject")):
        choice = {"target": target, "person": GRAY}
        assert site.client.post(f"/api/studies/A1/report/{act}", json=choice).status_code == 202
    page = site.client.get("/ai").text
    assert "script" not in Page(page).tags
    row = Page(page).text
    assert re.search(rf"{re.escape(HOSTILE)} +2 +1 +3 +1 +1 +0 +1 ", row), row
    assert "50% (9%-91%)" in row


def test_health_tells_what_is_away_and_since_when(site: Site, tmp_path: Path) -> None:
    site.feeds.append(FeedState("default", "RIS|NORTH", "2026-11-22T09:00:00+00:00", True, 3600))
    site.workflow.order("A1")
    site.workflow.ris.script = [GONE]
    site.dictate("A1", "no pneumothorax period")
    authority = Authority(tmp_path, "north")
    broken = Watched("listener south", tmp_path / "gone.pem", 30, is_chain=True)
    watch = CertificateWatch(
        [Watched("listener north", authority.ca, 30, is_chain=True), broken],
        site.workflow.clock,
    )
    object.__setattr__(site.parts, "certificates", watch.states)
    with site.workflow.database.write() as tx:
        links.tried(tx, LinkKind.ARCHIVE, "pacs", "no route", "2026-11-22T09:01:00+00:00")
        contexts.join(tx, "reading-room", "topic", "node-1", "1001", "2026-11-22T09:02:00+00:00")
        contexts.change(tx, "reading-room", "topic", "2026-11-22T09:02:00+00:00", connection="away")
    shown = text(site, "/system")
    for each in ("archive pacs", "09:01", "no route", "FHIRcast hub reading-room", "09:02"):
        assert each in shown
    for each in ("RIS|NORTH", "silent", "away", "connection refused", "GiB free",
                 "cannot be read", "listener north", "Database"):  # fmt: skip
        assert each in shown


def test_a_certificate_that_ends_is_marked(site: Site) -> None:
    day = 86_400.0
    ends = [
        CertificateExpiry("a", "a.pem", "2027-01-01T00:00:00+00:00", 100 * day, False),
        CertificateExpiry("b", "b.pem", "2026-01-01T00:00:00+00:00", 9 * day, True),
        CertificateExpiry("c", "c.pem", "2025-01-01T00:00:00+00:00", -day, True),
    ]
    object.__setattr__(site.parts, "certificates", lambda: ends)
    page = site.client.get("/system").text
    for mark in ('good">in 100 days', 'warn">in 9 days', 'danger">over'):
        assert f'class="chip {mark}' in page


def test_plots_hold_any_figures() -> None:
    for values in ([0.0], [1.0, 1e6], [3.3] * 400):
        drawn = lines("t", [f"<{n}>" for n in range(len(values))], [values, values], "h")
        assert "nan" not in drawn
        assert "&lt;0&gt;" in drawn
    assert 'r="4"' in interval("t", 0.0, 0.5, 1.0)
