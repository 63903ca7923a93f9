"""SMART EHR launch of the workspace: from the EHR to the study in context, signed in."""

from __future__ import annotations

from typing import Annotated

import anyio
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapter.errors import NotFound, Rejected, TryAgain
from adapter.fhir.smart_launch import Launched, SmartLaunch
from adapter.mapping.ehr_launch import LaunchIssuer
from adapter.oauth.code_flow import Begun
from adapter.oauth.tokens import NotPermitted
from adapter.store import studies
from adapter.store.sessions import Ticket
from adapter.web.flow_cookie import begun_in, keep_begun, signed_in
from adapter.web.pages.frame import Visit, Visiting, page
from adapter.web.pages.markup import el
from adapter.web.pages.message_rows import study_path
from adapter.web.parts import Parts
from adapter.web.requests import House

router = APIRouter(tags=["launch"], include_in_schema=False)

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
    keep_begun(request, answer, begun, "/launch")
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
        begun = begun_in(request, state, "/launch")
        launched = await _launched(parts, code, begun)
        place = await anyio.to_thread.run_sync(_place, parts, launched)
    except (Rejected, TryAgain) as error:
        return _refused(visit, error)
    await parts.contexts.join_launched(launched.hub_url, launched.hub_topic, launched.person.id)
    roles = parts.roles.of(launched.claims) or _ehr_of(parts, begun.iss).roles
    labels = parts.study_access.labels_by(launched.claims)
    ticket = Ticket(launched.person, "", roles, "launch", labels=labels)
    return await anyio.to_thread.run_sync(signed_in, request, visit, parts, ticket, place, begun)


async def _launched(parts: Parts, code: str, begun: Begun) -> Launched:
    if not code:  # the EHR gives an error instead (RFC 6749 4.1.2.1)
        raise NotPermitted("the EHR has not let you in; start again from there")
    return await _ehr(parts, begun.iss).finish(code, begun)


def _refused(visit: Visit, error: Rejected | TryAgain) -> Response:
    """A person looks at this: what is wrong, as a page."""
    status = error.http_status if isinstance(error, Rejected) else 503
    told = el("p", str(error), class_="note", role="alert")
    return page(visit, "The study cannot be opened", told, kind="narrow", status=status)


def _ehr(parts: Parts, iss: str) -> SmartLaunch:
    redirect = f"{parts.ehr_launch.address}/launch/back"
    return SmartLaunch(_ehr_of(parts, iss), redirect, parts.house.clock)


def _ehr_of(parts: Parts, iss: str) -> LaunchIssuer:
    issuer = parts.ehr_launch.issuer(iss)
    if issuer is None:
        raise NotPermitted("this EHR may not open studies here; list it in ehr_launch.yaml")
    return issuer


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
