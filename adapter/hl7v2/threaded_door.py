"""Connections of a server that has a thread for each: handshake and allow list, then the server."""

from __future__ import annotations

import logging
import socket
import ssl
from collections import Counter

from adapter.domain.link_security import FailedHandshakes
from adapter.hl7v2.allow import AllowList
from adapter.hl7v2.tls_door import handshake_reason

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""Longest that a handshake may take."""


class ThreadedDoor:
    """`tls` None: connections are in the clear."""

    def __init__(self, name: str, tls: ssl.SSLContext | None, allow: AllowList) -> None:
        self._name, self._tls, self._allow = name, tls, allow
        self._failed: Counter[str] = Counter()  # by reason

    def let_in(self, plain: socket.socket, address: str) -> socket.socket | None:
        """The connection to speak on; None, and closed: it is not served."""
        connection = self._secured(plain, address)
        tls = connection if isinstance(connection, ssl.SSLSocket) else None
        why = self._allow.refusal_of(address, tls) if connection else ""
        if connection is None or not why:
            return connection
        _log.warning("connection refused at %s: %s", self._name, why)
        connection.close()
        return None

    def failed_handshakes(self) -> list[FailedHandshakes]:
        """Since the start, by reason."""
        told = sorted(self._failed.items())
        return [FailedHandshakes(self._name, reason, count) for reason, count in told]

    def _secured(self, plain: socket.socket, address: str) -> socket.socket | None:
        if self._tls is None:
            return plain
        try:
            plain.settimeout(HANDSHAKE_SECONDS)
            made = self._tls.wrap_socket(plain, server_side=True)
            made.settimeout(None)
        except OSError as error:
            why = handshake_reason(error)
            self._failed[why] += 1
            _log.warning("TLS handshake failed: %s at %s: %s", address, self._name, why)
            plain.close()
            return None
        return made
