"""The daily look at AI models: baselines, drift, alerts, and the way back to shadow mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from adapter.domain.ai_source import AiMode, strictest
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, NotFound
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.reporting.ai_drift import Baseline, DayCount, Drift, DriftRule, baseline, stands
from adapter.store import ai_alerts, ai_baselines, ai_daily, ai_sources, studies
from adapter.store.ai_baselines import StoredBaseline
from adapter.store.ai_daily import Series
from adapter.workflow.ai_sources import set_mode
from adapter.workflow.study_flow import House

log = structlog.get_logger()

ToShadow = Callable[[str, str], None]
"""Puts a model back to shadow mode: its name, and why."""

_LOCK = 7_001_002  # of the database
_WATCH = Practitioner("ai-watch", "AI watch")
_ONE = timedelta(days=1)


class AiWatch:
    """Looks at each model version and mode once a day; `to_shadow`: the switch of the registry."""

    def __init__(
        self, house: House, rules: AiMonitoring, to_shadow: ToShadow | None = None
    ) -> None:
        self._house, self._rules = house, rules
        self._to_shadow = to_shadow or partial(back_to_shadow, house)
        self._fallen: list[tuple[str, str]] = []
        self._rule = drift_rule(rules)

    def look(self) -> None:
        """Make the sums of changed days, then judge each day that is over and was not looked at."""
        today = self._house.clock.now().date()
        with self._alone() as tx:
            ai_daily.refresh(tx)
        with self._house.database.read() as tx:
            since = (today - 2 * self._rules.baseline_days * _ONE).isoformat()
            active = list(ai_daily.by_day(tx, since, today.isoformat()))
        for series in active:
            with self._alone() as tx:
                found = self._begun_anew(tx, series, ai_baselines.find(tx, series))
                found = found or self._begin(tx, series, today)
                if found is not None:
                    self._watch(tx, found, today)
            while self._fallen:
                self._to_shadow(*self._fallen.pop())

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """A transaction that no other node's look runs beside."""
        with self._house.database.write() as tx:
            self._house.database.hold(tx, _LOCK)
            yield tx

    def _begun_anew(
        self, tx: sa.Connection, series: Series, found: StoredBaseline | None
    ) -> StoredBaseline | None:
        """The baseline, unless the site has set another beginning since."""
        if found is None or found.first_day >= self._first_day(series):
            return found
        ai_baselines.forget(tx, series)
        self._end(tx, series, "its baseline begins anew")
        return None

    def _begin(self, tx: sa.Connection, series: Series, today: date) -> StoredBaseline | None:
        """The baseline, once its days are over."""
        days = _days(tx, self._first_day(series), today.isoformat(), series)
        made = baseline(days, self._rule)
        if made is None:
            return None
        first, last = (_day(each) for each in (made.first, made.last))
        new = StoredBaseline(series, first, last, made.hits, made.of, made.scatter, last)
        ai_baselines.keep(tx, new)
        told = f"{_name(series)}: {made.hits} of {made.of} from {first} to {last}"
        studies.note(tx, ai_alerts.HOUSE, self._house.now(), "AI baseline", told)
        return new

    def _first_day(self, series: Series) -> str:
        asked = self._rules.baseline_from.get(f"{series.model} {series.version}")
        return asked.isoformat() if asked else ""

    def _watch(self, tx: sa.Connection, found: StoredBaseline, today: date) -> None:
        next_day = date.fromisoformat(found.watched) + _ONE
        after = (date.fromisoformat(found.last_day) + _ONE).isoformat()
        since = max(after, (next_day - self._rules.baseline_days * _ONE).isoformat())
        days = _days(tx, since, today.isoformat(), found.series)
        known = baseline_of(found)
        for n, each in enumerate(days, 1):
            if each.day >= next_day.toordinal():
                self._tell(tx, found.series, stands(days[:n], known, self._rule), each)
        ai_baselines.watched(tx, found.series, (today - _ONE).isoformat())

    def _tell(self, tx: sa.Connection, series: Series, now: Drift, day: DayCount) -> None:
        """One alert an episode; it ends when the agreement is back, or is off on the other side."""
        if now is Drift.UNCLEAR or ai_alerts.standing(tx).get(series) == now.value:
            return
        self._end(tx, series, f"{now.value} on {_day(day.day)}")
        if now in (Drift.WORSE, Drift.BETTER):
            self._begin_alert(tx, series, now, _day(day.day))

    def _begin_alert(self, tx: sa.Connection, series: Series, now: Drift, day: str) -> None:
        told = f"{_name(series)}: agreement is {now.value} than its baseline since {day}"
        ai_alerts.begin(tx, series, now.value, told, day, self._house.now())
        studies.note(tx, ai_alerts.HOUSE, self._house.now(), "AI drift", told)
        log.warning("ai_drift", model=series.model, version=series.version, drift=now.value)
        if now is Drift.WORSE and self._rules.return_to_shadow:
            self._fallen.append((series.model, told))

    def _end(self, tx: sa.Connection, series: Series, why: str) -> None:
        if ai_alerts.end(tx, series):
            told = f"{_name(series)}: {why}"
            studies.note(tx, ai_alerts.HOUSE, self._house.now(), "AI drift over", told)


def back_to_shadow(house: House, model: str, why: str) -> None:
    """By the switch of the registry; a source that is as strict already stays as it is."""
    with house.database.read() as tx:
        switch = ai_sources.switches(tx).get(house.tables.ai_sources.id_of(model))
    if switch and strictest((switch.mode, AiMode.SHADOW)) is switch.mode:
        return
    with suppress(Conflict, NotFound):
        set_mode(house, model, AiMode.SHADOW, _WATCH, why)


def drift_rule(rules: AiMonitoring) -> DriftRule:
    """The rule of a site."""
    return DriftRule(
        window=rules.baseline_days,
        days=rules.drift_days,
        least=rules.least_a_day,
        least_findings=rules.least_of_a_baseline,
    )


def baseline_of(stored: StoredBaseline) -> Baseline:
    """As the rule takes it."""
    first, last = (date.fromisoformat(d).toordinal() for d in (stored.first_day, stored.last_day))
    return Baseline(first, last, stored.hits, stored.settled, stored.scatter)


def _days(tx: sa.Connection, since: str, until: str, series: Series) -> list[DayCount]:
    rows = ai_daily.by_day(tx, since, until, series).get(series, [])
    return [DayCount(date.fromisoformat(day).toordinal(), hits, of) for day, hits, of in rows]


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _name(series: Series) -> str:
    return f"{series.model} {series.version} ({series.mode})"
