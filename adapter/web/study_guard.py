"""The one gate before every place that names a study in its address.

Whoever may not see the study is answered as if there were none, also by places that may be the
first to name one: it is begun by who sees every study. A place that names something of which this
table does not know whether it is of a study is closed to them.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
import sqlalchemy as sa
from fastapi import WebSocketException
from starlette.requests import HTTPConnection

from adapter.acting import acting
from adapter.errors import NotFound, Rejected
from adapter.store import message_log, sight, studies
from adapter.store.message_log import LARGEST_ID
from adapter.web.parts import Parts
from adapter.web.paths import SLASH
from adapter.workflow.fhir_intake import named

Check = Callable[[sa.Connection, str], None]

_REFUSED = 1008  # RFC 6455 7.4.1


def _message(tx: sa.Connection, told: str) -> None:
    if told.isdecimal() and int(told) <= LARGEST_ID:
        message_log.find_received(tx, int(told))


def _delivery(tx: sa.Connection, control_id: str) -> None:
    message_log.find_sent(tx, control_id)


def _order(tx: sa.Connection, id_: str) -> None:
    accession = named(tx, id_)
    if accession is not None and not sight.may_see(tx, accession):
        raise NotFound("no order has this id", code="not-found")


def _study(tx: sa.Connection, accession: str) -> None:
    sight.check(tx, accession)
    studies.get(tx, accession)


def _study_uid(tx: sa.Connection, uid: str) -> None:
    found = studies.of_study_uid(tx, uid)
    if not found or not all(sight.may_see(tx, each.order.accession) for each in found):
        raise NotFound("no study has this UID", code="not-found")


def _beside(_tx: sa.Connection, _told: str) -> None:
    """Names no study, or a part of one that the address names before."""


STUDIES: dict[str, Check] = {
    "studies/accession": _study,
    "studies/study_uid": _study_uid,
    "break-glass/accession": _beside,  # asks by itself who may
    "messages/id": _message,
    "deliveries/control_id": _delivery,
    "ServiceRequest/id": _order,
    "subscription/name": _beside,
    "dictations/id": _beside,
    "destinations/name": _beside,
    "ai-sources/source": _beside,
    "ai-results/name": _beside,
    "users/session": _beside,
    "static/digest": _beside,
    "{digest}/name": _beside,
}
"""How a study is found by what an address names: the part before it, and its name in the route."""


def names(path: str) -> list[tuple[str, str]]:
    """(key of STUDIES, parameter) of each parameter in the path of a route."""
    parts = path.strip("/").split("/")
    found = []
    for before, part in zip(["", *parts], parts, strict=False):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            found.append((f"{before}/{name}", name))
    return found


async def study_guard(connection: HTTPConnection) -> None:
    """A dependency of every route; raises NotFound, for a WebSocket WebSocketException."""
    if acting().sight.labels is None:
        return
    try:
        await anyio.to_thread.run_sync(_check, connection)
    except Rejected as error:
        if connection.scope["type"] == "websocket":
            raise WebSocketException(_REFUSED, str(error)) from None
        raise


def _check(connection: HTTPConnection) -> None:
    parts: Parts = connection.app.state.parts
    path = connection.scope["route"].path
    with parts.house.database.read() as tx:
        for key, name in names(path):
            told = str(connection.path_params[name]).replace(SLASH, "/")
            if key not in STUDIES:
                raise NotFound("there is nothing at this address", code="not-found")
            STUDIES[key](tx, told)  # before the body is read: a wrong one is told of neither
