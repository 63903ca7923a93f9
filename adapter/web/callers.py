"""Who calls: the one place that lets a request pass or asks it to sign in.

A browser shows a session (cookie); a program what `access.py` asks of it, a token or nothing. A
page of another site gets nothing: a browser tells where a request comes from (`Origin`,
`Sec-Fetch-Site`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import Scope

from adapter.domain.access import EVERYTHING, Sight
from adapter.domain.people import Practitioner
from adapter.errors import Rejected
from adapter.mapping.roles import SERVICE, Roles
from adapter.oauth.tokens import NotPermitted, Token
from adapter.store.sessions import Ticket
from adapter.web.access import Access
from adapter.web.bodies import Person
from adapter.web.needs import OPEN, READING, need
from adapter.web.problems import NotThisHost
from adapter.workflow.sign_in import NotSignedIn, SignIn
from adapter.workflow.study_access import StudyAccess

COOKIE = "readout_session"
SIGN_IN = "/sign-in"
LOCAL_PROGRAM = "local program"
"""How a program of this machine is called that shows no token."""

_ENTRANCE = (SIGN_IN, "/sign-out", "/theme")
_MACHINES = ("/api", "/dicom-web", "/fhir", "/v1", "/events", "/health", "/.well-known")
"""Places that programs call; everything else is a page."""
_BY_ITSELF = re.compile(r"/events|/worklist|/studies/[^/]+/parts|/api/studies/[^/]+/lock")
"""What an open page asks for while nobody touches it: no sign that its owner is there."""


class How(StrEnum):
    """By what a caller is known."""

    SESSION = "session"
    PROGRAM = "program"  # by its token; by nothing where no token is asked for
    ANYBODY = "anybody"  # of an open place


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request this is; `person` None: of no named person.

    `scopes`: what they may do, None: everything (a program of this machine that needs no token);
    `sight`: which studies they may be shown.
    """

    how: How
    person: Practitioner | None = None
    token: Token | None = None
    scopes: frozenset[str] | None = frozenset()
    roles: tuple[str, ...] = ()
    sight: Sight = EVERYTHING

    def may(self, method: str, path: str) -> bool:
        """Whether this caller may ask so."""
        needed = need(method, path)
        return self.scopes is None or needed is None or needed.met_by(self.scopes)

    def named(self) -> Practitioner:
        """The person; raises NotSignedIn where there is none."""
        if self.person is None:
            raise not_signed_in()
        return self.person


class Callers:
    """Knows the callers of one house: browsers by their session, programs by their token."""

    def __init__(self, sign_in: SignIn, access: Access, roles: Roles, studies: StudyAccess) -> None:
        self._sign_in, self._access, self._roles = sign_in, access, roles
        self._studies = studies

    async def admit(self, scope: Scope) -> Caller:
        """The caller.

        Raises NotThisHost (another site), NotSignedIn, and what `Access.token` raises.
        """
        headers, path = Headers(scope=scope), str(scope["path"])
        check_site(scope, headers)
        if is_open(path):
            return Caller(How.ANYBODY)
        session = await self._session(scope, headers)
        if session is not None:
            if _changes(scope) and not _from_browser(headers):
                raise NotThisHost("a call with a session must tell its Origin", code="origin")
            return await self._seeing(self._by_session(session), frozenset(session.labels))
        if is_page(path) or (_from_browser(headers) and "authorization" not in headers):
            raise not_signed_in()
        caller = self._by_token(await self._access.token(scope))
        return await self._seeing(caller, self._shown(caller.token))

    async def _seeing(self, caller: Caller, labels: frozenset[str]) -> Caller:
        """With the studies that they may see by these labels and by their roles."""
        rules = self._studies.rules
        if not rules.are_there:
            return caller
        labels |= rules.by_roles(caller.roles or (SERVICE,))
        person = caller.person.id if caller.person else ""
        sight = await anyio.to_thread.run_sync(self._studies.sight_of, labels, person)
        return replace(caller, sight=sight)

    def _shown(self, token: Token | None) -> frozenset[str]:
        """Labels that a program may see by its token."""
        rules = self._studies.rules
        if token is None:
            return rules.by_program(LOCAL_PROGRAM)
        return rules.by_claims(token.claims) | rules.by_program(token.subject)

    async def _session(self, scope: Scope, headers: Headers) -> Ticket | None:
        held = session_of(headers, secure=_is_secure(scope))
        if not held:
            return None
        acts = _BY_ITSELF.fullmatch(scope["path"]) is None
        return await anyio.to_thread.run_sync(lambda: self._sign_in.session(held, acts=acts))

    def _by_session(self, session: Ticket) -> Caller:
        scopes = self._roles.scopes(session.roles)
        return Caller(How.SESSION, session.person, None, scopes, session.roles)

    def _by_token(self, token: Token | None) -> Caller:
        if token is None:
            return Caller(How.PROGRAM, scopes=None)
        person = self._roles.person_of(token.claims)
        return Caller(How.PROGRAM, person, token, token.scopes)


def check_may(scope: Scope, caller: Caller) -> None:
    """Raise NotPermitted where the roles of a session do not reach; tokens are judged before."""
    needed = need(scope.get("method", ""), scope["path"])
    if caller.how is not How.SESSION or needed is None or needed.met_by(caller.scopes or ()):
        return
    told = " or ".join(needed.scopes)
    raise NotPermitted(f"your roles do not reach this: it needs {told}", needed.scope)


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


def cookie_name(*, secure: bool) -> str:
    """Over TLS no other host and no page in the clear can set a cookie of this name (`__Host-`)."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def session_of(headers: Headers, *, secure: bool) -> str:
    """The secret of the session that a browser shows; empty: none."""
    name = cookie_name(secure=secure)
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def session_in(request: Request) -> str:
    """The same, of a request."""
    return session_of(request.headers, secure=_is_secure(request.scope))


def caller_of(request: Request) -> Caller:
    """Whose request this is."""
    caller: Caller = request.state.caller
    return caller


Calling = Annotated[Caller, Depends(caller_of)]


def is_open(path: str) -> bool:
    """Whether anybody may ask for this place."""
    return OPEN.fullmatch(path) is not None or _below(path, _ENTRANCE)


class OtherPerson(Rejected):
    """A person acts under their own name and no other, by session or by token (HTTP 403)."""

    http_status = 403


async def own_name(request: Request, caller: Calling) -> None:
    """Raise OtherPerson when a person asks in another's name; a program may name anybody."""
    if caller.person is None or request.method in READING:
        return
    try:
        body = await request.json()
        told = body.get("person") or body.get("sender") if isinstance(body, dict) else None
        named = Person.model_validate(told) if told is not None else None
    except ValueError:
        return  # the endpoint says what is wrong with it
    if named is not None and named.id != caller.person.id:
        raise OtherPerson(f"you are known as {caller.person.id}", code="person")


def own_author(caller: Caller, told: str) -> str:
    """Who dictates: the caller, where it is a person; raises OtherPerson for anybody else."""
    if caller.person is None:
        return told
    if told not in ("", caller.person.id):
        raise OtherPerson(f"you are known as {caller.person.id}", code="person")
    return caller.person.id


OwnName = Depends(own_name)
"""For routers whose bodies name a person."""


def is_page(path: str) -> bool:
    """Whether a person looks at this place."""
    return not is_open(path) and not _below(path, _MACHINES)


def _is_secure(scope: Scope) -> bool:
    return scope.get("scheme") in ("https", "wss")


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
