"""AI sources: what each may do here, stopping one at once, its model card."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from adapter.domain.ai_source import AiMode, strictest
from adapter.store.ai_sources import Seen
from adapter.web.bodies import Asked, Prose
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visiting, minute, page, table
from adapter.web.pages.markup import Child, Html, el
from adapter.web.requests import House
from adapter.workflow import ai_sources
from adapter.workflow.ai_sources import SourceState

router = APIRouter(prefix="/ai-sources", include_in_schema=False)

_HEAD = "Source|By its file|Now|Versions that told something|"
_NONE = "No AI source: add a file under ai_sources/ of the mappings directory."
_ABOUT = "The strictest of file, template, intended use, version and what is set here counts."


class SwitchForm(Asked):
    """Set a mode, or take back what was set."""

    source: str = Field(max_length=200)
    """Its id; that of a model without a file is its name."""
    mode: AiMode | None = None
    """The mode; None: that of its file again."""
    reason: Prose = Field("", max_length=500)
    """Why; no patient data."""


@router.get("", response_class=HTMLResponse)
def listed(visit: Visiting, parts: House) -> HTMLResponse:
    """Every source and its mode."""
    rows = map(_row, ai_sources.listed(parts.house))
    about = el("p", _ABOUT, class_="muted")
    return page(
        visit, "AI sources", about, table("Sources", _HEAD, rows, _NONE), here="/ai-sources"
    )


@router.post("/set")
def switch(form: Annotated[SwitchForm, Form()], caller: Calling, parts: House) -> RedirectResponse:
    """Make a source stricter, or let its file count again, at once on every node."""
    who = caller.named()
    if form.mode is None:
        ai_sources.start(parts.house, form.source, who, form.reason)
    else:
        ai_sources.set_mode(parts.house, form.source, form.mode, who, form.reason)
    return RedirectResponse("/ai-sources", 303)


def _row(each: SourceState) -> tuple[Child, ...]:
    return (
        _name(each),
        each.base.value if each.file else f"{each.base} (by default: no file names it)",
        _now(each),
        _versions(each) or "none yet",
        _acts(each),
    )


def _name(each: SourceState) -> Child:
    if each.file is None:
        return each.id
    card = f"/api/ai-sources/{quote(each.id, safe='')}/card?format=html"
    shown = el("a", "Model card", href=card) if each.file.card else None
    return (el("strong", each.file.title), " ", el("span", each.id, class_="muted"), " ", shown)


def _now(each: SourceState) -> Child:
    if each.switch is None:
        return el("span", each.effective.value, class_="chip")
    why = f" {each.switch.reason}" if each.switch.reason else ""
    told = (" since ", minute(each.switch.at), f" by {each.switch.person}.{why}")
    return (el("span", each.effective.value, class_="chip warn"), told)


def _versions(source: SourceState) -> Html | None:
    told = [_version(each, source) for each in source.seen]
    return el("ul", told, class_="plain") if told else None


def _version(seen: Seen, source: SourceState) -> Html:
    told = f"{seen.model} {seen.version}: {seen.studies:,} studies since "
    new = source.file is not None and seen.version not in source.file.versions
    mark = el("span", "new: in shadow until its file names it", class_="chip warn")
    return el("li", told, minute(seen.first_at), " ", mark if new else None)


def _acts(each: SourceState) -> Html:
    """Stop and shadow where they make it stricter; start where something is set."""
    stricter = [
        (mode, label)
        for mode, label in ((AiMode.OFF, "Stop"), (AiMode.SHADOW, "Shadow"))
        if mode is not each.effective and strictest((mode, each.base)) is mode
    ]
    reason = el("input", name="reason", placeholder="Why", aria_label=f"Why {each.id} changes",
                maxlength=500)  # fmt: skip
    buttons = [_button(label, each, mode.value) for mode, label in stricter]
    start = _button("Start", each, None) if each.switch else None
    source = el("input", type="hidden", name="source", value=each.id)
    inside = (source, reason, buttons, start)
    return el("form", inside, method="post", action="/ai-sources/set", class_="acts")


def _button(label: str, each: SourceState, mode: str | None) -> Html:
    name = "mode" if mode else None
    return el(
        "button", label, type="submit", name=name, value=mode, aria_label=f"{label}: {each.id}"
    )
