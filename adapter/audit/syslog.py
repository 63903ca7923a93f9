"""The audit trail to a syslog receiver: RFC 5424 over TLS (RFC 5425), after IHE ATNA ITI-20."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable

import sqlalchemy as sa
import structlog

from adapter.audit.dicom_message import audit_message
from adapter.audit.following import Follower
from adapter.domain.audit import AuditRow, Outcome
from adapter.errors import TryAgain
from adapter.store import audit, audit_sent
from adapter.store.database import Database

if sys.platform != "win32":
    import fcntl
    import termios

log = structlog.get_logger()

Contexts = Callable[[], ssl.SSLContext]

_AUTHORIZATION, _NOTICE, _WARNING = 10 * 8, 5, 4  # facility; severities (PS3.15 A.6)
_AT_ONCE = 500
_PATIENCE_S = 10.0
_LOOK_S = 5.0  # commands write to the trail, too
_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


def syslog_message(row: AuditRow, host: str) -> bytes:
    """SYSLOG-MSG of RFC 5424 with the XML of DICOM PS3.15 A.5."""
    severity = _NOTICE if row.outcome == Outcome.SUCCESS else _WARNING
    names = (_name(host, 255), "readout", _name(row.chain, 128), "DICOM+RFC3881")
    header = f"<{_AUTHORIZATION + severity}>1 {row.at} {' '.join(names)} - \ufeff"
    return header.encode() + audit_message(row)


def framed(message: bytes) -> bytes:
    """With its length before it (RFC 5425 section 4.3)."""
    return f"{len(message)} ".encode() + message


class SyslogLink:
    """One receiver, `host:port`. A batch has arrived when the receiver has closed the connection.

    Syslog has no acknowledgements: so each batch has a connection, at whose end the receiver has
    read it (RFC 5425 section 4.4). What broke off before is sent again.
    """

    def __init__(self, address: str, contexts: Contexts, patience_s: float = _PATIENCE_S) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._contexts, self._patience_s = contexts, patience_s
        self._open: ssl.SSLSocket | None = None

    def send(self, rows: Iterable[AuditRow]) -> None:
        """Returns when all of it has arrived; raises TryAgain."""
        here = socket.gethostname()
        data = b"".join(framed(syslog_message(row, here)) for row in rows)
        try:
            with (
                socket.create_connection((self._host, self._port), self._patience_s) as raw,
                self._wrapped(raw) as link,
            ):
                self._open = link
                link.do_handshake()
                link.sendall(data)
                self._close(link)
        except OSError as error:  # ssl.SSLError, too
            why = getattr(error, "reason", None) or type(error).__name__
            raise TryAgain(f"the syslog receiver {self._host}:{self._port}: {why}") from None
        finally:
            self._open = None

    def abort(self) -> None:
        """Let a sending in another thread fail now."""
        if (link := self._open) is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(link, socket.SHUT_RDWR)  # under TLS: that is not ours

    def _wrapped(self, raw: socket.socket) -> ssl.SSLSocket:
        return self._contexts().wrap_socket(
            raw, server_hostname=self._host, do_handshake_on_connect=False
        )

    def _close(self, link: ssl.SSLSocket) -> None:
        """Say that it ends, then wait until the receiver has ended it, too."""
        try:
            link.unwrap()
        except ssl.SSLEOFError:  # many receivers close without a word
            pass
        except OSError as error:
            if error.errno:
                raise
        _check_taken(link, time.monotonic() + self._patience_s)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _check_taken(link: socket.socket, deadline: float) -> None:
    """Raise OSError where a receiver that closed did so before all had reached it."""
    while sys.platform != "win32":
        owed = int.from_bytes(fcntl.ioctl(link, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        if not owed:
            break
        time.sleep(min(0.01, _left(deadline)))
    if link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise ConnectionResetError


class SyslogSender:
    """Sends the chain of this node, in order, each row at least once, from a thread of its own.

    The position is in the database: what is away is caught up with, whenever it comes back.
    """

    def __init__(self, database: Database, link: SyslogLink) -> None:
        self._database, self._link = database, link
        self._follower = Follower("audit-syslog", self._act, _LOOK_S)
        self._rest_s = _PAUSE_S
        self.trouble = ""
        self.moved = self._follower.moved

    def start(self) -> None:
        """Begin where the last run ended."""
        self._follower.moved()
        self._follower.start()

    def stop(self) -> None:
        """End at once; what was under way is sent again at the next start."""
        self._follower.stop(self._link.abort)

    def send(self) -> int:
        """Send what has not arrived, at most one batch; how many rows. Raises TryAgain."""
        chain = self._database.trail.chain
        with self._database.read() as tx:
            rows = audit.following(tx, chain, audit_sent.position(tx, chain), _AT_ONCE)
        if rows:
            self._link.send(rows)
            with self._database.write() as tx:
                audit_sent.arrived(tx, chain, rows[-1].number)
        return len(rows)

    def _act(self) -> float:
        try:
            sent, trouble = self.send(), ""
        except TryAgain as error:
            sent, trouble = 0, str(error)
        except sa.exc.SQLAlchemyError as error:
            sent, trouble = 0, f"the audit trail cannot be read: {type(error).__name__}"
        if trouble != self.trouble:
            log.warning("audit_syslog", trouble=trouble) if trouble else log.info("audit_syslog")
        self.trouble = trouble
        if trouble or sent == _AT_ONCE:
            self._follower.moved()  # there is more
        self._rest_s = min(2 * self._rest_s, _LONGEST_PAUSE_S) if trouble else _PAUSE_S
        return 0.0 if sent == _AT_ONCE else self._rest_s


def _name(text: str, longest: int) -> str:
    """PRINTUSASCII of RFC 5424; `-` where nothing is left."""
    return "".join(each for each in text if "!" <= each <= "~")[:longest] or "-"
