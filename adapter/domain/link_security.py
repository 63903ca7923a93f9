"""What is known of the TLS of listeners and destinations; no patient data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CertificateExpiry:
    """A PEM file of certificates and when it no longer serves; times are ISO 8601, UTC."""

    owner: str  # "listener north", "destination pacs"
    file: str
    expires_at: str  # "" where the file cannot be read
    seconds_left: float
    soon: bool  # within the days of warning, or over


@dataclass(frozen=True, slots=True)
class FailedHandshakes:
    """TLS handshakes that came to nothing since the start of the node."""

    owner: str
    reason: str  # as OpenSSL names it, such as "certificate verify failed"
    count: int
