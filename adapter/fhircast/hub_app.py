"""The hub over HTTP and WebSocket; what it decides is in hub.py."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from adapter.errors import Malformed, NotFound, Rejected, TooLarge, Unsupported
from adapter.fhir.json_body import write_json
from adapter.fhircast.event import read_event
from adapter.fhircast.hub import Busy, Deliver, Hub, Output, configuration
from adapter.ports import Clock

log = structlog.get_logger()

LARGEST_BODY = 2_097_152
"""Largest request and largest WebSocket message taken, in bytes."""

PATH = "/hub"

_JSON = ("application/json", "application/fhir+json")
_FORM = "application/x-www-form-urlencoded"
_TICK_S = 0.5
_MOST_WAITING = 256  # messages that one subscriber has not read
_TOO_SLOW = 1013
_POLICY_VIOLATION = 1008
_LOST = 1006


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How the hub is reached: `url` as subscribers know it ("": as they called it)."""

    url: str = ""
    tokens: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class HubServer:
    """Sockets of one hub."""

    def __init__(self, hub: Hub, clock: Clock, options: HubOptions) -> None:
        self.hub = hub
        self._clock = clock
        self._options = options
        self._lines: dict[str, asyncio.Queue[str | int]] = {}

    def app(self) -> Starlette:
        """The application; its paths begin with /hub."""
        routes = [
            Route("/healthz", _healthz),
            Route(f"{PATH}/.well-known/fhircast-configuration", _configuration),
            Route(PATH, self._post, methods=["POST"]),
            Route(f"{PATH}/{{topic:path}}", self._post, methods=["POST"]),
            Route(f"{PATH}/{{topic:path}}", self._current),
            WebSocketRoute(f"{PATH}/ws/{{endpoint}}", self._socket),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=self._options.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
        return Starlette(routes=routes, middleware=[cors], lifespan=self._ticking)

    def drop(self, endpoint: str) -> None:
        """Break a connection, as a network does."""
        self._hang_up(endpoint, _TOO_SLOW)

    @contextlib.asynccontextmanager
    async def _ticking(self, _app: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(self._tick())
        yield
        ticking.cancel()
        for endpoint in list(self._lines):
            self._hang_up(endpoint, 1001)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._put(self.hub.tick(self._now()))

    async def _post(self, request: Request) -> Response:
        try:
            self._check_caller(request)
            body = await _body(request)
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == _FORM:
                return self._subscribe(request, body)
            if kind not in _JSON:
                raise Unsupported(f"send {_FORM} to subscribe, {_JSON[1]} to publish")
            event = read_event(body)
            if request.path_params.get("topic", event.topic) not in ("", event.topic):
                raise Rejected("the address names another topic than the event")
            self._put(self.hub.publish(event, self._now()))
            return PlainTextResponse("", 202)
        except Rejected as error:
            status = 400 if type(error) is Rejected else error.http_status
            return PlainTextResponse(str(error), status)
        except Busy as error:
            return PlainTextResponse(str(error), 503, {"Retry-After": "30"})

    def _subscribe(self, request: Request, body: bytes) -> Response:
        try:
            form = dict(parse_qsl(body.decode("ascii"), max_num_fields=50))
        except (UnicodeDecodeError, ValueError):
            raise Malformed("the body is not form-urlencoded") from None
        endpoint, outputs = self.hub.subscribe(form, self._now())
        self._put(outputs)
        address = f"{self._base(request)}/ws/{endpoint}"
        return JSONResponse({"hub.channel.endpoint": address}, 202)

    async def _current(self, request: Request) -> Response:
        try:
            self._check_caller(request)
        except Rejected as error:
            return PlainTextResponse(str(error), error.http_status)
        told = write_json(self.hub.current(request.path_params["topic"]))
        return Response(told, media_type=_JSON[1])

    async def _socket(self, socket: WebSocket) -> None:
        endpoint = socket.path_params["endpoint"]
        if endpoint in self._lines:
            await socket.close(_POLICY_VIOLATION)
            return
        try:
            outputs = self.hub.connected(endpoint, self._now())
        except NotFound:
            await socket.close(_POLICY_VIOLATION)
            return
        line = self._lines[endpoint] = asyncio.Queue()
        self._put(outputs)  # the confirmation goes first
        code = _LOST
        try:
            await socket.accept()
            code = await self._converse(socket, endpoint, line)
        finally:
            self._lines.pop(endpoint, None)
            self._put(self.hub.closed(endpoint, code, self._now()))

    async def _converse(
        self, socket: WebSocket, endpoint: str, line: asyncio.Queue[str | int]
    ) -> int:
        writing = asyncio.create_task(_write(socket, line))
        try:
            return await self._read(socket, endpoint)
        finally:
            writing.cancel()

    async def _read(self, socket: WebSocket, endpoint: str) -> int:
        """Until the subscriber leaves; the code with which it does."""
        try:
            while True:
                text = await socket.receive_text()
                self._put(self.hub.received(endpoint, text, self._now()))
        except WebSocketDisconnect as gone:
            return gone.code
        except (KeyError, RuntimeError):  # a binary message, or a socket that we have closed
            return _LOST

    def _put(self, outputs: Sequence[Output]) -> None:
        """Queue what is to be sent; who does not read is cut off."""
        for each in outputs:
            line = self._lines.get(each.endpoint)
            if line is None:
                continue
            if isinstance(each, Deliver) and line.qsize() < _MOST_WAITING:
                line.put_nowait(each.text)
            else:
                code = _TOO_SLOW if isinstance(each, Deliver) else each.code
                self._hang_up(each.endpoint, code)

    def _hang_up(self, endpoint: str, code: int) -> None:
        line = self._lines.get(endpoint)
        if line is not None:
            line.put_nowait(code)

    def _check_caller(self, connection: HTTPConnection) -> None:
        """By bearer token, where the hub has any."""
        told = connection.headers.get("authorization", "").encode()
        known = [f"Bearer {token}".encode() for token in self._options.tokens]
        if known and not any(hmac.compare_digest(told, each) for each in known):
            raise NotAllowed("send a bearer token that this hub knows", code="login")

    def _base(self, request: Request) -> str:
        """The hub's address as ws: or wss:."""
        url = self._options.url or f"{request.url.scheme}://{request.url.netloc}{PATH}"
        return "ws" + url.rstrip("/").removeprefix("http")

    def _now(self) -> datetime:
        return self._clock.now()


class NotAllowed(Rejected):
    """No token, or an unknown one (HTTP 401)."""

    http_status = 401


async def _write(socket: WebSocket, line: asyncio.Queue[str | int]) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the reader finds it out too
        while isinstance(told := await line.get(), str):
            await socket.send_text(told)
        await socket.close(told)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"a request holds at most {LARGEST_BODY} bytes", code="too-long")
    return bytes(body)


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _configuration(_request: Request) -> Response:
    return JSONResponse(configuration())
