"""What every request passes before it meets an endpoint: name, origin, path, size, headers."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote, urlencode, urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.acting import in_name_of
from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain
from adapter.oauth.tokens import NotAuthenticated, NotPermitted
from adapter.web import problems
from adapter.web.callers import SIGN_IN, Callers, check_may, is_page
from adapter.web.paths import SLASH
from adapter.web.recording import Recorded, agent_of, new_request, record, refusals
from adapter.web.throttle import Throttle
from adapter.workflow.access_trail import AccessTrail
from adapter.workflow.sign_in import NotSignedIn

JSON_LIMIT = 8_388_608
"""Largest body of anything but audio and DICOM, in bytes."""

SILENT_S = 30.0
"""How long a client may send nothing in the middle of a body, in seconds."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer forms tell Origin: null
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_YEAR = "max-age=31536000"
_REFUSED, _FAILED = 1008, 1011  # RFC 6455 7.4.1


class Shell:
    """ASGI middleware around the whole interface."""

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        host_names: tuple[str, ...],
        callers: Callers,
        shown: problems.Shown,
        throttle: Throttle,
        trail: AccessTrail,
    ) -> None:
        self._app, self._throttle = app, throttle
        self._shown = shown
        self._callers = callers
        self._trail = trail
        self._max_body_bytes = max_body_bytes
        self._host_names = {name.lower() for name in host_names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, limit, pass on; an error that nobody expected ends here."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, secure=scope.get("scheme") == "https")
            await send(message)

        try:
            await self._pass(scope, receive, guarded)
        except (Rejected, TryAgain) as error:
            if not started:
                await self._refusal(scope, error)(scope, receive, guarded)
        except Exception as error:  # the boundary of a request: the service goes on
            response = problems.unexpected(error, scope["path"])
            if not started:
                await response(scope, receive, guarded)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """On to the endpoint, in the name of the caller; what it shows is in the audit trail."""
        await self._check_caller(scope)
        limit = self._limit(scope)
        _check_length(scope, limit)
        await self._recorded(scope, _counted(receive, limit), send)

    async def _recorded(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope["state"]["caller"]
        with in_name_of(agent_of(caller, scope), new_request(), caller.sight) as act:
            recorded = Recorded(scope, send, self._trail, act)
            try:
                await self._app(scope, receive, recorded)
            except Exception as error:
                raise recorded.trouble or error from error

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Closed before it is accepted, a WebSocket is answered with 403."""
        try:
            await self._check_caller(scope)
        except (Rejected, TryAgain):
            await send({"type": "websocket.close", "code": _REFUSED})
            return
        try:
            await self._recorded(scope, receive, send)
        except Exception as error:  # the boundary of a connection: the service goes on
            problems.unexpected(error, scope["path"])
            await send({"type": "websocket.close", "code": _FAILED})

    async def _check_caller(self, scope: Scope) -> None:
        """Against DNS rebinding, pages of other sites, and those who have not signed in."""
        name = _host_name(Headers(scope=scope).get("host", ""))
        on_loopback = _is_loopback((scope.get("server") or ("", 0))[0])
        if on_loopback and not _is_loopback(name) and name not in self._host_names:
            raise problems.NotThisHost(
                "this name is not served; use localhost, or list it in READOUT_HTTP_HOST_NAMES",
                code="host",
            )
        scope["path"] = kept_slashes(scope)
        try:
            await self._admit(scope)
        except Rejected as error:
            await record(self._trail, refusals(scope, error, new_request()))
            raise

    async def _admit(self, scope: Scope) -> None:
        """Who calls, if they may: how often, whether known, whether this is theirs to ask."""
        self._throttle.check_address(scope)
        try:
            caller = await self._callers.admit(scope)
        except NotAuthenticated:
            self._throttle.refused(scope)
            raise
        scope.setdefault("state", {})["caller"] = caller
        self._throttle.check_caller(caller)
        check_may(scope, caller)

    def _refusal(self, scope: Scope, error: ReadoutError) -> Response:
        """The problem; to a person a page, or the entrance where nobody has signed in."""
        path = str(scope["path"])
        if isinstance(error, NotSignedIn) and scope["method"] == "GET" and is_page(path):
            asked = f"{path}?{scope['query_string'].decode('latin-1')}".rstrip("?")
            return RedirectResponse(
                f"{SIGN_IN}?{urlencode({'next': asked})}" if asked != "/" else SIGN_IN, 303
            )
        known = isinstance(error, NotPermitted) and self._shown(Request(scope), error)
        return known or problems.answer(error, path)

    def _limit(self, scope: Scope) -> int:
        path = scope["path"]
        large = path.endswith("/dictations") or path.startswith("/dicom-web/")
        return self._max_body_bytes if large else min(JSON_LIMIT, self._max_body_bytes)


def kept_slashes(scope: Scope) -> str:
    """The decoded path, in which an encoded slash does not part two segments."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return str(scope["path"])
    try:
        parts = [unquote(part, errors="strict") for part in raw.decode("ascii").split("/")]
    except UnicodeDecodeError:
        raise Malformed("the address is not percent-encoded UTF-8", code="path") from None
    if any(SLASH in part for part in parts):
        raise Malformed("the address holds a control character", code="path")
    return "/".join(part.replace("/", SLASH) for part in parts)


def _check_length(scope: Scope, limit: int) -> None:
    told = Headers(scope=scope).get("content-length", "0")
    if not told.isdecimal():
        raise Malformed("Content-Length is not a number", code="length")
    if int(told) > limit:
        raise _too_large(limit)


def _counted(receive: Receive, limit: int) -> Receive:
    """Receive at most `limit` bytes of body, each part of it within SILENT_S."""
    size, complete = 0, False

    async def counting() -> Message:
        nonlocal size, complete
        try:
            with anyio.fail_after(None if complete else SILENT_S):
                message = await receive()
        except TimeoutError:
            raise problems.TooSlow(
                f"nothing came for {SILENT_S:g} seconds; send the whole body again", code="timeout"
            ) from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > limit:
            raise _too_large(limit)
        return message

    return counting


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the body is over {limit} bytes; audio may be as large as READOUT_HTTP_MAX_BODY_BYTES, "
        f"anything else {JSON_LIMIT} bytes",
        code="too-long",
    )


def _add_headers(message: Message, *, secure: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("content-security-policy", _POLICY)
    if secure:
        headers.setdefault("strict-transport-security", _YEAR)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
