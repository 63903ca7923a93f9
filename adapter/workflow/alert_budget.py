"""The alert budget: how often what a check says leads to a change, and which say too much."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.domain.report import Severity
from adapter.mapping.checks import Checks
from adapter.reporting.shares import wilson
from adapter.store import alerts
from adapter.store.alerts import AlertState

DEMOTE = "demote"


@dataclass(frozen=True, slots=True)
class CheckBudget:
    """One check in a period. `share`: acted on, of those that are settled; None: of none.

    `interval`: of the share, 95 %, by Wilson (1927).
    """

    check: str
    severity: Severity | None  # None: it is off now
    shown: int
    open: int
    acted_on: int
    dismissed: int
    passed: int
    share: float | None
    interval: tuple[float, float] | None
    hint: str  # "demote", or empty


def budget(tx: sa.Connection, checks: Checks, since: str, until: str) -> list[CheckBudget]:
    """Every check that is on or has spoken in [since, until) (ISO 8601), the loudest first."""
    found = alerts.counts(tx, since, until)
    names = dict.fromkeys((*checks.table.checks, *sorted(found)))
    rows = [_row(name, found.get(name, {}), checks) for name in names]
    return sorted(rows, key=lambda row: -row.shown)


def _row(name: str, found: dict[AlertState, int], checks: Checks) -> CheckBudget:
    acted = found.get(AlertState.ACTED, 0)
    settled = sum(found.values()) - found.get(AlertState.OPEN, 0)
    limit, share = checks.table.budget, acted / settled if settled else None
    noisy = share is not None and settled >= limit.least_flags and share < limit.least_share
    rule = checks.rules.get(name)
    return CheckBudget(
        check=name,
        severity=rule.severity if rule and rule.enabled else None,
        shown=sum(found.values()),
        open=found.get(AlertState.OPEN, 0),
        acted_on=acted,
        dismissed=found.get(AlertState.DISMISSED, 0),
        passed=found.get(AlertState.PASSED, 0),
        share=share,
        interval=wilson(acted, settled) if settled else None,
        hint=DEMOTE if noisy else "",
    )
