"""How we get tokens from a FHIR server's own authorization server: SMART Backend Services."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from adapter.mapping.files import MappingTable


class SmartClient(MappingTable):
    """Our registration with one authorization server (SMART App Launch 2.2, Backend Services)."""

    client_id: str = Field(min_length=1)
    """Client id of our registration."""
    keys: tuple[Path, ...] = Field(min_length=1)
    """PEM files of private keys: RSA of at least 2048 bits (RS384) or EC P-384 (ES384).

    The first signs; the public parts of all of them are at `/.well-known/jwks.json`, so that a new
    key can stand second until the server knows it, and an old one until nothing is signed by it.
    """
    scopes: tuple[str, ...] = Field(min_length=1)
    """Scopes to ask for, such as `system/DiagnosticReport.cu`."""
    token_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    """Token endpoint; empty: where `.well-known/smart-configuration` of the server says."""
    audience: str = ""
    """`aud` of our assertion where it is not the token endpoint."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts inside, besides that of the server, on which that document may name the endpoint."""
