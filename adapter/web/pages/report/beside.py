"""Beside the report: the report before, who was told, where it was sent, what happened."""

from __future__ import annotations

from urllib.parse import quote

from adapter.domain.delivery import DeliveryState
from adapter.reporting.size_changes import SizeChange
from adapter.store.deliveries import OwedDelivery
from adapter.web.pages.frame import link, minute
from adapter.web.pages.markup import Html, el
from adapter.web.pages.report.banner import shown_name
from adapter.web.pages.report.scene import Scene

_DELIVERY = {
    DeliveryState.PENDING: ("Waiting", "info"),
    DeliveryState.ACKNOWLEDGED: ("Acknowledged", "good"),
    DeliveryState.HELD: ("Refused, held", "danger"),
    DeliveryState.WITHDRAWN: ("Withdrawn", ""),
}
_METHODS = ("telephone", "in person", "secure message", "pager")


def prior(scene: Scene) -> Html | None:
    """The report before, with what was measured then and now."""
    earlier = scene.inputs.earlier
    if earlier is None:
        return None
    day = earlier.date
    shown = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else day
    rows = [_change(each) for each in scene.changes]
    return el(
        "section",
        el("h2", "Prior ", el("span", shown, class_="count muted")),
        el("p", f"{earlier.procedure} · {earlier.accession}".strip(" ·"), class_="muted small"),
        el(
            "table",
            el("caption", "Measured then and now", class_="unseen"),
            el("thead", el("tr", (el("th", each, scope="col") for each in _HEAD))),
            el("tbody", rows),
            class_="sizes",
        )
        if rows
        else None,
        el("pre", earlier.text, tabindex="0", aria_label="Text of the report before"),
        id="prior",
        class_="card",
    )


_HEAD = ("Finding", "Then", "Now", "Change")


def _change(change: SizeChange) -> Html:
    side = f"{change.side.value} " if change.side else ""
    grown = "grown" if change.ratio > 0 else "smaller" if change.ratio < 0 else "same"
    return el(
        "tr",
        el("td", f"{side}{change.finding.replace('_', ' ')}", title=change.before),
        el("td", f"{change.before_mm:g} mm", class_="number"),
        el("td", f"{change.now_mm:g} mm", class_="number"),
        el("td", f"{change.ratio:+.0%} {grown}" if change.ratio else "same", class_="number"),
    )


def communication(scene: Scene) -> Html:
    """Who was told of an urgent finding, and the form that records it."""
    told = [
        el(
            "li",
            el("strong", each.finding),
            f" to {each.receiver} by {each.method}, ",
            minute(each.received_at),
            el("span", f" after {each.minutes:.0f} min", class_="muted"),
        )
        for each in scene.communications
    ]
    urgent = [each for each in scene.flags if each.code in ("critical_finding",)]
    return el(
        "section",
        el("h2", "Communication"),
        el("ul", told, class_="told") if told else None,
        el("p", "Nobody has been told of a finding yet.", class_="none") if not told else None,
        el(
            "details",
            el("summary", "Record that somebody was told"),
            _form(),
            data_keep="communication",
            open=bool(urgent) and not told,
        ),
        id="communication",
        class_="card",
    )


def _form() -> Html:
    return el(
        "form",
        el("label", "Finding", el("input", name="finding", required=True, maxlength=200)),
        el("label", "Told to", el("input", name="receiver", required=True, maxlength=200)),
        el(
            "label",
            "How",
            el("select", (el("option", each) for each in _METHODS), name="method"),
        ),
        el("label", "Seen at", el("input", type="datetime-local", name="identified_at")),
        el("label", "Told at", el("input", type="datetime-local", name="received_at")),
        el("button", "Record", type="submit"),
        data_act="communicate",
        class_="stacked",
        autocomplete="off",
    )


def deliveries(scene: Scene) -> Html:
    """Each message that left, with the receiver's answer."""
    rows = [_delivery(each) for each in reversed(scene.deliveries)]
    return el(
        "section",
        el("h2", "Deliveries"),
        el("ol", rows, class_="sent")
        if rows
        else el("p", "Nothing has been sent yet.", class_="none"),
        id="deliveries",
        class_="card",
        aria_live="polite",
    )


def _delivery(owed: OwedDelivery) -> Html:
    one = owed.delivery
    words, mark = _DELIVERY[one.state]
    answer = f"{one.answer} {one.answer_text}".strip()
    return el(
        "li",
        el("span", f"{words} {one.answer}".strip(), class_=f"chip {mark}".strip(), title=answer),
        f" {one.kind} to ",
        link(f"/deliveries/{quote(one.control_id, safe='')}", one.destination),
        " ",
        el("span", minute(owed.answered_at or owed.issued_at), class_="muted small"),
        el("span", one.answer_text, class_="muted small") if one.answer_text else None,
        data_state=one.state.value,
        data_kind=one.kind.value,
    )


def steps(scene: Scene) -> Html | None:
    """Who prepared, handed over and handed back."""
    if not scene.steps:
        return None
    rows = (
        el(
            "li",
            f"{each.state.value.replace('_', ' ')}: {shown_name(each.person)}"
            f"{f' for {each.to}' if each.to else ''}{f', {each.reason}' if each.reason else ''} ",
            el("span", minute(each.at), class_="muted small"),
        )
        for each in scene.steps
    )
    return el(
        "section", el("h2", "Before the signature"), el("ol", rows), id="steps", class_="card"
    )
