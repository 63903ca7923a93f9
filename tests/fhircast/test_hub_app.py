"""The hub on real sockets: HTTP statuses, bounds, tokens, and Medplum's client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from adapter.clock import SystemClock
from adapter.fhircast.event import Json
from adapter.fhircast.hub import Hub
from adapter.fhircast.hub_app import LARGEST_BODY, HubOptions, HubServer
from tests.fhircast.running import running_hub
from tests.fhircast.samples import opening, report_context
from tests.fhircast.test_hub import form
from tests.peers.fhircast_node import medplum_client

FHIR_JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with running_hub() as (url, _):
        yield url


def publish(hub: str, event: Json, **headers: str) -> httpx.Response:
    return httpx.post(hub, content=json.dumps(event), headers=FHIR_JSON | headers)


def test_subscribe_listen_publish_and_read_the_context(hub: str) -> None:
    answer = httpx.post(hub, data=form(hub__topic="one"))
    assert answer.status_code == 202
    with connect(answer.json()["hub.channel.endpoint"]) as socket:
        assert json.loads(socket.recv())["hub.topic"] == "one"
        event = opening(1, topic="one")
        assert publish(hub, event.as_json()).status_code == 202
        heard = json.loads(socket.recv())
        socket.send(json.dumps({"id": heard["id"], "status": 200}))
        assert heard["id"] == event.id
    told = httpx.get(f"{hub}/one").json()
    assert told["context.versionId"] == heard["event"]["context.versionId"]
    assert told["context"][:3] == report_context(1)


def test_decimals_keep_their_digits(hub: str) -> None:
    event = opening(1, topic="decimals").as_json()
    event["event"]["context"][0]["resource"]["x"] = 0
    body = json.dumps(event).replace('"x": 0', '"x": 1.50')
    assert httpx.post(hub, content=body, headers=FHIR_JSON).status_code == 202
    assert '"x":1.50' in httpx.get(f"{hub}/decimals").text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("{}", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("hub.mode=subscribe", "application/x-www-form-urlencoded", 400),
        ("hub.mode=\xff", "application/x-www-form-urlencoded", 400),
        ("x", "text/plain", 415),
        (" " * (LARGEST_BODY + 1), "application/json", 413),
    ],
)
def test_bad_requests_are_answered_with_a_reason(
    hub: str, body: str, kind: str, status: int
) -> None:
    answer = httpx.post(hub, content=body.encode("latin-1"), headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.text


def test_an_unknown_endpoint_has_no_socket(hub: str) -> None:
    with (
        pytest.raises(InvalidStatus),
        connect(hub.replace("http", "ws") + "/ws/guess"),
    ):
        pass


def test_it_says_what_it_can(hub: str) -> None:
    told = httpx.get(f"{hub}/.well-known/fhircast-configuration").json()
    assert told["fhircastVersion"] == "STU3"
    assert told["capabilities"]["supportsGetCurrentContext"]
    assert "DiagnosticReport-update" in told["eventsSupported"]


def test_where_it_has_tokens_one_is_needed() -> None:
    with running_hub(options=HubOptions(tokens=("secret",))) as (hub, _):
        assert httpx.post(hub, data=form()).status_code == 401
        assert httpx.get(f"{hub}/t").status_code == 401
        known = {"Authorization": "Bearer secret"}
        assert httpx.post(hub, data=form(), headers=known).status_code == 202
        assert httpx.get(f"{hub}/t", headers=known).json()["context"] == []


@pytest.mark.peer
def test_medplums_client_shares_a_context_with_another_subscriber() -> None:
    with running_hub() as (hub, _), medplum_client(hub) as medplum:
        answer = httpx.post(hub, data=form())
        with connect(answer.json()["hub.channel.endpoint"]) as socket:
            assert json.loads(socket.recv())["hub.mode"] == "subscribe"
            names = [f"DiagnosticReport-{action}" for action in ("open", "close", "update")]
            subscribed = medplum.tell("subscribe", topic="t", events=names)
            assert subscribed["what"] == "done", subscribed
            medplum.until(lambda said: said["what"] == "connected")
            sent = {"topic": "t", "event": "DiagnosticReport-open"}
            opened = medplum.tell("publish", **sent, context=report_context(1))
            assert opened["what"] == "done", opened
            heard = json.loads(socket.recv())
            assert medplum.event("DiagnosticReport-open")["id"] == heard["id"]
            told = medplum.tell("context", topic="t")["context"]
            assert told["context.versionId"] == heard["event"]["context.versionId"]
            assert medplum.tell("unsubscribe")["what"] == "done"


async def test_who_leaves_before_the_socket_is_open_is_forgotten() -> None:
    server = HubServer(Hub(), SystemClock(), HubOptions())
    endpoint, _ = server.hub.subscribe(form(hub__topic="gone"), SystemClock().now())

    async def gone(*_: object) -> Any:
        raise OSError("the other side has left")

    path = {"endpoint": endpoint}
    socket = WebSocket({"type": "websocket", "path_params": path}, receive=gone, send=gone)
    with pytest.raises(OSError, match="has left"):
        await server._socket(socket)
    assert not server._lines
    assert not server.hub._subscriptions
