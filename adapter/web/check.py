"""Quality checks of any report text, for reporting systems that show them beside their editor."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from adapter.reporting.checks import check_text
from adapter.web.answers import Shown
from adapter.web.bodies import Asked
from adapter.web.requests import House
from adapter.workflow.alert_budget import budget
from adapter.workflow.study_input import StudyInput

router = APIRouter(prefix="/api", tags=["checks"])

_LONGEST = 100_000
_ONE_DAY = timedelta(days=1)
_PERIOD = timedelta(days=90)


def _is_text(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half of a character is not text")
    return text


ReportText = Annotated[str, AfterValidator(_is_text), Field(max_length=_LONGEST)]


class CheckAsked(Asked):
    """A report to check."""

    report: ReportText
    """Its text with its headers."""
    study: StudyInput | None = None
    """What was ordered, and of whom; empty: only what the text tells is checked."""
    prior: ReportText = ""
    """Text of the report before."""


class Recommendation(Shown):
    """What to look at, why, and what to do."""

    code: str
    """Id of the check."""
    severity: str
    """alert, warn or info."""
    message: str
    """Why, and what to do."""
    start: int
    """First character in the report, from 0, in Unicode code points."""
    end: int
    """Behind the last character; the same as `start` at the end of the text: something lacks."""
    text: str
    """The characters from `start` to `end`."""


class CheckAnswer(Shown):
    """Recommendations in the order of the text."""

    recommendations: list[Recommendation]


class CheckBudgetView(Shown):
    """How often what one check says leads to a change; each flag counts once a report."""

    check: str
    severity: str | None
    """As the mapping has it now; null: it is off."""
    shown: int
    open: int
    """Shown by a report that is not signed yet."""
    acted_on: int
    """Gone in the next version."""
    dismissed: int
    """Put aside with a reason."""
    passed: int
    """Still there when the report was signed."""
    share: float | None
    """Acted on, of all that are no longer open: a lower bound of the positive predictive value."""
    interval: tuple[float, float] | None
    """95 % interval of the share (Wilson)."""
    hint: str
    """`demote`: too many of too little use, by `budget` in checks.yaml; else empty."""


class AlertBudgetView(Shown):
    """The alert budget of a period, the loudest check first."""

    since: str
    until: str
    checks: list[CheckBudgetView]


@router.get("/checks")
def checks(
    parts: House,
    since: Annotated[date | None, Query(description="first day; empty: 90 days back")] = None,
    until: Annotated[date | None, Query(description="last day; empty: today")] = None,
) -> AlertBudgetView:
    """What became of the flags of each check."""
    last = until or parts.house.clock.now().date()
    first = since or last - _PERIOD
    end = min(last, date.max - _ONE_DAY) + _ONE_DAY
    with parts.house.database.read() as tx:
        rows = budget(tx, parts.house.tables.checks, first.isoformat(), end.isoformat())
    return AlertBudgetView(
        since=first.isoformat(),
        until=last.isoformat(),
        checks=[CheckBudgetView(**asdict(row)) for row in rows],
    )


@router.post("/check")
def check(body: CheckAsked, parts: House) -> CheckAnswer:
    """Check a report text; nothing is stored."""
    told = body.study
    order = told.order() if told else None
    age = told.age if told else None
    flags = check_text(body.report, parts.house.tables, order, age, body.prior)
    return CheckAnswer(
        recommendations=[
            Recommendation(
                code=flag.code,
                severity=flag.severity.value,
                message=flag.message,
                start=start,
                end=end,
                text=body.report[start:end],
            )
            for flag in flags
            for start, end in (flag.chars or (0, 0),)
        ]
    )
