"""Notices when certificates of listeners and destinations come to their end."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from adapter.domain.link_security import CertificateExpiry
from adapter.errors import ConfigurationError
from adapter.mapping.tls_files import ClientTls, ServerTls
from adapter.ports import Clock

_log = logging.getLogger(__name__)


class Watched(NamedTuple):
    """A PEM file. A chain of our own ends with its first part, a set of authorities with its last.

    `days` before its end it is told.
    """

    owner: str
    file: Path
    days: float
    is_chain: bool

    def ends(self) -> datetime:
        """When it no longer serves; raises ConfigurationError when it cannot be read."""
        try:
            found = x509.load_pem_x509_certificates(self.file.read_bytes())
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it holds no certificate"
            raise ConfigurationError(f"{self.file} cannot be read: {reason}") from None
        times = [each.not_valid_after_utc for each in found]
        return min(times) if self.is_chain else max(times)


def watched(owner: str, tls: ServerTls | ClientTls | None) -> Iterator[Watched]:
    """The certificates of one listener or destination."""
    if tls is None:
        return
    authorities = tls.client_ca if isinstance(tls, ServerTls) else tls.ca
    if tls.certificate is not None:
        yield Watched(owner, tls.certificate, tls.expiry_warning_days, is_chain=True)
    if authorities is not None:
        yield Watched(owner, authorities, tls.expiry_warning_days, is_chain=False)


class CertificateWatch:
    """Reads the files each time: a renewed certificate is known at once."""

    def __init__(self, files: Iterable[Watched], clock: Clock) -> None:
        self._files, self._clock = tuple(files), clock
        self._told: dict[Watched, str] = {}  # by file: the end that is in the log

    def states(self) -> list[CertificateExpiry]:
        """Every file as it is now."""
        now = self._clock.now()
        return [_state(each, now) for each in self._files]

    def look(self) -> None:
        """Write to the log what ends soon, and what was renewed."""
        for file, state in zip(self._files, self.states(), strict=True):
            if state.soon and self._told.get(file) != state.expires_at:
                _log.warning(told(state))
                self._told[file] = state.expires_at
            elif not state.soon and self._told.pop(file, None) is not None:
                _log.info("certificate renewed: %s, valid until %s", state.file, state.expires_at)


def told(state: CertificateExpiry) -> str:
    """What a person should know of a certificate that ends."""
    if not state.expires_at:
        return f"{state.owner}: certificate {state.file} cannot be read"
    verb = "ended" if state.seconds_left <= 0 else "ends"
    return f"{state.owner}: certificate {state.file} {verb} at {state.expires_at}; renew it"


def ends_of(files: Sequence[Watched], now: datetime) -> str:
    """When the first of them ends; raises ConfigurationError once it has."""
    if not files:
        return ""
    first = min((each.ends(), each) for each in files)
    text = f"valid until {first[0].isoformat(timespec='minutes')}"
    if first[0] <= now:
        raise ConfigurationError(f"certificate {first[1].file} has ended: {text}; renew it")
    soon = first[0] - now < timedelta(days=first[1].days)
    return f"{text}: renew {first[1].file} soon" if soon else text


def _state(file: Watched, now: datetime) -> CertificateExpiry:
    try:
        end = file.ends()
    except ConfigurationError:
        return CertificateExpiry(file.owner, str(file.file), "", 0.0, soon=True)
    left = (end - now).total_seconds()
    soon = left < file.days * 86_400
    at = end.isoformat(timespec="seconds")
    return CertificateExpiry(file.owner, str(file.file), at, left, soon)
