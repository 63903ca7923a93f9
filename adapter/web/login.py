"""Signing in at the hospital's OpenID provider, and what it tells of a login that has ended."""

from __future__ import annotations

from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from adapter.errors import NotFound, Rejected, TryAgain
from adapter.oauth.login import Login
from adapter.oauth.tokens import NotPermitted
from adapter.store.sessions import Ticket
from adapter.web.flow_cookie import begun_in, keep_begun, signed_in
from adapter.web.pages.entrance import local
from adapter.web.pages.frame import Visit, Visiting, page
from adapter.web.pages.markup import el
from adapter.web.parts import Parts
from adapter.web.problems import status_of
from adapter.web.requests import House

router = APIRouter(tags=["login"], include_in_schema=False)

PLACE = "/login"
_LONGEST = 4_096
_LONGEST_TOKEN = 16_384

LogoutToken = Annotated[str, Form(max_length=_LONGEST_TOKEN)]
Told = Annotated[str, Query(max_length=_LONGEST)]


@router.get(PLACE)
async def login(request: Request, visit: Visiting, parts: House, next: Told = "/") -> Response:
    """On to the provider."""
    try:
        address, begun = await _provider(parts).begin(local(next))
    except (Rejected, TryAgain) as error:
        return _refused(visit, error)
    answer = RedirectResponse(address, 303)
    keep_begun(request, answer, begun, PLACE)
    return answer


@router.get(f"{PLACE}/back")
async def back(
    request: Request,
    visit: Visiting,
    parts: House,
    code: Told = "",
    state: Told = "",
    iss: Told = "",
) -> Response:
    """The provider sends the browser back: a session for whom it names."""
    try:
        provider, begun = _provider(parts), begun_in(request, state, PLACE)
        if not code:  # it gives an error instead (RFC 6749 4.1.2.1)
            raise NotPermitted("the login has not let you in; start again")
        claims = await provider.finish(code, iss, begun)
        ticket = _ticket(parts, provider, claims)
    except (Rejected, TryAgain) as error:
        await anyio.to_thread.run_sync(parts.sign_in.failed, "login")
        return _refused(visit, error)
    return await anyio.to_thread.run_sync(
        signed_in, request, visit, parts, ticket, local(begun.next), begun
    )


@router.post(f"{PLACE}/ended")
async def ended(parts: House, logout_token: LogoutToken) -> Response:
    """A login has ended at the provider (OpenID Connect Back-Channel Logout 1.0)."""
    try:
        provider = _provider(parts)
        sub, sid = await provider.ended(logout_token)
    except Rejected as error:
        told = {"error": "invalid_request", "error_description": str(error)}
        return JSONResponse(told, 400)
    await anyio.to_thread.run_sync(parts.sign_in.sign_out_login, provider.subject(sub), sid)
    return Response(status_code=200)


def _provider(parts: Parts) -> Login:
    if parts.login is None:
        raise NotFound("no login is set up (READOUT_LOGIN_ISSUER)", code="not-found")
    return parts.login


def _ticket(parts: Parts, provider: Login, claims: dict[str, Any]) -> Ticket:
    """Who comes, with which roles; raises NotPermitted for who has none."""
    person = parts.roles.person_of(claims, str(claims["sub"]))
    roles = parts.roles.of(claims)
    if person is None:
        raise NotPermitted("the login tells no number of yours that can be kept; see roles.yaml")
    if not roles:
        raise NotPermitted("you have no role here; ask who runs Readout (roles.yaml)")
    sid = claims.get("sid")
    return Ticket(
        person,
        "",
        roles,
        "login",
        provider.subject(claims["sub"]),
        sid if isinstance(sid, str) else "",
        labels=parts.study_access.labels_by(claims),
    )


def _refused(visit: Visit, error: Rejected | TryAgain) -> Response:
    told = el("p", str(error), class_="note", role="alert")
    again = el("p", el("a", "Sign in", href="/sign-in"))
    return page(visit, "Not signed in", told, again, kind="narrow", status=status_of(error))
