"""The figures of the house: turnaround, the alert budget of the checks, AI models."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from adapter.domain.order import Priority
from adapter.errors import Rejected
from adapter.web.pages import plot
from adapter.web.pages.frame import Visiting, page, table
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.worklist_row import age
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow import ai_figures, turnaround
from adapter.workflow.ai_figures import MOST_STUDIES, ModelFigures
from adapter.workflow.alert_budget import CheckBudget, budget
from adapter.workflow.turnaround import MOST, Spread, Turnaround

router = APIRouter(include_in_schema=False)

_LONGEST = timedelta(days=366)
_ONE = timedelta(days=1)

Day = Annotated[date | None, Query()]


class _Period(NamedTuple):
    first: date
    last: date

    @property
    def end(self) -> str:
        """The day behind it."""
        return (min(self.last, date.max - _ONE) + _ONE).isoformat()


@router.get("/turnaround", response_class=HTMLResponse)
def show_turnaround(
    visit: Visiting, parts: House, since: Day = None, until: Day = None
) -> HTMLResponse:
    """How long reports take."""
    period = _period(parts, since, until, 30)
    targets = parts.workspace.turnaround_minutes
    with parts.house.database.read() as tx:
        found = turnaround.figures(tx, period.first.isoformat(), period.end, targets)
    return page(
        visit,
        "Turnaround",
        el("p", "From the arrival of the order to the first signature.", class_="muted"),
        _form("/turnaround", period),
        el("p", f"Only the first {MOST:,} studies are counted.", class_="note")
        if found.cut
        else None,
        _turnaround(found, targets) if found.whole else _nothing("No report was signed then."),
        here="/turnaround",
    )


@router.get("/checks", response_class=HTMLResponse)
def show_checks(
    visit: Visiting, parts: House, since: Day = None, until: Day = None
) -> HTMLResponse:
    """How often what a check says leads to a change."""
    period = _period(parts, since, until, 90)
    with parts.house.database.read() as tx:
        rows = budget(tx, parts.house.tables.checks, period.first.isoformat(), period.end)
    shown = [each for each in rows if each.shown]
    silent = ", ".join(each.check for each in rows if not each.shown)
    head = "Check|Severity|Shown|Open|Acted on|Put aside|Passed|Share acted on|Advice"
    return page(
        visit,
        "Checks",
        el("p", _BUDGET, class_="muted"),
        _form("/checks", period),
        table("Checks that said something", head, map(_check, shown), "No check said anything."),
        el("section", el("h2", "Silent"), el("p", silent, class_="muted")) if silent else None,
        here="/checks",
    )


@router.get("/ai", response_class=HTMLResponse)
def show_models(
    visit: Visiting, parts: House, since: Day = None, until: Day = None
) -> HTMLResponse:
    """What became of the findings of AI models."""
    period = _period(parts, since, until, 90)
    with parts.house.database.read() as tx:
        rows = ai_figures.by_model(tx, period.first.isoformat())
    head = "Model|Version|Studies|Findings|Accepted|Rejected|Edited|Undecided|Accepted, of decided"
    return page(
        visit,
        "AI models",
        el("p", f"{_AI} At most the newest {MOST_STUDIES:,} studies are counted.", class_="muted"),
        _form("/ai", period, until=False),
        table("Models", head, map(_model, rows), "No AI finding came in this period."),
        here="/ai",
    )


_BUDGET = (
    "Each flag counts once a report. Acted on: gone in the next version, a lower bound of how often"
    " the check was right. A check that speaks often and is seldom acted on should be demoted in"
    " checks.yaml."
)
_AI = (
    "Findings of models by what people decided about them. Agreement with dictation is not counted"
    " here."
)


def _turnaround(found: Turnaround, targets: dict[Priority, int]) -> Html:
    whole = found.whole
    days = list(found.days)
    head = "Modality|Priority|Signed|Median|90 % within|Target|In time"
    rows = (_group(key, each, targets) for key, each in found.groups.items())
    return text(
        _cards(whole) if whole else None,
        el(
            "section",
            el("h2", "By day of the signature (UTC)"),
            plot.lines(
                "Median and 90th percentile of turnaround by day, in hours",
                [day[5:] for day in days],
                [
                    [each.median / 60 for each in found.days.values()],
                    [each.p90 / 60 for each in found.days.values()],
                ],
                "h",
            ),
            el("p", el("span", "— median"), el("span", "- - 90th percentile"), class_="legend"),
        ),
        table("By modality and priority", head, rows, "None."),
    )


def _cards(whole: Spread) -> Html:
    told = {
        "Signed": f"{whole.count:,}",
        "Median": age(whole.median),
        "90 % within": age(whole.p90),
        "In time": "" if whole.in_time is None else f"{whole.in_time / whole.count:.0%}",
    }
    cards = (el("div", el("dt", name), el("dd", value)) for name, value in told.items() if value)
    return el("dl", cards, class_="figures")


def _group(
    key: tuple[str, Priority], each: Spread, targets: dict[Priority, int]
) -> tuple[Child, ...]:
    modality, priority = key
    limit = targets.get(priority)
    share = None if each.in_time is None else f"{each.in_time / each.count:.0%}"
    return (
        modality or "-",
        "STAT" if priority is Priority.STAT else priority.capitalize(),
        _number(f"{each.count:,}"),
        _number(age(each.median)),
        _number(age(each.p90)),
        _number(age(limit) if limit else "-"),
        _number(share or "-"),
    )


def _check(each: CheckBudget) -> tuple[Child, ...]:
    counts = (each.shown, each.open, each.acted_on, each.dismissed, each.passed)
    return (
        each.check,
        each.severity or "off",
        *(_number(f"{count:,}") for count in counts),
        _share(each.share, each.interval),
        el("span", "Demote", class_="chip warn") if each.hint else None,
    )


def _model(each: ModelFigures) -> tuple[Child, ...]:
    undecided = each.findings - each.decided
    counts = (each.studies, each.findings, each.accepted, each.rejected, each.edited, undecided)
    share = each.accepted / each.decided if each.decided else None
    return (
        each.model,
        each.version,
        *(_number(f"{count:,}") for count in counts),
        _share(share, each.interval),
    )


def _share(share: float | None, interval: tuple[float, float] | None) -> Child:
    if share is None or interval is None:
        return el("span", "none settled", class_="muted")
    low, high = interval
    told = f"{share:.0%}, 95 % interval {low:.0%} to {high:.0%}"
    return (plot.interval(told, low, share, high), f" {share:.0%} ({low:.0%}-{high:.0%})")


def _number(value: str) -> Html:
    return el("span", value, class_="number")


def _nothing(words: str) -> Html:
    return el("p", words, class_="none")


def _form(path: str, period: _Period, *, until: bool = True) -> Html:
    def day(name: str, label: str, value: date) -> Html:
        return el("label", label, el("input", type="date", name=name, value=value.isoformat()))

    return el(
        "form",
        day("since", "From", period.first),
        day("until", "Until", period.last) if until else None,
        el("button", "Show", type="submit"),
        method="get",
        action=path,
        class_="period",
    )


def _period(parts: Parts, since: date | None, until: date | None, days: int) -> _Period:
    last = until or parts.house.clock.now().date()
    first = since or last - timedelta(days=days)
    if not timedelta(0) <= last - first <= _LONGEST:
        raise Rejected("the period must be a day to a year, its first day first", code="period")
    return _Period(first, last)
