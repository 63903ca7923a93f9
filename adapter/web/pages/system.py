"""Health: what works, what is away and since when, certificates that end, room that is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter import __version__
from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry
from adapter.store import (
    contexts,
    deliveries,
    dictations,
    links,
    messages,
    model_calls,
    studies,
)
from adapter.web import health
from adapter.web.pages.frame import Visiting, minute, page, table
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.worklist_row import age
from adapter.web.parts import Parts
from adapter.web.requests import House

router = APIRouter(include_in_schema=False)

_NAMES = {
    "database": "Database",
    "intake": "Intake of messages",
    "jobs": "Jobs",
    "speech_model": "Speech model",
}


@router.get("/system", response_class=HTMLResponse)
def show(visit: Visiting, parts: House) -> HTMLResponse:
    """How the house is."""
    return page(
        visit,
        "Health",
        table("Parts", "Part|State|Detail", _checks(parts), "Nothing."),
        table("Destinations", "Destination|State|Waits since|Last answer", _links(parts),
              "No destination is set up."),
        table("Other systems", "System|State|Since|Detail", _systems(parts), "None is asked."),
        table("Feeds", "Listener|Sender|State|Last heard", map(_feed, parts.feeds()),
              "No feed is watched: name senders under `feeds` of a listener."),
        table("Certificates", "Used for|File|Ends", map(_certificate, parts.certificates()),
              "No TLS is set up on a listener or destination."),
        table("Stored", "What|State|Count", _counts(parts), "Nothing is stored yet."),
        here="/system",
    )  # fmt: skip


def _checks(parts: Parts) -> Iterator[tuple[Child, ...]]:
    checks = health.state(parts).checks
    for name, label in _NAMES.items():
        yield label, _mark(checks[name].ok), checks[name].detail
    audit = checks["audit"].detail
    yield "Audit trail", _mark(not audit), audit or "as it was written, as far as it was read"
    trouble = parts.site_mappings.trouble or parts.models.trouble
    yield "Mapping files", _mark(not trouble), trouble or "all that was written is in force"
    for disk in parts.node.disks:
        yield "Disk", _mark(checks["disk"].ok and not disk.is_low), disk.told()
    now = parts.house.clock.now()
    begun = parts.node.started_at
    up = age((now - datetime.fromisoformat(begun)).total_seconds() / 60) if begun else ""
    yield "This node", _mark(True), f"{parts.node.id}, Readout {__version__}, up {up or 'now'}"


def _links(parts: Parts) -> Iterator[tuple[Child, ...]]:
    with parts.house.database.read() as tx:
        troubles = deliveries.last_troubles(tx)
    for each in parts.destinations.listed():
        told, at = troubles.get(each.name, ("", ""))
        if each.pause is not None:
            state: Html = el("span", "paused", class_="chip warn")
        elif told:
            state = el("span", "away", class_="chip danger")
        else:
            state = el("span", "ok", class_="chip good")
        yield each.name, state, minute(at or each.oldest_pending_at), told


def _systems(parts: Parts) -> Iterator[tuple[Child, ...]]:
    """Archives, FHIR servers, issuers, the audio store; hubs and models that are away."""
    with parts.house.database.read() as tx:
        asked = [(each.label, each.away_since, each.problem) for each in links.listed(tx)]
        asked += [(f"FHIRcast hub {hub}", since, "") for hub, since in contexts.away(tx).items()]
        asked += [(f"model {name}", since, "") for name, since in model_calls.away(tx).items()]
    for label, since, problem in asked:
        mark = el("span", "away", class_="chip danger") if since else _mark(True)
        yield label, mark, minute(since), problem


def _feed(each: FeedState) -> tuple[Child, ...]:
    mark = el("span", "silent", class_="chip danger") if each.silent else _mark(True)
    return each.listener, each.sender or "any sender", mark, minute(each.heard_at)


def _certificate(each: CertificateExpiry) -> tuple[Child, ...]:
    left = each.seconds_left
    if not each.expires_at:
        end: Html = el("span", "cannot be read", class_="chip danger")
    else:
        mark = "danger" if left <= 0 else "warn" if each.soon else "good"
        word = "over" if left <= 0 else f"in {int(left // 86_400)} days"
        end = text(minute(each.expires_at), " ", el("span", word, class_=f"chip {mark}"))
    return each.owner, each.file, end


def _counts(parts: Parts) -> Iterator[tuple[Child, ...]]:
    with parts.house.database.read() as tx:
        counted = {
            "Messages in": messages.count_by_state(tx),
            "Studies": studies.count_by_status(tx),
            "Dictations": dictations.count_by_state(tx),
        }
    for name, counts in counted.items():
        for state, count in sorted(counts.items()):
            yield name, state, f"{count:,}"


def _mark(good: bool) -> Html:
    return el("span", "ok" if good else "wrong", class_=f"chip {'good' if good else 'danger'}")
