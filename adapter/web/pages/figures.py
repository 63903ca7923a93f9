"""The figures of the house: turnaround, the alert budget of the checks, AI models."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter.domain.order import Priority
from adapter.web.pages import plot
from adapter.web.pages.frame import Visiting, page, table
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.period import Day, form, number, period_of, share_cell
from adapter.web.pages.worklist_row import age
from adapter.web.requests import House
from adapter.workflow import ai_figures, turnaround
from adapter.workflow.ai_figures import MOST_STUDIES, ModelFigures
from adapter.workflow.alert_budget import CheckBudget, budget
from adapter.workflow.turnaround import MOST, Spread, Turnaround

router = APIRouter(include_in_schema=False)


@router.get("/turnaround", response_class=HTMLResponse)
def show_turnaround(
    visit: Visiting, parts: House, since: Day = None, until: Day = None
) -> HTMLResponse:
    """How long reports take."""
    period = period_of(parts, since, until, 30)
    targets = parts.workspace.turnaround_minutes
    with parts.house.database.read() as tx:
        found = turnaround.figures(tx, period.first.isoformat(), period.end, targets)
    return page(
        visit,
        "Turnaround",
        el("p", "From the arrival of the order to the first signature.", class_="muted"),
        form("/turnaround", period),
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
    period = period_of(parts, since, until, 90)
    with parts.house.database.read() as tx:
        rows = budget(tx, parts.house.tables.checks, period.first.isoformat(), period.end)
    shown = [each for each in rows if each.shown]
    head = "Check|Severity|Shown|Open|Acted on|Put aside|Passed|Share acted on|Advice"
    return page(
        visit,
        "Checks",
        el("p", _BUDGET, class_="muted"),
        form("/checks", period),
        table("Checks that said something", head, map(_check, shown), "No check said anything."),
        _silent(each.check for each in rows if not each.shown),
        here="/checks",
    )


@router.get("/ai", response_class=HTMLResponse)
def show_models(
    visit: Visiting, parts: House, since: Day = None, until: Day = None
) -> HTMLResponse:
    """What became of the findings of AI models."""
    period = period_of(parts, since, until, 90)
    with parts.house.database.read() as tx:
        rows = ai_figures.by_model(tx, period.first.isoformat())
    head = "Model|Version|Studies|Findings|Accepted|Rejected|Edited|Undecided|Accepted, of decided"
    return page(
        visit,
        "AI models",
        el("p", f"{_AI} At most the newest {MOST_STUDIES:,} studies are counted.", class_="muted"),
        form("/ai", period, until=False),
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


def _silent(checks: Iterable[str]) -> Html | None:
    """Checks that said nothing."""
    told = [el("li", each) for each in checks]
    return el("section", el("h2", "Silent"), el("ul", told, class_="files muted")) if told else None


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
        number(f"{each.count:,}"),
        number(age(each.median)),
        number(age(each.p90)),
        number(age(limit) if limit else "-"),
        number(share or "-"),
    )


def _check(each: CheckBudget) -> tuple[Child, ...]:
    counts = (each.shown, each.open, each.acted_on, each.dismissed, each.passed)
    return (
        each.check,
        each.severity or "off",
        *(number(f"{count:,}") for count in counts),
        share_cell(each.share, each.interval),
        el("span", "Demote", class_="chip warn") if each.hint else None,
    )


def _model(each: ModelFigures) -> tuple[Child, ...]:
    undecided = each.findings - each.decided
    counts = (each.studies, each.findings, each.accepted, each.rejected, each.edited, undecided)
    share = each.accepted / each.decided if each.decided else None
    return (
        each.model,
        each.version,
        *(number(f"{count:,}") for count in counts),
        share_cell(share, each.interval),
    )


def _nothing(words: str) -> Html:
    return el("p", words, class_="none")
