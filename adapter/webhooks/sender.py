"""Posts signed JSON: one request a delivery, the same id at every try, no redirects."""

from __future__ import annotations

import asyncio

import httpx

from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.webhook_profile import WebhookProfile
from adapter.outbound import AddressRefused, Outbound, is_passing, wait_told
from adapter.ports import Clock
from adapter.webhooks.signatures import signature, webhook_secret


class WebhookDestination:
    """One address; implements ports.Destination on whichever loop calls it."""

    def __init__(self, profile: WebhookProfile, clock: Clock) -> None:
        self._profile, self._clock = profile, clock
        self._guard = Outbound.of(profile.allowed_hosts, "allowed_hosts of the webhook")
        try:
            self._url = self._guard.check(profile.url)
        except AddressRefused as error:
            raise ConfigurationError(f"webhook {profile.url}: {error}") from None
        self._secrets()  # one that is missing shows at start, not with the first report

    async def send(self, delivery: Delivery) -> Answer:
        """POST the stored bytes. Raises TryAgain when nobody answers, or says to come again."""
        headers = self._headers(delivery)
        seconds = self._profile.answer_seconds
        try:
            async with asyncio.timeout(seconds), self._guard.client(timeout=seconds) as client:
                request = client.build_request(
                    "POST", self._url, content=delivery.body, headers=headers
                )
                response = await client.send(request, stream=True)  # its body is of no interest
                await response.aclose()
        except AddressRefused as error:
            return Answer(Outcome.HOLD, "", str(error))
        except (httpx.RequestError, TimeoutError) as error:
            told = f"{type(error).__name__} {error}".strip()
            raise TryAgain(f"webhook {self._url.host}: {told}") from None
        return self._read(response)

    async def reach(self) -> str:
        """Ask for the head of the address, which changes nothing there; raises TryAgain."""
        seconds = self._profile.answer_seconds
        try:
            async with asyncio.timeout(seconds), self._guard.client(timeout=seconds) as client:
                response = await client.head(self._url)
        except (AddressRefused, httpx.RequestError, TimeoutError) as error:
            raise TryAgain(f"webhook {self._url.host}: {error or type(error).__name__}") from None
        return f"{self._url.host} answers (HTTP {response.status_code} to HEAD)"

    async def close(self) -> None:
        """Nothing is kept open."""

    def _read(self, response: httpx.Response) -> Answer:
        status = response.status_code
        if 200 <= status < 300:
            return Answer(Outcome.ACCEPTED, str(status))
        told = self._profile.answers.get(status)
        if told is None and is_passing(status):
            said = f"webhook {self._url.host} answered HTTP {status}"
            raise TryAgain(said, wait_told(response.headers))
        moved = "; it redirects: put the final address into url" if 300 <= status < 400 else ""
        return Answer(Outcome(told or Outcome.HOLD), str(status), f"HTTP {status}{moved}")

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        at = int(self._clock.now().timestamp())
        signatures = (
            signature(secret, delivery.control_id, at, delivery.body) for secret in self._secrets()
        )
        return {
            "Content-Type": "application/json",
            "webhook-id": delivery.control_id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(signatures),
        }

    def _secrets(self) -> list[bytes]:
        return [webhook_secret(name) for name in self._profile.secret_envs]
