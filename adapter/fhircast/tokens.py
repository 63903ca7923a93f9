"""Bearer tokens for a hub: none, from a file, or by OAuth 2.0 client credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import httpx

from adapter.errors import ConfigurationError, NeedsPerson, TryAgain
from adapter.fhir.smart_auth import SmartAuth
from adapter.mapping.fhircast_hubs import HubToken
from adapter.outbound import Outbound

_EARLY_S = 30.0
_USUAL_S = 300.0
_LARGEST = 65_536


class Tokens(Protocol):
    """Where the bearer token of a hub comes from."""

    async def token(self) -> str:
        """A token that is valid now; "" where none is needed. Raises TryAgain, NeedsPerson."""

    async def topic(self) -> str:
        """The topic that came with the token; "" when none did."""


class FileToken:
    """A token in a file, read anew each time; without a file none is sent."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def token(self) -> str:
        """The first line of the file."""
        return "" if self._file is None else await asyncio.to_thread(read_secret, self._file)

    async def topic(self) -> str:
        """A file names none."""
        return ""


class SmartTokens:
    """SMART Backend Services: a signed assertion for each token; it names no topic."""

    def __init__(self, auth: SmartAuth) -> None:
        self._auth = auth

    async def token(self) -> str:
        """The access token."""
        return await self._auth.token()

    async def topic(self) -> str:
        """None comes with it."""
        return ""


class ClientCredentials:
    """RFC 6749 4.4: one token at a time, asked for anew shortly before it ends."""

    def __init__(
        self, rule: HubToken, outbound: Outbound, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rule = rule
        self._outbound = outbound
        self._clock = clock
        self._answer: dict[str, Any] = {}
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """The access token."""
        async with self._asking:
            if self._clock() >= self._until:
                self._answer = await self._ask()
                told = self._answer.get("expires_in")
                seconds = float(told) if isinstance(told, int | float) else _USUAL_S
                self._until = self._clock() + max(seconds - _EARLY_S, 1.0)
        return str(self._answer["access_token"])

    async def topic(self) -> str:
        """The member `topic_member` of the token answer."""
        await self.token()
        return str(self._answer.get(self._rule.topic_member) or "")

    async def _ask(self) -> dict[str, Any]:
        rule = self._rule
        if rule.client_secret_file is None:
            raise ConfigurationError("token.client_secret_file is missing")
        secret = await asyncio.to_thread(read_secret, rule.client_secret_file)
        form = {"grant_type": "client_credentials", "scope": rule.scope}
        try:
            async with self._outbound.client(secret=True, timeout=15.0) as client:
                answer = await client.post(rule.url, data=form, auth=(rule.client_id, secret))
        except httpx.HTTPError as error:
            raise TryAgain(f"the token server does not answer: {type(error).__name__}") from None
        told = answer.json() if answer.is_success and len(answer.content) < _LARGEST else None
        if answer.status_code >= 500:
            raise TryAgain(f"the token server answered {answer.status_code}")
        if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            raise NeedsPerson(
                f"the token server answered {answer.status_code} without a token; check"
                " token.client_id and its secret"
            )
        return told


def read_secret(file: Path) -> str:
    """The first line of a file; raises ConfigurationError."""
    try:
        return file.read_text().split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(f"{file} cannot be read: {reason}") from None
