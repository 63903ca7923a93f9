"""Tokens for a FHIR server: SMART Backend Services (SMART App Launch 2.2), private_key_jwt.

`SmartAuth` goes into any httpx client as its `auth`: it adds a token, kept until shortly before its
end, and answers one 401 with a new one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import httpx

from adapter.clock import steady
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.smart_client import SmartClient
from adapter.oauth.client_keys import assertion, read_key
from adapter.oauth.documents import ask, document, said
from adapter.outbound import AddressRefused, Outbound
from adapter.ports import Clock

_USUAL_LIFE_S = 300.0
_EARLY = 0.8
"""A token is replaced after this share of its life, at least a minute before its end."""


class SmartAuth(httpx.Auth):
    """Our registration with the authorization server of the FHIR server at `base_url`."""

    def __init__(self, client: SmartClient, base_url: str, clock: Clock) -> None:
        self._client, self._base_url = client, base_url.rstrip("/")
        self._clock, self._steady = clock, steady(clock)
        guard = Outbound.of(client.allowed_hosts, "allowed_hosts of `smart`")
        self._guard = guard.also(base_url, client.token_url)
        self._token = ""
        self._until: datetime | None = None
        try:
            self._guard.check(client.token_url or base_url, secret=True)
        except AddressRefused as error:
            raise ConfigurationError(f"smart: {error}") from None
        for path in client.keys:  # a key that is missing shows at start, not with the first report
            read_key(path)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send with a token; after a 401 once more with a new one. Raises TryAgain."""
        shown = await self.token()
        request.headers["Authorization"] = f"Bearer {shown}"
        response = yield request
        if response.status_code == 401:
            if self._token == shown:
                self._token = ""
            request.headers["Authorization"] = f"Bearer {await self.token()}"
            yield request

    async def token(self) -> str:
        """A token that is good for now; raises TryAgain with what the server says."""
        now = self._steady.now()
        if not self._token or self._until is None or now >= self._until:
            self._token, life = await self._fetch()
            self._until = now + timedelta(seconds=min(life * _EARLY, max(life - 60.0, 0.0)))
        return self._token

    async def _fetch(self) -> tuple[str, float]:
        url = self._client.token_url or await self._endpoint()
        own = self._client
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(own.scopes),
            **assertion(own.keys[0], own.client_id, own.audience or url, self._clock.now()),
        }
        try:
            status, told = await ask(self._guard, "POST", url, secret=True, data=form)
        except AddressRefused as error:
            raise TryAgain(f"smart: {error}") from None
        token, kind = told.get("access_token"), str(told.get("token_type", "bearer"))
        if status != 200 or not isinstance(token, str) or kind.lower() != "bearer":
            raise TryAgain(f"{url} gives no token: HTTP {status}{said(told)}; {_ADVICE}")
        if not token.isascii() or not token.isprintable():
            raise TryAgain(f"{url} gives a token that no header can hold")
        return token, _life(told.get("expires_in"))

    async def _endpoint(self) -> str:
        place = f"{self._base_url}/.well-known/smart-configuration"
        url = (await document(self._guard, place)).get("token_endpoint")
        if not isinstance(url, str):
            raise TryAgain(f"{place} names no token endpoint; set token_url")
        return url


_ADVICE = "compare client_id, scopes and keys with our registration there"


def _life(told: Any) -> float:
    good = isinstance(told, int | float) and 0 < told < 1e9
    return float(told) if good else _USUAL_LIFE_S
