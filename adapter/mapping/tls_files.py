"""Certificates of either end of a TLS connection, as PEM files."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from adapter.mapping.files import MappingTable

_VARIABLE = r"^([A-Z_][A-Z0-9_]*)?$"


class _Tls(MappingTable):
    """What both ends share."""

    expiry_warning_days: float = Field(default=30.0, ge=0)
    """So many days before a certificate ends, an alert tells so."""


class ServerTls(_Tls):
    """TLS (1.2 or later) of a listener; files that change are noticed at the next connection."""

    certificate: Path
    """PEM file of the certificate and the chain above it."""
    key: Path | None = None
    """PEM file of its private key; empty: it is in the certificate's file."""
    key_password_env: str = Field(default="", pattern=_VARIABLE)
    """Name of the environment variable that holds the key's password; empty: it has none."""
    client_ca: Path | None = None
    """PEM file of the authorities of client certificates (mutual TLS); empty: none is asked for."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that decides who is served."""
        return tuple(filter(None, (self.certificate, self.key, self.client_ca)))


class ClientTls(_Tls):
    """TLS (1.2 or later) to a receiver; files that change are noticed at the next connection."""

    ca: Path | None = None
    """PEM file of the authorities trusted for this receiver; empty: those of the system."""
    certificate: Path | None = None
    """PEM file of our own certificate where the receiver asks for one (mutual TLS)."""
    key: Path | None = None
    """PEM file of its private key; empty: it is in the certificate's file."""
    key_password_env: str = Field(default="", pattern=_VARIABLE)
    """Name of the environment variable that holds the key's password; empty: it has none."""
    server_name: str = ""
    """Name that the receiver's certificate must hold; empty: the host that is connected to."""
    check_host_name: bool = True
    """Whether the name is checked; without, any certificate of the authorities is taken."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that decides who is trusted and who we are."""
        return tuple(filter(None, (self.ca, self.certificate, self.key)))

    @model_validator(mode="after")
    def _key_of_a_certificate(self) -> ClientTls:
        if self.key and not self.certificate:
            raise ValueError("a key needs the certificate that it belongs to")
        return self
