"""Destinations: their queues, and what a person does with them."""

from __future__ import annotations

from typing import Annotated

import anyio
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from adapter.web.bodies import Asked, Prose
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visit, Visiting, minute, page, table
from adapter.web.pages.markup import Child, Html, el
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.destinations import DestinationState

router = APIRouter(prefix="/destinations", include_in_schema=False)

_HEAD = "Destination|Protocol|State|Pending|Oldest|Held|Acknowledged|"


class PauseForm(Asked):
    """Let a destination wait."""

    reason: Prose = Field("", max_length=500)
    """Why; no patient data."""


@router.get("", response_class=HTMLResponse)
def listed(visit: Visiting, parts: House) -> HTMLResponse:
    """Every destination and its queue."""
    return _page(visit, parts)


@router.post("/{name}/test", response_class=HTMLResponse)
async def test(name: str, visit: Visiting, caller: Calling, parts: House) -> HTMLResponse:
    """Connect without sending a report."""
    good, told = await parts.destinations.test(name, caller.named())
    said = el("p", f"{name}: {told}", class_="note good" if good else "note danger", role="status")
    return await anyio.to_thread.run_sync(_page, visit, parts, said)


@router.post("/{name}/pause")
def pause(
    name: str, form: Annotated[PauseForm, Form()], caller: Calling, parts: House
) -> RedirectResponse:
    """Send nothing more for now."""
    parts.destinations.pause(name, caller.named(), form.reason)
    return RedirectResponse("/destinations", 303)


@router.post("/{name}/resume")
def resume(name: str, caller: Calling, parts: House) -> RedirectResponse:
    """Send what has been waiting."""
    parts.destinations.resume(name, caller.named())
    return RedirectResponse("/destinations", 303)


@router.post("/{name}/resend")
def resend(name: str, caller: Calling, parts: House) -> RedirectResponse:
    """Send again what was refused."""
    parts.destinations.resend(name, caller.named())
    return RedirectResponse("/destinations", 303)


def _page(visit: Visit, parts: Parts, said: Html | None = None) -> HTMLResponse:
    rows = list(map(_row, parts.destinations.listed()))
    none = "No destination is set up: add a file under destinations/ of the mappings directory."
    shown = table("Queues", _HEAD, rows, none)
    return page(visit, "Destinations", said, shown, here="/destinations")


def _row(each: DestinationState) -> tuple[Child, ...]:
    return (
        each.name,
        each.protocol,
        _state(each),
        str(each.pending),
        minute(each.oldest_pending_at),
        el("span", str(each.held), class_="chip danger") if each.held else "0",
        str(each.acknowledged),
        _acts(each) if each.known else None,
    )


def _state(each: DestinationState) -> Child:
    if not each.known:
        return el("span", "no mapping file names it", class_="chip warn")
    if each.pause is None:
        return el("span", "at work", class_="chip good")
    why = f" {each.pause.reason}" if each.pause.reason else ""
    told = (" since ", minute(each.pause.at), f" by {each.pause.person}.{why}")
    return (el("span", "paused", class_="chip warn"), told)


def _acts(each: DestinationState) -> Html:
    reason = el("input", name="reason", placeholder="Why", aria_label=f"Why {each.name} is paused",
                maxlength=500)  # fmt: skip
    waits = _act(each, "resume", "Resume") if each.pause else _act(each, "pause", "Pause", reason)
    again = _act(each, "resend", "Send held again") if each.held else None
    return el("div", _act(each, "test", "Test connection"), again, waits, class_="acts")


def _act(each: DestinationState, act: str, label: str, *inputs: Child) -> Html:
    button = el("button", label, type="submit", aria_label=f"{label}: {each.name}")
    return el("form", inputs, button, method="post", action=f"/destinations/{each.name}/{act}")
