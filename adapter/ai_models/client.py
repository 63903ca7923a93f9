"""Posts a sealed payload to a model: only to hosts that are listed, with its key, in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from adapter.ai_models.answers import Unreadable
from adapter.ai_models.chat import PLACE
from adapter.errors import ConfigurationError, NeedsPerson, Rejected, TryAgain
from adapter.mapping.model_calls import ModelCall
from adapter.outbound import AddressRefused, Outbound, body_of, is_passing, wait_told
from adapter.privacy.payload import Sealed
from adapter.secret_values import secret_of

MOST_BYTES = 16 * 1024 * 1024
"""Largest answer that is read."""

_NO_ENTRY = (401, 403)


@dataclass(frozen=True, slots=True)
class Answered:
    """The body of a 2xx answer, and how long it took."""

    body: bytes
    seconds: float


class ModelClient:
    """One endpoint; raises ConfigurationError at once where the file does not list its host."""

    def __init__(self, call: ModelCall) -> None:
        self._call = call
        where = f"allowed_hosts of model_calls ({call.name})"
        self._guard = Outbound.of(call.allowed_hosts, where, public=False, loopback=True)
        self._has_key = bool(call.key_env or call.key_file)
        try:
            self._guard.check(call.url, secret=self._has_key)
        except AddressRefused as error:
            raise ConfigurationError(f"model_calls ({call.name}): {error}") from None
        self._key()  # one that is missing shows at start

    @property
    def url(self) -> str:
        """Where requests are posted."""
        if self._call.kind != "chat":
            return self._call.url
        url = httpx.URL(self._call.url)
        return str(url.copy_with(path=url.path.rstrip("/") + PLACE))

    async def post(self, sealed: Sealed) -> Answered:
        """The answer.

        Raises TryAgain (nobody answers, 429, 5xx), NeedsPerson (the key is refused), Rejected
        (the request is), Unreadable (too long an answer).
        """
        patience = self._call.patience
        limits = httpx.Timeout(patience.answer_seconds, connect=patience.connect_seconds)
        began = time.monotonic()
        try:
            async with (
                asyncio.timeout(patience.answer_seconds + patience.connect_seconds),
                self._guard.client(secret=self._has_key, timeout=limits) as client,
                client.stream(
                    "POST", sealed.url, content=sealed.body, headers=self._headers()
                ) as answer,
            ):
                self._judge(answer)
                too_long = Unreadable(f"over {MOST_BYTES} bytes")
                body = await body_of(answer, MOST_BYTES, too_long)
        except AddressRefused as error:
            raise NeedsPerson(str(error)) from None
        except (httpx.RequestError, TimeoutError, OSError) as error:
            raise TryAgain(f"the model does not answer ({type(error).__name__})") from None
        return Answered(body, time.monotonic() - began)

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        if status in _NO_ENTRY:
            raise NeedsPerson(
                f"the model refuses our key (HTTP {status}): look at {self._key_name}"
            )
        if is_passing(status):
            raise TryAgain(f"the model answers HTTP {status}", wait_told(answer.headers))
        raise Rejected(f"the model refuses the request (HTTP {status})", code=str(status))

    def _headers(self) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key := self._key():
            if self._call.key_header == "api-key":
                return headers | {"api-key": key}
            return headers | {"Authorization": f"Bearer {key}"}
        return headers

    def _key(self) -> str:
        call = self._call
        if call.key_file:
            try:
                key = call.key_file.read_text().strip()
            except (OSError, UnicodeDecodeError):
                key = ""
        elif call.key_env:
            key = secret_of(call.key_env)
        else:
            return ""
        if not (key and key.isascii() and key.isprintable()):
            raise ConfigurationError(f"{self._key_name} of model_calls ({call.name}) holds no key")
        return key

    @property
    def _key_name(self) -> str:
        return "key_file" if self._call.key_file else self._call.key_env or "key_env"
