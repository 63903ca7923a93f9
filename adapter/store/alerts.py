"""What became of each flag that a report showed: the alert budget of the checks."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa

from adapter.domain.report import Flag
from adapter.store.tables import alert


class AlertState(StrEnum):
    """Where a flag stands."""

    OPEN = "open"  # shown by the latest, unsigned version
    DISMISSED = "dismissed"  # put aside by a person
    ACTED = "acted"  # gone in the next version: somebody changed what it was about
    PASSED = "passed"  # still there when the report was signed


def record(
    tx: sa.Connection,
    accession: str,
    flags: Iterable[Flag],
    at: str,
    *,
    signed: bool,
    new: bool = True,
) -> None:
    """What a new version shows; each flag counts once for the report, by its id.

    `new`: whether the flags that no version had before were shown to anybody.
    """
    shown = {flag.id: flag for flag in flags}
    known = _known(tx, accession)
    first = [flag for id, flag in shown.items() if id not in known]
    if new and first:
        tx.execute(
            sa.insert(alert),
            [
                {
                    "accession": accession,
                    "flag": flag.id,
                    "code": flag.code,
                    "severity": flag.severity,
                    "shown_at": at,
                    "state": _state(flag, signed=signed),
                }
                for flag in first
            ],
        )
    for id, before in known.items():
        now = _after(before, shown.get(id), signed=signed)
        if now is not before:
            row = sa.update(alert).where(alert.c.accession == accession, alert.c.flag == id)
            tx.execute(row.values(state=now))


def _known(tx: sa.Connection, accession: str) -> dict[str, AlertState]:
    query = sa.select(alert.c.flag, alert.c.state).where(alert.c.accession == accession)
    return {flag: AlertState(state) for flag, state in tx.execute(query)}


def _state(flag: Flag, *, signed: bool) -> AlertState:
    if flag.dismissed:
        return AlertState.DISMISSED
    return AlertState.PASSED if signed else AlertState.OPEN


def _after(before: AlertState, flag: Flag | None, *, signed: bool) -> AlertState:
    """A flag that is gone was acted on, unless it had been put aside; one that is back is open."""
    if flag is not None:
        return _state(flag, signed=signed)
    return AlertState.ACTED if before is AlertState.OPEN else before


def counts(tx: sa.Connection, since: str, until: str) -> dict[str, dict[AlertState, int]]:
    """How many flags of each check, first shown in [since, until) (ISO 8601), are in each state."""
    query = sa.select(alert.c.code, alert.c.state, sa.func.count()).where(
        alert.c.shown_at >= since, alert.c.shown_at < until
    )
    found: dict[str, dict[AlertState, int]] = {}
    for code, state, count in tx.execute(query.group_by(alert.c.code, alert.c.state)):
        found.setdefault(code, {})[AlertState(state)] = count
    return found


def count_by_state(tx: sa.Connection) -> dict[tuple[str, str], int]:
    """How many flags of each (check, state) there were."""
    query = sa.select(alert.c.code, alert.c.state, sa.func.count())
    rows = tx.execute(query.group_by(alert.c.code, alert.c.state))
    return {(code, state): count for code, state, count in rows}


def add(tx: sa.Connection, accession: str, flag: Flag, at: str) -> None:
    """One flag that stands until `close`; its id must be new there."""
    values = {"flag": flag.id, "code": flag.code, "severity": flag.severity, "shown_at": at}
    tx.execute(sa.insert(alert).values(accession=accession, state=AlertState.OPEN, **values))


def standing(tx: sa.Connection, accession: str) -> list[str]:
    """Ids of flags that are open there."""
    query = sa.select(alert.c.flag).where(alert.c.accession == accession)
    return list(tx.scalars(query.where(alert.c.state == AlertState.OPEN)))


def close(tx: sa.Connection, accession: str, flag: str) -> None:
    """What the flag was about is over."""
    row = sa.update(alert).where(alert.c.accession == accession, alert.c.flag == flag)
    tx.execute(row.values(state=AlertState.PASSED))
