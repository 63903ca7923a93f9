"""HTTP and WebSocket of one hub, as a subscriber uses them; what it means is in follower.py."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapter.errors import ConfigurationError, Malformed, NeedsPerson, ReadoutError, TryAgain
from adapter.fhir.json_body import write_json
from adapter.fhir.smart_auth import SmartAuth
from adapter.fhircast.event import Event
from adapter.fhircast.tokens import ClientCredentials, FileToken, SmartTokens, Tokens
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.outbound import (
    HTTP,
    WEBSOCKET,
    AddressRefused,
    Outbound,
    body_of,
    host_of,
    is_loopback,
)
from adapter.ports import Clock

LARGEST = 4_194_304
"""Largest answer and largest frame that is read, in bytes."""

_ANSWER_S = 10.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class HubClient:
    """One hub; addresses that it gives us are judged before they are called."""

    def __init__(self, hub: FhircastHub, tokens: Tokens) -> None:
        self._hub = hub
        self._tokens = tokens
        self._outbound = outbound_of(hub)
        self._client = self._outbound.client(secret=hub.token.is_sent, timeout=_ANSWER_S)

    async def topic(self) -> str:
        """The topic that the token names; "" when it names none."""
        return await self._tokens.topic() if self._hub.token.topic_member else ""

    async def subscribe(self, topic: str, endpoint: str = "") -> str:
        """Subscribe, or renew the subscription of an endpoint (2.4); returns the endpoint.

        Raises TryAgain when the hub is away, NeedsPerson when it refuses.
        """
        answer = await self._post_form("subscribe", topic, endpoint)
        told = _json(answer)
        found = told.get("hub.channel.endpoint") if isinstance(told, dict) else None
        if not isinstance(found, str):
            raise NeedsPerson("the hub's answer to the subscription names no hub.channel.endpoint")
        self._outbound.check(found, schemes=WEBSOCKET)
        return found

    async def unsubscribe(self, topic: str, endpoint: str) -> None:
        """End the subscription (RAD-152); raises TryAgain, NeedsPerson."""
        await self._post_form("unsubscribe", topic, endpoint)

    async def connect(self, endpoint: str) -> ClientConnection:
        """Open the WebSocket of a subscription (RAD-147); raises TryAgain."""
        url = self._outbound.check(endpoint, schemes=WEBSOCKET)
        try:
            host = await self._outbound.pinned(url)
            return await connect(
                endpoint,
                host=host,
                proxy=None,
                max_size=LARGEST,
                max_queue=64,
                open_timeout=_ANSWER_S,
                close_timeout=2.0,
                ping_interval=20.0,
                ping_timeout=20.0,
                compression=None,
            )
        except (OSError, WebSocketException, TimeoutError) as error:
            raise TryAgain(f"the hub's WebSocket: {type(error).__name__}") from None

    async def publish(self, event: Event) -> tuple[int | None, str]:
        """POST an event (2.6): (HTTP status, what was said); status None: no answer came."""
        url = self._hub.address(self._hub.publish_url, event.topic)
        body = write_json(event.as_json()).encode()
        headers = {"Content-Type": self._hub.media_type}
        try:
            answer = await self._request("POST", url, content=body, headers=headers)
        except ReadoutError as error:
            return None, str(error)
        return answer.status_code, answer.text[:300]

    async def current(self, topic: str) -> Any:
        """GET the current context (2.9): its JSON, "" for an empty answer, None for none."""
        url = self._hub.address(self._hub.context_url, topic)
        try:
            answer = await self._request("GET", url)
        except ReadoutError:
            return None
        if answer.status_code == 404:
            return {}
        if not answer.is_success:
            return None
        return _json(answer) if answer.content.strip() else ""

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.aclose()

    async def _post_form(self, mode: str, topic: str, endpoint: str) -> httpx.Response:
        hub = self._hub
        form = {
            "hub.channel.type": "websocket",
            "hub.mode": mode,
            "hub.topic": topic,
            "hub.events": ",".join(hub.events),
            hub.lease_parameter: str(hub.lease_seconds),
            "subscriber.name": hub.subscriber_name,
        }
        if endpoint:
            form["hub.channel.endpoint"] = endpoint
        body = urlencode(form).encode()
        answer = await self._request("POST", hub.url, content=body, headers=_FORM)
        if answer.status_code >= 500 or answer.status_code in (404, 408, 425, 429):
            raise TryAgain(f"the hub answered {answer.status_code} to {mode}")
        if not answer.is_success:
            said = answer.text[:200]
            raise NeedsPerson(f"the hub answered {answer.status_code} to {mode}: {said}")
        return answer

    async def _request(self, method: str, url: str, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {})) | {"Accept": "application/json"}
        token = await self._tokens.token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            async with self._client.stream(method, url, headers=headers, **more) as answer:
                too_long = Malformed(f"the hub's answer is over {LARGEST} bytes")
                body = await body_of(answer, LARGEST, too_long)
        except httpx.HTTPError as error:
            raise TryAgain(f"the hub does not answer: {type(error).__name__}") from None
        return httpx.Response(answer.status_code, content=body)


def outbound_of(hub: FhircastHub) -> Outbound:
    """What may be called for a hub: the hosts that its file names; raises ConfigurationError."""
    setting = f"endpoint_hosts of the hub {hub.name}"
    here = is_loopback(host_of(httpx.URL(hub.url)))
    guard = Outbound.of(hub.endpoint_hosts, setting, public=False, loopback=here)
    guard = guard.also(hub.url, hub.token.url)
    try:
        guard.check(hub.url, schemes=HTTP, secret=hub.token.is_sent)
        if hub.token.url:
            guard.check(hub.token.url, schemes=HTTP, secret=True)
    except AddressRefused as error:
        raise ConfigurationError(f"hub {hub.name}: {error}") from None
    return guard


def open_client(hub: FhircastHub, clock: Clock) -> HubClient:
    """A client of this hub with the tokens that its file names."""
    rule = hub.token
    if rule.smart is not None:
        return HubClient(hub, SmartTokens(SmartAuth(rule.smart, hub.url, clock)))
    tokens = ClientCredentials(rule, outbound_of(hub)) if rule.url else FileToken(rule.file)
    return HubClient(hub, tokens)


def _json(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
