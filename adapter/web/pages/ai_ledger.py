"""AI models against signed reports: agreement over time, rates by finding, gaps, arrival."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.reporting.ai_gaps import Gap
from adapter.store.ai_daily import Series, Sums
from adapter.web.pages import plot
from adapter.web.pages.frame import Visiting, page, table
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.period import Day, form, number, period_of, share_cell
from adapter.web.requests import House
from adapter.workflow import ai_ledger_figures
from adapter.workflow.ai_ledger_figures import DayShare, Detail, Overview, Rate, rates

router = APIRouter(include_in_schema=False)

_ABOUT = (
    "Each AI finding against the report that was signed, here or elsewhere. The reference is the"
    " report, not the truth. Findings that the report is silent about count against the model where"
    " it told them present; modes are never added up."
)
_RATES = "Agreement|PPV-like|Missed, of what reports state"
_FATES = "Told|Agreed|Accepted|Edited|Contradicted|Rejected|Ignored|Missed"
_GROUPS = {
    "sex": "Sex",
    "age_band": "Age",
    "scanner": "Scanner",
    "site": "Site",
    "modality": "Modality",
}
_LONGEST = 400

Name = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/ai/ledger", response_class=HTMLResponse)
def show(
    visit: Visiting,
    parts: House,
    since: Day = None,
    until: Day = None,
    model: Name = "",
    version: Name = "",
    mode: Name = "",
) -> HTMLResponse:
    """All models of a period, and one of them in full."""
    period, rules = period_of(parts, since, until, 90), parts.ai_rules
    end = date.fromisoformat(period.end)
    asked = Series(model, version, mode)
    with parts.house.database.read() as tx:
        found = ai_ledger_figures.overview(tx, period.first, end)
        known = [each.series for each in found.models]
        series = asked if asked in known else next(iter(known), None)
        shown = ai_ledger_figures.detail(tx, series, period.first, end, rules) if series else None
    return page(
        visit,
        "AI against reports",
        el("p", _ABOUT, class_="muted"),
        form("/ai/ledger", period, _chosen(series)),
        (_alarm(each, way) for each, way in sorted(found.drifting.items())),
        table(
            "Models",
            f"Model|Version|Mode|Drift|{_FATES}|{_RATES}",
            (_model(each, found, period.first, period.last) for each in found.models),
            "No report with AI findings was signed then.",
        ),
        _detail(series, shown, rules) if series and shown else None,
        here="/ai/ledger",
    )


def _chosen(series: Series | None) -> Iterable[Html]:
    """The model stays chosen when another period is asked for."""
    named = series._asdict().items() if series else ()
    return [el("input", type="hidden", name=name, value=value) for name, value in named]


def _alarm(series: Series, way: str) -> Html:
    kind = "note danger" if way == "worse" else "note"
    told = f"{_name(series)}: agreement is {way} than its baseline."
    return el("p", told, class_=kind)


def _model(each: Sums, found: Overview, first: date, last: date) -> tuple[Child, ...]:
    way = found.drifting.get(each.series)
    if way:
        mark = el("span", way, class_=f"chip {'danger' if way == 'worse' else 'warn'}")
    elif each.series in found.watched:
        mark = el("span", "none", class_="chip good")
    else:
        mark = el("span", "no baseline yet", class_="chip")
    return (_open(each.series, first, last), each.version, each.mode, mark, *_counts(each))


def _open(series: Series, first: date, last: date) -> Html:
    """A form, as names of models hold any sign."""
    fields = {**series._asdict(), "since": first.isoformat(), "until": last.isoformat()}
    hidden = [el("input", type="hidden", name=name, value=each) for name, each in fields.items()]
    shown = f"Show {_name(series)}"
    button = el("button", series.model, type="submit", class_="link", title=shown, aria_label=shown)
    return el("form", hidden, button, method="get", action="/ai/ledger")


def _counts(each: Sums) -> tuple[Child, ...]:
    fates = (each.told, each.agreed, each.accepted, each.edited, each.contradicted,
             each.rejected, each.ignored, each.missed)  # fmt: skip
    return (*(number(f"{count:,}") for count in fates), *map(_rate, rates(each)))


def _rate(rate: Rate) -> Child:
    return share_cell(rate.share, rate.interval)


def _detail(series: Series, shown: Detail, rules: AiMonitoring) -> Html:
    findings = ((each.value or "unknown to the lexicon", *_counts(each)) for each in shown.findings)
    return text(
        el("h2", _name(series)),
        _over_time(shown, rules),
        table("By finding", f"Finding|{_FATES}|{_RATES}", findings, "None."),
        _gaps(shown.gaps, rules),
        table("Arrival after the order", "When|Findings|Share", _arrivals(shown.arrivals), "None."),
    )


def _over_time(shown: Detail, rules: AiMonitoring) -> Html:
    values = [each.rate.share if each.counts else None for each in shown.days]
    labels = [each.day[5:] for each in shown.days]
    drawn = plot.shares("Agreement by day", _told(shown, rules), labels, values, shown.band)
    legend = el(
        "p",
        el("span", "● inside the baseline"),
        el("span", "■ outside"),
        el("span", "green band: 95 % interval of the baseline"),
        class_="legend",
    )
    head, rows = "Day|Settled|Agreed|Agreement", map(_day, shown.days)
    days = el("details", el("summary", "Days as a table"), table("Days", head, rows, "None."))
    told = el("p", _told(shown, rules), class_="muted")
    title = el("h3", "Agreement by day of the signature (UTC)")
    return el("section", title, told, drawn, legend, days)


def _told(shown: Detail, rules: AiMonitoring) -> str:
    little = f"Days with fewer than {rules.least_a_day} settled findings are not drawn"
    known = shown.baseline
    if known is None or shown.band is None:
        return (
            f"{little}. There is no baseline yet: it takes {rules.baseline_days} days with"
            f" {rules.least_of_a_baseline:,} settled findings, and until then no drift is told."
        )
    low, high = shown.band
    return (
        f"{little} and neither count nor break a row. Baseline {known.hits / known.settled:.1%}"
        f" ({low:.1%} to {high:.1%}), {known.first_day} to {known.last_day},"
        f" {known.settled:,} findings."
    )


def _day(each: DayShare) -> tuple[Child, ...]:
    counted = _rate(each.rate) if each.counts else el("span", "too few", class_="muted")
    return (each.day, number(f"{each.rate.of:,}"), number(f"{each.rate.hits:,}"), counted)


def _gaps(found: list[Gap], rules: AiMonitoring) -> Html:
    rule = (
        f"Each group against all others of its kind. Fewer than {rules.least_of_a_group} settled"
        " findings on either side tell nothing. Intervals are 95 % for all comparisons together."
    )
    head = "Group|Value|Settled|Agreement|Difference to the others|"
    return text(
        table("Groups", head, map(_gap, found), "None."),
        el("p", rule, class_="muted"),
    )


def _gap(each: Gap) -> tuple[Child, ...]:
    group = each.group
    head = (_GROUPS[group.dimension], group.value or "not known", number(f"{group.of:,}"))
    if each.share is None or each.gap is None or each.interval is None:
        return (*head, el("span", "too few to tell", class_="muted"), None, None)
    low, high = each.interval
    told = f"{each.gap:+.0%}, interval {low:+.0%} to {high:+.0%}"
    words = f" {each.gap:+.0%} ({low:+.0%} to {high:+.0%})"
    drawn = el("span", plot.gap(told, low, each.gap, high), words, class_="share")
    loud = el("span", "stands out", class_="chip warn") if each.stands_out else None
    return (*head, number(f"{each.share:.0%}"), drawn, loud)


def _arrivals(found: list[tuple[str, int]]) -> Iterable[tuple[Child, ...]]:
    whole = sum(count for _, count in found)
    for name, count in found if whole else ():
        told = f"{count / whole:.0%}"
        bar = plot.bar(f"{name}: {told}", count / whole)
        yield name, number(f"{count:,}"), el("span", bar, f" {told}", class_="share")


def _name(series: Series) -> str:
    return f"{series.model} {series.version} ({series.mode})"
