"""Who calls: the one place that lets a request pass or asks it to sign in.

A browser shows a session (cookie); a program what `access.py` asks of it, a token or nothing. A
page of another site gets nothing: a browser tells where a request comes from (`Origin`,
`Sec-Fetch-Site`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import Scope

from adapter.domain.people import Practitioner
from adapter.errors import Rejected
from adapter.oauth.tokens import Token
from adapter.web.access import OPEN, READING, Access
from adapter.web.bodies import Person
from adapter.web.problems import NotThisHost
from adapter.workflow.sign_in import NotSignedIn, SignIn

COOKIE = "readout_session"
SIGN_IN = "/sign-in"

_ENTRANCE = (SIGN_IN, "/theme", "/static")
_MACHINES = ("/api", "/dicom-web", "/fhir", "/v1", "/events", "/health", "/.well-known")
"""Places that programs call; everything else is a page."""


class How(StrEnum):
    """By what a caller is known."""

    SESSION = "session"
    PROGRAM = "program"  # by its token; by nothing where no token is asked for
    ANYBODY = "anybody"  # of an open place


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request this is; `person` None: of no named person."""

    how: How
    person: Practitioner | None = None
    token: Token | None = None

    def named(self) -> Practitioner:
        """The person; raises NotSignedIn where there is none."""
        if self.person is None:
            raise not_signed_in()
        return self.person


class Callers:
    """Knows the callers of one house: browsers by their session, programs by their token."""

    def __init__(self, sign_in: SignIn, access: Access) -> None:
        self._sign_in, self._access = sign_in, access

    async def admit(self, scope: Scope) -> Caller:
        """The caller.

        Raises NotThisHost (another site), NotSignedIn, and what `Access.token` raises.
        """
        headers, path = Headers(scope=scope), str(scope["path"])
        check_site(scope, headers)
        if is_open(path):
            return Caller(How.ANYBODY)
        person = await self._person(headers)
        if person is not None:
            if _changes(scope) and not _from_browser(headers):
                raise NotThisHost("a call with a session must tell its Origin", code="origin")
            return Caller(How.SESSION, person)
        if is_page(path) or (_from_browser(headers) and "authorization" not in headers):
            raise not_signed_in()
        return Caller(How.PROGRAM, token=await self._access.token(scope))

    async def _person(self, headers: Headers) -> Practitioner | None:
        held = session_of(headers)
        return await anyio.to_thread.run_sync(self._sign_in.person, held) if held else None


def not_signed_in() -> NotSignedIn:
    """Nobody has signed in."""
    return NotSignedIn("sign in first; `readout sign-in` makes a link", code="sign-in")


def check_site(scope: Scope, headers: Headers) -> None:
    """Raise NotThisHost for what a page of another site asks; it may only lead here by a link."""
    origin = headers.get("origin")
    foreign = bool(origin) and urlsplit(origin or "").netloc != headers.get("host", "")
    site = headers.get("sec-fetch-site", "none")
    if _changes(scope):
        refused = foreign or site not in ("same-origin", "none")
    else:
        refused = site not in ("same-origin", "none") and not _is_link(headers)
    if refused:
        raise NotThisHost("requests from pages of other sites are refused", code="origin")


def session_of(headers: Headers) -> str:
    """The secret of the session that a browser shows; empty: none."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def caller_of(request: Request) -> Caller:
    """Whose request this is."""
    caller: Caller = request.state.caller
    return caller


Calling = Annotated[Caller, Depends(caller_of)]


def is_open(path: str) -> bool:
    """Whether anybody may ask for this place."""
    return OPEN.fullmatch(path) is not None or _below(path, _ENTRANCE)


class OtherPerson(Rejected):
    """A session acts under the name of the person who has signed in, and no other (HTTP 403)."""

    http_status = 403


async def own_name(request: Request, caller: Calling) -> None:
    """Raise OtherPerson when a session asks in another person's name; programs may name anybody."""
    if caller.person is None or request.method in READING:
        return
    try:
        body = await request.json()
        told = body.get("person") or body.get("sender") if isinstance(body, dict) else None
        named = Person.model_validate(told) if told is not None else None
    except ValueError:
        return  # the endpoint says what is wrong with it
    if named is not None and named.id != caller.person.id:
        raise OtherPerson(f"you are signed in as {caller.person.id}", code="person")


OwnName = Depends(own_name)
"""For routers whose bodies name a person."""


def is_page(path: str) -> bool:
    """Whether a person looks at this place."""
    return not is_open(path) and not _below(path, _MACHINES)


def _below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in places)


def _changes(scope: Scope) -> bool:
    """A WebSocket changes something too."""
    return scope.get("method") not in READING


def _from_browser(headers: Headers) -> bool:
    return "origin" in headers or "sec-fetch-site" in headers


def _is_link(headers: Headers) -> bool:
    """A link or an address typed: the top of a tab goes there, nothing of it can be read."""
    mode, place = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return mode == "navigate" and place == "document"
