"""Small JSON documents of authorization servers, fetched through the guard."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from adapter.errors import TryAgain
from adapter.outbound import Outbound, body_of

_MOST_BYTES = 1_048_576
_SECONDS = 10.0
_MOST_TOLD = 200
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


async def ask(
    guard: Outbound, method: str, url: str, *, secret: bool = False, **request: Any
) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of one answer; {} where it holds none.

    Raises TryAgain (link, too slow, too large) and AddressRefused.
    """
    host = guard.check(url, secret=secret).host
    try:
        async with asyncio.timeout(_SECONDS), guard.client(secret=secret) as client:
            status, body = await _read(client, method, url, request)
    except (httpx.RequestError, TimeoutError) as error:
        raise TryAgain(f"{host}: {type(error).__name__} {error}".strip()) from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return status, found if isinstance(found, dict) else {}


async def document(guard: Outbound, url: str) -> dict[str, Any]:
    """The JSON object at this address; raises TryAgain when there is none now."""
    status, found = await ask(guard, "GET", url)
    if status != 200 or not found:
        raise TryAgain(f"{url} answered HTTP {status} without a JSON object")
    return found


def said(told: dict[str, Any]) -> str:
    """RFC 6749 5.2: error and its description, in one printable line."""
    parts = (told.get("error"), told.get("error_description"))
    said = " ".join(" ".join(each.split()) for each in parts if isinstance(each, str))
    text = "".join(character for character in said if character.isprintable())[:_MOST_TOLD]
    return f" {text}" if text else ""


async def _read(
    client: httpx.AsyncClient, method: str, url: str, request: dict[str, Any]
) -> tuple[int, bytes]:
    headers = _HEADERS | request.pop("headers", {})
    async with client.stream(method, url, headers=headers, **request) as response:
        too_long = TryAgain(f"{url} answered more than {_MOST_BYTES} bytes")
        return response.status_code, await body_of(response, _MOST_BYTES, too_long)
