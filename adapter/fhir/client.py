"""Sends reports to a FHIR R4 server: one POST of a transaction Bundle per delivery."""

from __future__ import annotations

import asyncio
import os
from weakref import WeakKeyDictionary

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from adapter.clock import SystemClock, retry_after
from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import ConfigurationError, TryAgain
from adapter.fhir.answer import read_answer
from adapter.fhir.smart_auth import SmartAuth
from adapter.mapping.fhir_profile import FhirProfile

_MEDIA_TYPE = "application/fhir+json"
_MAX_ANSWER_BYTES = 4_194_304
_PASSING = frozenset({408, 425, 429})
_CONNECTING = (httpx.ConnectError, httpx.ConnectTimeout)


class FhirDestination:
    """One server; implements ports.Destination. Each event loop has its own connections."""

    def __init__(self, profile: FhirProfile) -> None:
        self._profile = profile
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]
        self._clients = WeakKeyDictionary()
        try:
            httpx.URL(profile.base_url)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"base_url {profile.base_url!r}: {error}") from None
        smart = profile.smart
        self._auth = SmartAuth(smart, profile.base_url, SystemClock()) if smart else None
        self._headers("")  # a token that is missing shows at start, not with the first report

    async def send(self, delivery: Delivery) -> Answer:
        """POST the bundle. Raises TryAgain when the link or the server is away for now."""
        try:
            async with asyncio.timeout(self._longest()):
                response, body = await self._post(delivery)
        except (httpx.RequestError, TimeoutError) as error:
            raise TryAgain(f"{self._profile.base_url}: {_reason(error)}") from None
        told = self._profile.answers.get(response.status_code)
        if told is None and (response.status_code in _PASSING or response.status_code >= 500):
            status = f"HTTP {response.status_code}"
            raise TryAgain(f"{self._profile.base_url} answered {status}", _retry_after(response))
        return read_answer(response.status_code, body, Outcome(told or Outcome.HOLD))

    async def close(self) -> None:
        """Drop the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _post(self, delivery: Delivery) -> tuple[httpx.Response, bytes]:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._profile.connect_attempts),
            wait=wait_exponential(multiplier=0.1, max=2.0),
            retry=retry_if_exception_type(_CONNECTING),
            reraise=True,
        )
        return await retrying(self._post_once, delivery)

    async def _post_once(self, delivery: Delivery) -> tuple[httpx.Response, bytes]:
        url, headers = self._profile.base_url.rstrip("/"), self._headers(delivery.control_id)
        async with self._client().stream(
            "POST", url, content=delivery.body, headers=headers
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    break  # what is kept does not parse, so the delivery is held for a person
            return response, bytes(body)

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            timeout = httpx.Timeout(
                self._profile.answer_seconds, connect=self._profile.connect_seconds
            )
            self._clients[loop] = httpx.AsyncClient(
                timeout=timeout, follow_redirects=False, auth=self._auth
            )
        return self._clients[loop]

    def _headers(self, control_id: str) -> dict[str, str]:
        headers = {
            "Content-Type": _MEDIA_TYPE,
            "Accept": _MEDIA_TYPE,
            "Accept-Encoding": "identity",  # so that the bound on the answer is a bound
            "Prefer": "return=minimal",
            "X-Request-Id": control_id,
        }
        name = self._profile.token_env
        if name:
            token = os.environ.get(name, "").strip()
            if not token:
                raise ConfigurationError(f"environment variable {name} (token_env) is not set")
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _longest(self) -> float:
        """Seconds for all attempts: a server that drips its answer must not hold the lane."""
        connecting = self._profile.connect_attempts * (self._profile.connect_seconds + 2.0)
        return connecting + self._profile.answer_seconds


def _retry_after(response: httpx.Response) -> float | None:
    told = response.headers
    return retry_after(told.get("Retry-After", ""), told.get("Date", ""))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
