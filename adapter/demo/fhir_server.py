"""A small FHIR R4 server that takes transactions, in memory: what the EHR peer answers with."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

Json = dict[str, Any]
_Mark = tuple[str, str, str]  # parameter, system, value
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Json]]
Send = Callable[[Json], Awaitable[None]]
Received = Callable[[bytes, dict[str, str], int, Json], None]
"""Told of each POST: its body, its headers, the status answered and the answer."""


class FhirStore:
    """Resources by type and id; conditional create and update by identifier or tag."""

    def __init__(self) -> None:
        self.resources: dict[tuple[str, str], Json] = {}
        self._marked = defaultdict[tuple[str, _Mark], dict[str, None]](dict)  # ids, oldest first

    def transaction(self, body: bytes) -> tuple[int, Json]:
        """HTTP status and answer to a transaction Bundle (FHIR R4 3.1.0.11)."""
        try:
            bundle = json.loads(body)
            entries = [(each["request"], each["resource"]) for each in bundle["entry"]]
            if (bundle["resourceType"], bundle["type"]) != ("Bundle", "transaction"):
                raise ValueError("not a transaction Bundle")
            answers = [self._entry(request, resource) for request, resource in entries]
        except (ValueError, KeyError, TypeError) as error:
            return 400, _outcome(f"the transaction cannot be read: {error!r}")
        response = [{"response": answer} for answer in answers]
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": response}

    def _entry(self, request: Json, resource: Json) -> Json:
        kind = str(resource["resourceType"])
        update = request["method"] == "PUT"
        criteria = request["url"].partition("?")[2] if update else request.get("ifNoneExist", "")
        id_ = self._find(kind, criteria) if criteria else None
        known = id_ is not None
        if id_ is None:
            id_ = str(len(self.resources) + 1)
        if update or not known:
            self._put(kind, id_, resource)
        status = "200 OK" if known else "201 Created"
        return {"status": status, "location": f"{kind}/{id_}/_history/1"}

    def _put(self, kind: str, id_: str, resource: Json) -> None:
        before, now = _marks(self.resources.get((kind, id_), {})), _marks(resource)
        self.resources[kind, id_] = resource
        for mark in before - now:
            del self._marked[kind, mark][id_]
        for mark in now:
            self._marked[kind, mark].setdefault(id_)

    def _find(self, kind: str, criteria: str) -> str | None:
        wanted = [
            (_known_as(name), *value.rpartition("|")[::2]) for name, value in parse_qsl(criteria)
        ]
        first, *others = [self._marked.get((kind, mark), {}) for mark in wanted]
        return next((id_ for id_ in first if all(id_ in each for each in others)), None)


def _known_as(parameter: str) -> str:
    return parameter if parameter == "_tag" else "identifier"


def _marks(resource: Json) -> set[_Mark]:
    """What it is found by."""
    tags = resource.get("meta", {}).get("tag", [])
    known = resource.get("identifier", [])
    marks = [("_tag", each.get("system", ""), each.get("code", "")) for each in tags]
    marks += [("identifier", each.get("system", ""), each.get("value", "")) for each in known]
    return set(marks)


def _outcome(text: str) -> Json:
    issue = {"severity": "error", "code": "invalid", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


class FhirServer:
    """The store behind HTTP on a loopback port."""

    def __init__(self, received: Received) -> None:
        self.store = FhirStore()
        self._received = received
        config = uvicorn.Config(
            self._application, log_config=None, lifespan="off", interface="asgi3"
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port."""
        listening = socket.create_server(("127.0.0.1", port))
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            if part["type"] == "http.disconnect":  # what came is not all that was to come
                return
            body, more = body + part.get("body", b""), part.get("more_body", False)
        status, answer = self.store.transaction(body)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self._received(body, headers, status, answer)
        told = [(b"content-type", b"application/fhir+json")]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
