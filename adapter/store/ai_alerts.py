"""Alerts of the house about the agreement of an AI model: one a drift, open until it is over."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.report import Flag, Severity
from adapter.store import ai_baselines, alerts
from adapter.store.ai_daily import Series

DRIFT = "ai_drift"
"""Code of the alert."""
HOUSE = ""
"""Stands for the accession where an alert is about no study."""
WORSE, BETTER = "worse", "better"

_DAY = len("2026-01-01")


def begin(tx: sa.Connection, series: Series, way: str, told: str, day: str, at: str) -> None:
    """The agreement is worse or better than its baseline, as it stood at the end of a day."""
    severity = Severity.ALERT if way == WORSE else Severity.INFO
    flag = Flag(DRIFT, severity, told, id=f"{_stem(series, way)}{day}")
    alerts.add(tx, HOUSE, flag, at)


def end(tx: sa.Connection, series: Series) -> bool:
    """It is over; False where nothing stood."""
    mine = {_stem(series, way) for way in (WORSE, BETTER)}
    found = [flag for flag in alerts.standing(tx, HOUSE) if flag[:-_DAY] in mine]
    for flag in found:
        alerts.close(tx, HOUSE, flag)
    return bool(found)


def standing(tx: sa.Connection) -> dict[Series, str]:
    """Series that have drifted -> which way."""
    stems = {flag[:-_DAY] for flag in alerts.standing(tx, HOUSE)}
    return {
        series: way
        for series in (ai_baselines.listed(tx) if stems else ())
        for way in (WORSE, BETTER)
        if _stem(series, way) in stems
    }


def _stem(series: Series, way: str) -> str:
    """The id without the day at its end."""
    return f"{'/'.join((DRIFT, way, *series))}/"
