"""TLS of listeners and links: contexts that follow their files without a restart."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from adapter.errors import ConfigurationError
from adapter.mapping.tls_files import ClientTls, ServerTls
from adapter.secret_values import secret_of

_log = logging.getLogger(__name__)


class FreshContext:
    """A TLS context that is made anew once one of its files has changed.

    Files that do not fit together, half copied perhaps, leave the context of before in service.
    """

    def __init__(self, make: Callable[[], ssl.SSLContext], files: Sequence[Path]) -> None:
        self._make, self._files = make, files
        self._seen = self._stamp()
        self._context = make()

    def get(self) -> ssl.SSLContext:
        """The context of the files as they are now."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._context = self._make()
                _log.info("TLS certificates read again: %s", self._names())
            except ConfigurationError as error:
                _log.error("TLS certificates stay as they were: %s", error)
        return self._context

    def _stamp(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._files]

    def _names(self) -> str:
        return ", ".join(map(str, self._files))


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """For a listener: each handshake is served with the files as they are then.

    Raises ConfigurationError when they cannot be used.
    """
    fresh = FreshContext(partial(_server, tls), tls.files)
    door = fresh.get()

    def renew(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = fresh.get()

    door.sni_callback = renew  # called at every ClientHello, with a server name or without
    return door


def client_contexts(tls: ClientTls) -> FreshContext:
    """For a link; raises ConfigurationError when the files cannot be used."""
    return FreshContext(partial(_client, tls), tls.files)


def _server(tls: ServerTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A resumed session would skip the look at certificates; connections last, so none is missed.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with _reading(tls.files):
        _load_own(context, tls.certificate, tls.key, tls.key_password_env)
        if tls.client_ca is not None:
            context.load_verify_locations(tls.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    return context


def _client(tls: ClientTls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.check_host_name
    with _reading(tls.files):
        if tls.ca is not None:
            context.load_verify_locations(tls.ca)
        else:
            context.load_default_certs()
        if tls.certificate is not None:
            _load_own(context, tls.certificate, tls.key, tls.key_password_env)
    return context


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path | None, env: str) -> None:
    # Without a password OpenSSL would ask for one on the terminal, and wait.
    context.load_cert_chain(certificate, key, password=secret_of(env))


@contextmanager
def _reading(files: Sequence[Path]) -> Iterator[None]:
    """Trouble with the files as ConfigurationError; ssl.SSLError is an OSError."""
    try:
        yield
    except (OSError, ValueError) as error:
        names = ", ".join(map(str, files))
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ConfigurationError(f"TLS files {names} cannot be used: {reason}") from None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
