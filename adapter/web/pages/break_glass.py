"""The page on which a person opens a restricted study for a while, and says why."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from adapter.errors import Rejected
from adapter.web.bodies import Asked, Prose, Word
from adapter.web.break_glass import GlassAsked, known
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visit, Visiting, page
from adapter.web.pages.markup import Html, el
from adapter.web.pages.message_rows import study_path
from adapter.web.parts import Parts
from adapter.web.problems import status_of
from adapter.web.requests import House, InPath

router = APIRouter(prefix="/break-glass", include_in_schema=False)

_WHAT = (
    "Some studies are kept from people who do not treat the patient. If you must see one, say why:"
    " it opens for {minutes:g} minutes. Your name and the reason are recorded and looked at."
)


class GlassForm(Asked):
    """What the form holds; it may be filled only in part."""

    accession: Word = Field("", max_length=64)
    """Accession number."""
    reason: Word = Field("", max_length=40)
    """One of the list."""
    detail: Prose = Field("", max_length=500)
    """In words."""


@router.get("", response_class=HTMLResponse)
def show(visit: Visiting, parts: House, asked: Annotated[GlassForm, Query()]) -> HTMLResponse:
    """Ask for the reason."""
    return _page(visit, parts, asked)


@router.post("", response_class=HTMLResponse)
def open_(visit: Visiting, parts: House, asked: Annotated[GlassForm, Form()]) -> Response:
    """Open the study, or say what is wrong."""
    try:
        body = GlassAsked.model_validate(asked.model_dump())
    except ValueError:
        told = "Give the accession number, a reason of the list, and why in some words."
        return _page(visit, parts, asked, told, 422)
    person, access = known(visit.caller), parts.study_access
    try:
        access.open(person, body.accession.strip(), body.reason, body.detail)
    except Rejected as error:
        return _page(visit, parts, asked, str(error), status_of(error))
    return RedirectResponse(study_path(body.accession.strip()), 303)


@router.post("/{accession}/end")
def end(accession: InPath, caller: Calling, parts: House) -> Response:
    """Close it before its time."""
    parts.study_access.close(known(caller), accession)
    return RedirectResponse("/", 303)


def offer(accession: str) -> Html:
    """What a search tells of a study that is restricted."""
    place = f"/break-glass?{urlencode({'accession': accession})}"
    way = el("a", "Break the glass", href=place)
    return el("p", f"Study {accession} is restricted. ", way, class_="note", role="status")


def _page(
    visit: Visit, parts: Parts, asked: GlassForm, wrong: str = "", status: int = 200
) -> HTMLResponse:
    access = parts.study_access
    reasons = (("", "Choose"), *access.rules.break_glass_reasons.items())
    options = (
        el("option", title, value=name, selected=name == asked.reason) for name, title in reasons
    )
    form = el(
        "form",
        el(
            "label", "Accession",
            el("input", name="accession", value=asked.accession, required=True, maxlength=64,
               autocomplete="off"),
        ),
        el("label", "Reason", el("select", options, name="reason", required=True)),
        el(
            "label", "In words, without patient data",
            el("textarea", asked.detail, name="detail", required=True, minlength=3, maxlength=500,
               rows=3),
        ),
        el("button", "Open the study", type="submit", class_="main"),
        method="post", action="/break-glass", class_="entrance",
    )  # fmt: skip
    return page(
        visit,
        "Break the glass",
        el("p", wrong, class_="note danger", role="alert") if wrong else None,
        el("p", _WHAT.format(minutes=access.minutes)),
        form,
        kind="narrow",
        status=status,
    )
