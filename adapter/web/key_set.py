"""The public parts of our keys, for the authorization servers that know us by them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from adapter.oauth.client_keys import key_set
from adapter.web.answers import Shown
from adapter.web.requests import House

router = APIRouter(tags=["tokens"])


class PublicKeys(Shown):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


@router.get("/.well-known/jwks.json")
def jwks(parts: House, response: Response) -> PublicKeys:
    """Public keys; the files are read anew each time."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublicKeys.model_validate(key_set(parts.client_keys))
