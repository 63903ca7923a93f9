"""SMART EHR launch of the workspace: from the EHR to the study in context, signed in."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import asdict
from typing import Annotated

import anyio
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapter.errors import NotFound, Rejected, TryAgain
from adapter.fhir.smart_launch import Begun, Launched, SmartLaunch
from adapter.mapping.ehr_launch import LaunchIssuer
from adapter.oauth.tokens import NotPermitted
from adapter.store import studies
from adapter.web.callers import COOKIE, session_of
from adapter.web.pages.entrance import keep
from adapter.web.pages.frame import Visit, Visiting, page
from adapter.web.pages.markup import el
from adapter.web.pages.message_rows import study_path
from adapter.web.parts import Parts
from adapter.web.requests import House

router = APIRouter(tags=["launch"], include_in_schema=False)

_COOKIE = "readout_launch_"
_MINUTES = 10
_LONGEST = 2_048

Told = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/launch")
async def launch(
    request: Request, visit: Visiting, parts: House, iss: Told = "", launch: Told = ""
) -> Response:
    """An EHR sends a user: on to its authorization server, if it is one of ours."""
    try:
        address, begun = await _ehr(parts, iss).begin(launch)
    except (Rejected, TryAgain) as error:
        return _refused(visit, error)
    answer = RedirectResponse(address, 303)
    # lax: the browser shows it when the EHR sends it back; a name of its own: two tabs at once
    answer.set_cookie(
        _cookie_name(begun.state),
        base64.urlsafe_b64encode(json.dumps(asdict(begun)).encode()).decode(),
        _MINUTES * 60,
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
        path="/launch",
    )
    return answer


@router.get("/launch/back")
async def back(
    request: Request,
    visit: Visiting,
    parts: House,
    code: Told = "",
    state: Told = "",
) -> Response:
    """The EHR sends the browser back: sign the user in and open the study."""
    try:
        launched = await _launched(request, parts, code, state)
        place = await anyio.to_thread.run_sync(_place, parts, launched)
    except (Rejected, TryAgain) as error:
        return _refused(visit, error)
    await parts.contexts.join_launched(launched.hub_url, launched.hub_topic, launched.person.id)
    held = session_of(request.headers)
    session = await anyio.to_thread.run_sync(_session, parts, launched, held)
    # a redirect would still belong to the EHR's site, and the session's cookie would stay away
    answer = page(
        visit,
        "Signed in",
        el("meta", http_equiv="refresh", content=f"0; url={place}"),
        el("p", el("a", "Open the study", href=place)),
        kind="narrow",
    )
    keep(request, answer, COOKIE, session, int(parts.sign_in.hours * 3600), httponly=True)
    answer.delete_cookie(_cookie_name(state), path="/launch")
    return answer


async def _launched(request: Request, parts: Parts, code: str, state: str) -> Launched:
    begun = _begun(request, state)
    if not code:  # the EHR gives an error instead (RFC 6749 4.1.2.1)
        raise NotPermitted("the EHR has not let you in; start again from there")
    return await _ehr(parts, begun.iss).finish(code, begun)


def _refused(visit: Visit, error: Rejected | TryAgain) -> Response:
    """A person looks at this: what is wrong, as a page."""
    status = error.http_status if isinstance(error, Rejected) else 503
    told = el("p", str(error), class_="note", role="alert")
    return page(visit, "The study cannot be opened", told, kind="narrow", status=status)


def _ehr(parts: Parts, iss: str) -> SmartLaunch:
    issuer: LaunchIssuer | None = parts.ehr_launch.issuer(iss)
    if issuer is None:
        raise NotPermitted("this EHR may not open studies here; list it in ehr_launch.yaml")
    redirect = f"{parts.ehr_launch.address}/launch/back"
    return SmartLaunch(issuer, redirect, parts.house.clock)


def _begun(request: Request, state: str) -> Begun:
    """What this browser began; raises NotPermitted for a state that is not its own."""
    held = request.cookies.get(_cookie_name(state), "")
    try:
        begun = Begun(**json.loads(base64.urlsafe_b64decode(held)))
        same = secrets.compare_digest(begun.state.encode(), state.encode())
    except (binascii.Error, ValueError, TypeError, AttributeError):
        same = False
    if not same:
        raise NotPermitted("this browser has not begun this launch; start again from the EHR")
    return begun


def _cookie_name(state: str) -> str:
    plain = "".join(each for each in state[:16] if each.isascii() and each.isalnum())
    return _COOKIE + plain


def _place(parts: Parts, launched: Launched) -> str:
    """The study in context, if it is this patient's; the worklist where none is in context.

    Raises NotFound, and NotPermitted for the study of another patient.
    """
    if not launched.accessions:
        return "/"
    with parts.house.database.read() as tx:
        found = [studies.find(tx, each) for each in launched.accessions]
    known = [study.order for study in found if study]
    if not known:
        raise NotFound("the order of this study has not come yet; try again", code="not-found")
    if len(known) > 1:
        raise Rejected("several studies are in context; open one of them", code="context")
    if known[0].patient.mrn.reveal() not in launched.record_numbers:
        raise NotPermitted("the study in context is not of the patient in context")
    return study_path(known[0].accession)


def _session(parts: Parts, launched: Launched, held: str) -> str:
    code = parts.sign_in.new_code(launched.person)
    return parts.sign_in.redeem(code, held)[0]
