"""Which row of the audit trail a request leaves: every one that may have shown patient data, and
every one that was refused.

What a request changes is told by the workflow within the same transaction; such a request leaves
no second row.
"""

from __future__ import annotations

import secrets

import anyio
import sqlalchemy as sa
from starlette.types import Message, Scope, Send

from adapter.acting import Acting
from adapter.domain.audit import Agent, AgentKind, AuditEvent, Outcome, Verb
from adapter.errors import ReadoutError, TryAgain
from adapter.oauth.tokens import NotAuthenticated, NotPermitted
from adapter.web.callers import LOCAL_PROGRAM, Caller, is_open
from adapter.web.needs import READING
from adapter.web.paths import SLASH
from adapter.web.problems import NotThisHost
from adapter.workflow.access_trail import AccessTrail

_NO_PATIENTS = (
    "/audit",  # its own use is told by the desk
    "/ai", "/ai-sources", "/api/checks", "/api/destinations", "/checks", "/destinations", "/help",
    "/setup",
    "/system", "/tour", "/turnaround",
)  # fmt: skip
"""Places, with all below them, that show figures and choices of the house alone."""

_VERBS = {
    ("POST", "/"): Verb.QUERY,
    ("POST", "/worklist"): Verb.QUERY,
    ("POST", "/messages"): Verb.QUERY,
    ("POST", "/deliveries"): Verb.QUERY,
    ("POST", "/api/messages/search"): Verb.QUERY,
    ("POST", "/api/deliveries/search"): Verb.QUERY,
    ("GET", "/api/ai/ledger"): Verb.EXPORT,
    ("GET", "/api/studies/{accession}/report.pdf"): Verb.EXPORT,
    ("POST", "/api/check"): Verb.EXECUTE,
    ("POST", "/v1/process"): Verb.EXECUTE,
    ("WS", "/api/studies/{accession}/dictate"): Verb.CREATE,
    ("POST", "/api/studies/{accession}/lock"): Verb.READ,
    ("POST", "/api/studies/{accession}/unlock"): Verb.READ,
}
"""What a method does not tell."""

_NOT_RECORDED = "the audit trail cannot be written, so nothing is shown; try again"


def new_request() -> str:
    """Names a request in the audit trail."""
    return secrets.token_hex(8)


def agent_of(caller: Caller, scope: Scope) -> Agent:
    """Who calls, as the trail writes it."""
    address = nobody(scope).address
    if caller.person is not None:
        person = caller.person
        name = " ".join(filter(None, (person.given, person.family)))
        return Agent(AgentKind.PERSON, person.id, name, " ".join(caller.roles), address)
    if is_open(str(scope["path"])):
        return nobody(scope)
    program = caller.token.subject if caller.token else LOCAL_PROGRAM
    return Agent(AgentKind.PROGRAM, program, address=address)


def nobody(scope: Scope) -> Agent:
    """Who has not said who he is."""
    return Agent(AgentKind.NOBODY, "", address=str((scope.get("client") or ("",))[0]))


def refusals(scope: Scope, error: ReadoutError, request: str) -> list[AuditEvent]:
    """Of a caller who was not let in; a browser that has yet to sign in is only led there."""
    if not isinstance(error, NotAuthenticated | NotPermitted | NotThisHost):
        return []
    known = scope.get("state", {}).get("caller")
    return [
        AuditEvent(
            Verb.REFUSED,
            object=f"{scope.get('method', 'WS')} {_first(str(scope['path']))}",
            detail=getattr(error, "code", ""),
            outcome=Outcome.SERIOUS_FAILURE,
            agent=agent_of(known, scope) if known is not None else nobody(scope),
            request=request,
        )
    ]


def events_of(scope: Scope, status: int, act: Acting) -> list[AuditEvent]:
    """What a request that was answered leaves, one event a study that it tells of."""
    route, method = scope.get("route"), str(scope.get("method", "WS"))
    place = str(getattr(route, "path_format", getattr(route, "path", "")))
    if not place or act.told or is_open(str(scope["path"])) or _spares(method, place):
        return []
    verb, outcome = _verb(method, place), _outcome(status)
    if status in (401, 403):
        verb = Verb.REFUSED
    named = scope.get("path_params", {}).get("accession")
    studies = {str(named).replace(SLASH, "/")} if named else act.about
    what, detail = f"{method} {place}", "" if outcome is Outcome.SUCCESS else str(status)
    return [
        AuditEvent(verb, each, what, detail, outcome, agent=act.agent, request=act.request)
        for each in sorted(studies) or [""]
    ]


class Recorded:
    """`send` of a request: before the first byte of the answer leaves, its row is on disk."""

    def __init__(self, scope: Scope, send: Send, trail: AccessTrail, act: Acting) -> None:
        self._scope, self._send, self._trail, self._act = scope, send, trail, act
        self.trouble: TryAgain | None = None

    async def __call__(self, message: Message) -> None:
        """Raises TryAgain when the row cannot be written: nothing is shown then."""
        if message["type"] in ("http.response.start", "websocket.accept"):
            events = events_of(self._scope, message.get("status", 101), self._act)
            try:
                await record(self._trail, events)
            except TryAgain as error:  # the framework takes an answer for begun that is not
                self.trouble = error
                raise
        await self._send(message)


async def record(trail: AccessTrail, events: list[AuditEvent]) -> None:
    """On disk when it returns; raises TryAgain."""
    if not events:
        return
    try:
        await anyio.to_thread.run_sync(trail.record, events)
    except sa.exc.SQLAlchemyError:
        raise TryAgain(_NOT_RECORDED, after=5.0) from None


def _spares(method: str, place: str) -> bool:
    return method in READING and any(
        place == each or place.startswith(f"{each}/") for each in _NO_PATIENTS
    )


def _verb(method: str, place: str) -> Verb:
    if known := _VERBS.get((method, place)):
        return known
    if method in READING:
        return Verb.READ if "{" in place else Verb.QUERY
    return Verb.CREATE if method == "POST" else Verb.UPDATE


def _outcome(status: int) -> Outcome:
    if status < 400:
        return Outcome.SUCCESS
    return Outcome.MINOR_FAILURE if status < 500 else Outcome.SERIOUS_FAILURE


def _first(path: str) -> str:
    """The part of the interface that was asked for: what follows may be anything."""
    return "/" + path.split("/")[1] if path.count("/") else path
