"""The daily look: baselines are kept, drift is told once an episode, sums are made by the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.domain.ai_ledger import Fate, Judgement
from adapter.domain.ai_source import AiMode
from adapter.domain.finding import AiFinding
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.store import ai_alerts, ai_baselines, ai_daily, ai_ledger, ai_sources, alerts, changes
from adapter.store.ai_daily import Series
from adapter.store.ai_ledger import LedgerRow
from adapter.store.ai_tables import ai_daily as daily
from adapter.store.alerts import AlertState
from adapter.store.database import Database
from adapter.workflow import ai_results
from adapter.workflow.ai_ledger import Circumstances, ledger_row
from adapter.workflow.ai_sources import set_mode
from adapter.workflow.ai_watch import AiWatch, back_to_shadow
from tests.fakes.house import DR_GRAY, Workflow, order

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
SERIES = Series("cxr", "1", "suggest")
WOMEN = Circumstances("", "NORTH", "", "CR", "chest", "F", "40-64")


def judged(n: int, *, agreed: bool, model: str = "cxr") -> Judgement:
    fate = Fate.AGREED if agreed else Fate.REJECTED
    return Judgement(f"a{n}", model, "1", "pneumothorax", True, fate)


def day_of(tx: sa.Connection, day: int, hits: int, of: int = 100) -> None:
    """One study with so many findings, signed on this day."""
    at = (BEGIN + timedelta(days=day)).isoformat(timespec="milliseconds")
    about = WOMEN._replace(accession=f"D{day}")
    rows = [
        ledger_row(judged(n, agreed=n < hits), about, 2, (at, at), "suggest", (60.0, 600.0))
        for n in range(of)
    ]
    ai_ledger.write(tx, about.accession, rows)


def fill(database: Database, until: int, low: range) -> None:
    """Days with 90 % of 40 findings agreed with; 75 % on those that are low."""
    with database.write() as tx:
        for day in range(until):
            day_of(tx, day, 30 if day in low else 36, 40)


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> Workflow:
    workflow = Workflow(sqlite, tmp_path)
    workflow.clock.moment = BEGIN
    return workflow


def on(workflow: Workflow, day: int) -> None:
    workflow.clock.moment = BEGIN + timedelta(days=day)


def standing(workflow: Workflow) -> list[str]:
    with workflow.database.read() as tx:
        return alerts.standing(tx, "")


def told(workflow: Workflow, event: str) -> list[str]:
    with workflow.database.read() as tx:
        return [detail for _, detail in changes.of_house(tx, event)]


def test_sums_are_those_of_the_ledger_on_both_engines(workflow: Workflow) -> None:
    database = workflow.database
    with database.write() as tx:
        day_of(tx, 0, 90)
        day_of(tx, 1, 40, 50)

    def shown() -> list[ai_daily.Sums]:
        with database.read() as tx:
            return ai_daily.sums(tx, "2026-01-01", "2026-01-03")

    fresh = shown()
    with database.write() as tx:
        assert ai_daily.refresh(tx) == 2
        assert ai_daily.refresh(tx) == 0
        assert tx.scalar(sa.select(sa.func.count()).select_from(daily)) == 2 * 9
    assert shown() == fresh
    (whole,) = [each for each in fresh if each.dimension == "all"]
    assert (whole.agreed, whole.rejected, whole.settled, whole.concordant, whole.told) == (
        130, 20, 150, 130, 150)  # fmt: skip
    values = {each.dimension: each.value for each in fresh}
    assert (values["sex"], values["arrival"], values["site"]) == ("F", "within 5 min", "NORTH")
    with database.write() as tx:
        day_of(tx, 1, 50, 50)  # judged anew
    assert next(each for each in shown() if each.dimension == "all").concordant == 140


def test_drift_is_told_once_and_its_end_too(house: Workflow) -> None:
    watch = AiWatch(house.house, AiMonitoring())
    fill(house.database, 110, range(70, 90))
    on(house, 60)
    watch.look()
    with house.database.read() as tx:
        made = ai_baselines.find(tx, SERIES)
    assert made is None  # its two months end with a finding behind them
    on(house, 62)
    watch.look()
    with house.database.read() as tx:
        made = ai_baselines.find(tx, SERIES)
    assert made
    assert (made.hits, made.settled, made.first_day, made.last_day) == (
        2160, 2400, "2026-01-01", "2026-03-01")  # fmt: skip
    on(house, 76)
    watch.look()
    assert standing(house) == []
    for day in (77, 78, 85):
        on(house, day)
        watch.look()
        watch.look()
        assert len(standing(house)) == 1
    with house.database.read() as tx:
        assert ai_alerts.standing(tx) == {SERIES: "worse"}
        counts = alerts.count_by_state(tx)
    assert counts == {("ai_drift", AlertState.OPEN): 1}
    assert told(house, "AI drift") == [
        "cxr 1 (suggest): agreement is worse than its baseline since 2026-03-18"
    ]
    on(house, 110)
    watch.look()
    assert standing(house) == []
    assert len(told(house, "AI drift")) == 1
    assert told(house, "AI drift over") == ["cxr 1 (suggest): back on 2026-04-06"]


def test_a_look_that_was_left_out_is_made_up_for(house: Workflow) -> None:
    watch = AiWatch(house.house, AiMonitoring())
    fill(house.database, 110, range(70, 90))
    on(house, 110)
    watch.look()
    assert len(told(house, "AI drift")) == len(told(house, "AI drift over")) == 1


def test_a_model_goes_back_to_shadow_only_where_the_site_says_so(house: Workflow) -> None:
    asked: list[tuple[str, str]] = []

    def to_shadow(model: str, why: str) -> None:
        asked.append((model, why.partition(":")[0]))

    fill(house.database, 80, range(65, 80))
    on(house, 80)
    AiWatch(house.house, AiMonitoring(), to_shadow).look()
    assert asked == []
    with house.database.write() as tx:
        ai_baselines.forget(tx, SERIES)
        for flag in alerts.standing(tx, ""):
            alerts.close(tx, "", flag)
        tx.execute(sa.text("delete from readout_alert"))
    AiWatch(house.house, AiMonitoring(return_to_shadow=True), to_shadow).look()
    assert asked == [("cxr", "cxr 1 (suggest)")]


def test_a_site_begins_a_baseline_anew(house: Workflow) -> None:
    fill(house.database, 160, range(70, 160))
    on(house, 160)
    AiWatch(house.house, AiMonitoring()).look()
    assert len(standing(house)) == 1
    rules = AiMonitoring.model_validate({"baseline_from": {"cxr 1": "2026-03-20"}})
    AiWatch(house.house, rules).look()
    assert standing(house) == []
    with house.database.read() as tx:
        made = ai_baselines.find(tx, SERIES)
    assert made
    assert made.first_day == "2026-03-20"


def test_a_row_says_what_it_counts_for() -> None:
    signed = ("2026-01-05", "2026-01-02")
    row = ledger_row(judged(1, agreed=True), WOMEN, 3, signed, "shadow", (None, None))
    assert isinstance(row, LedgerRow)
    assert (row.at, row.day, row.mode, row.concordant, row.confirmed, row.miss) == (
        "2026-01-05", "2026-01-02", "shadow", 1, 1, 0)  # fmt: skip


def test_the_switch_of_the_registry_is_thrown(house: Workflow) -> None:
    house.order("A1")
    told = AiFinding("a1", "Left pneumothorax.", "cxr", "1")
    with house.database.write() as tx:
        ai_results.add_findings(house.house, tx, order("A1").accession, (told,), "test")
    fill(house.database, 80, range(65, 80))
    on(house, 80)
    AiWatch(house.house, AiMonitoring(return_to_shadow=True)).look()
    with house.database.read() as tx:
        (switch,) = ai_sources.switches(tx).values()
    assert (switch.mode, switch.person) == (AiMode.SHADOW, "ai-watch")
    assert "agreement is worse" in switch.reason
    set_mode(house.house, "cxr", AiMode.OFF, DR_GRAY)
    back_to_shadow(house.house, "cxr", "again")
    back_to_shadow(house.house, "unknown", "again")
    with house.database.read() as tx:
        (switch,) = ai_sources.switches(tx).values()
    assert switch.mode is AiMode.OFF  # what a person stopped stays stopped
