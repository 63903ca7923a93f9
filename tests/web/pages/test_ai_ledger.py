"""The page of AI models against signed reports, and its rows over HTTP."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from adapter.domain.ai_ledger import Fate, Judgement
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.store import ai_ledger
from adapter.web.pages.plot import bar, gap, shares
from adapter.workflow.ai_ledger import Circumstances, ledger_row
from adapter.workflow.ai_watch import AiWatch
from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page

DAYS = 80
BEGIN = datetime(2026, 3, 1, 11, tzinfo=UTC) - timedelta(days=DAYS)


def day_of(tx: sa.Connection, day: int, low: bool, model: str) -> None:
    """Thirty findings of men and ten of women, of whom fewer are agreed with."""
    at = (BEGIN + timedelta(days=day)).isoformat(timespec="milliseconds")
    about = Circumstances(f"D{day}", HOSTILE, "", "CR", "chest", "M", "40-64")
    rows = []
    for n in range(40):
        wrong = n < 3 or (low and n < 9)
        judged = Judgement(
            f"a{n}", model, "1", "pneumothorax", True, Fate.REJECTED if wrong else Fate.AGREED
        )
        who = about._replace(sex="F") if n < 10 else about
        rows.append(ledger_row(judged, who, 2, (at, at), "suggest", (200.0, 600.0)))
    missed = Judgement("missed:fracture", model, "1", "fracture", True, Fate.MISSED)
    rows.append(ledger_row(missed, about, 2, (at, at), "suggest", (None, None)))
    ai_ledger.write(tx, about.accession, rows)


def filled(site: Site, model: str = "cxr") -> None:
    with site.workflow.database.write() as tx:
        for day in range(DAYS):
            day_of(tx, day, day >= 70, model)
    AiWatch(site.workflow.house, AiMonitoring()).look()


def test_a_model_is_told_with_drift_groups_and_arrival(site: Site) -> None:
    filled(site)
    page = site.client.get("/ai/ledger?since=2025-12-01&until=2026-03-01").text
    shown = Page(page).text
    for each in (
        "cxr 1 (suggest): agreement is worse than its baseline.",
        "pneumothorax",
        "fracture",
        "Baseline 90.2%",
        "5 to 15 min",
        "stands out",
        "too few to tell",
        "-34%",
        "100%",
    ):
        assert each in shown, each
    assert page.count('class="off"') >= 10
    assert 'class="band"' in page
    assert "<desc>" in page


def test_names_of_models_and_sites_are_text(site: Site) -> None:
    filled(site, HOSTILE)
    page = site.client.get("/ai/ledger").text
    assert "script" not in Page(page).tags
    assert HOSTILE in Page(page).text
    assert " style=" not in page


def test_a_house_without_ai_says_so(site: Site) -> None:
    assert "No report with AI findings was signed then." in site.client.get("/ai/ledger").text
    assert site.client.get("/ai/ledger?model=x&version=y&mode=z").status_code == 200
    assert site.client.get("/ai/ledger?since=2026-02-01&until=2026-01-01").status_code == 422


def test_the_rows_come_as_csv(site: Site) -> None:
    filled(site)
    asked = "/api/ai/ledger?since=2026-01-01&until=2026-01-02"
    answer = site.client.get(asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.DictReader(io.StringIO(answer.text, newline="")))) == 2 * 41
    other = site.client.get(f"{asked}&format=assess-ai")
    assert "Result Indicator" in other.text.partition("\n")[0]


@pytest.mark.parametrize(
    "query",
    ["", "since=2026-01-02&until=2026-01-01", "since=2026-01-01&until=2026-01-01&format=xml",
     "since=1900-01-01&until=9998-12-31"],
)  # fmt: skip
def test_what_is_no_period_or_format_is_refused(site: Site, query: str) -> None:
    assert site.client.get(f"/api/ai/ledger?{query}").status_code == 422


def test_drawings_hold_any_figures() -> None:
    for values in ([None], [0.0, 1.0, None], [0.97] * 400):
        drawn = shares("<t>", "d", [f"<{n}>" for n in range(len(values))], values, (0.95, 0.96))
        assert "nan" not in drawn
        assert "&lt;0&gt;" in drawn
    assert "nan" not in shares("t", "d", [], [], None)
    assert 'cx="128.0"' in gap("t", -1.0, 0.9, 1.0)
    assert 'width="64.0"' in bar("t", 0.5)
