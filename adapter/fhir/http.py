"""HTTP with a FHIR server: bounded in time and size, each event loop with its own connections."""

from __future__ import annotations

import asyncio
from typing import NamedTuple
from weakref import WeakKeyDictionary

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from adapter.clock import SystemClock
from adapter.errors import ConfigurationError, TryAgain
from adapter.fhir.smart_auth import SmartAuth
from adapter.mapping.fhir_profile import FhirProfile
from adapter.outbound import wait_told
from adapter.secret_values import needed_secret

_MEDIA_TYPE = "application/fhir+json"
_MAX_ANSWER_BYTES = 4_194_304
_CONNECTING = (httpx.ConnectError, httpx.ConnectTimeout)


class Reply(NamedTuple):
    """An answer; `retry_after` in seconds, None where it does not tell."""

    status: int
    body: bytes
    retry_after: float | None


class FhirHttp:
    """The connections to one server."""

    def __init__(self, profile: FhirProfile) -> None:
        self._profile = profile
        self._base_url = profile.base_url.rstrip("/")
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]
        self._clients = WeakKeyDictionary()
        try:
            httpx.URL(profile.base_url)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"base_url {profile.base_url!r}: {error}") from None
        smart = profile.smart
        self._auth = SmartAuth(smart, profile.base_url, SystemClock()) if smart else None
        self._headers("")  # a token that is missing shows at start, not with the first report

    async def request(
        self,
        method: str,
        path: str,
        control_id: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One exchange below the base URL. Raises TryAgain when the link fails."""
        url = f"{self._base_url}/{path}".rstrip("/")
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._profile.connect_attempts),
            wait=wait_exponential(multiplier=0.1, max=2.0),
            retry=retry_if_exception_type(_CONNECTING),
            reraise=True,
        )
        sent = self._headers(control_id) | (headers or {})
        try:
            async with asyncio.timeout(self._longest()):
                return await retrying(self._once, method, url, sent, body)
        except (httpx.RequestError, TimeoutError) as error:
            raise TryAgain(f"{self._profile.base_url}: {_reason(error)}") from None

    async def close(self) -> None:
        """Drop the connections of the running loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _once(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> Reply:
        async with self._client().stream(method, url, content=content, headers=headers) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    break  # what is kept does not parse, so the delivery is held for a person
            return Reply(response.status_code, bytes(body), wait_told(response.headers))

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
        if token := needed_secret(self._profile.token_env):
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _longest(self) -> float:
        """Seconds for all attempts: a server that drips its answer must not hold the lane."""
        connecting = self._profile.connect_attempts * (self._profile.connect_seconds + 2.0)
        return connecting + self._profile.answer_seconds


def _reason(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
