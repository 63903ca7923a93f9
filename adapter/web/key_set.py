"""The public parts of our keys, for the authorization servers that know us by them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from adapter.oauth.client_keys import key_set
from adapter.web.requests import House

router = APIRouter(tags=["tokens"])


@router.get("/.well-known/jwks.json", response_class=JSONResponse)
def jwks(parts: House) -> JSONResponse:
    """A JSON Web Key Set (RFC 7517) of public keys; the files are read anew each time."""
    headers = {"Cache-Control": "public, max-age=300"}
    return JSONResponse(key_set(parts.client_keys), headers=headers)
