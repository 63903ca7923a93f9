"""C-STORE and C-ECHO as SCP (PS3.4 annex B, PS3.7): structured reports over an association."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import structlog

from adapter.dicom.json_model import UNCOMPRESSED
from adapter.dicom.structured_report import SOP_CLASSES
from adapter.errors import ConfigurationError, Rejected, Unsupported, cannot_listen
from adapter.outbound import is_loopback

log = structlog.get_logger()

VERIFICATION = "1.2.840.10008.1.1"
SUCCESS, NO_RESOURCES, NOT_SUPPORTED, NOT_UNDERSTOOD = 0x0000, 0xA700, 0x0122, 0xC000

_MOST_ASSOCIATIONS = 10
MOST_BYTES = 67_108_864
_SILENT_S = 60

LetIn = Callable[[socket.socket, str], socket.socket | None]
"""Judges a connection by its address and secures it; None: it is closed."""

Take = Callable[[bytes, str, str], None]
"""Stores (file, calling AE title, address) durably; raises Rejected."""


class StoreScp:
    """One listener. Whoever is not among `callers` is refused; none named: everybody is taken."""

    def __init__(
        self,
        host: str,
        port: int,
        title: str,
        callers: list[str],
        max_pdu: int,
        take: Take,
        let_in: LetIn = lambda plain, _: plain,
    ) -> None:
        if not callers and not is_loopback(host):
            raise ConfigurationError(
                f"READOUT_DICOM_HOST {host} serves other machines: name in READOUT_DICOM_CALLERS"
                " the AE titles that may send"
            )
        self._host, self._port, self._title = host, port, title
        self._callers, self._max_pdu, self._take = callers, max_pdu, take
        self._let_in = let_in
        self._server: Any = None
        self._received: dict[Any, int] = {}

    @property
    def port(self) -> int:
        """The port it has, once started."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen; raises ConfigurationError."""
        from pynetdicom import _config, evt  # only where somebody wants it: it takes 10 MB

        _config.LOG_HANDLER_LEVEL = "none"  # its log lines would hold patient data
        entity = _entity(self._title, self._let_in)
        for each in (VERIFICATION, *SOP_CLASSES):
            entity.add_supported_context(each, list(UNCOMPRESSED))
        entity.require_called_aet = True
        entity.require_calling_aet = self._callers
        entity.maximum_pdu_size = self._max_pdu
        entity.maximum_associations = _MOST_ASSOCIATIONS
        entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = _SILENT_S
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_DATA_RECV, self._count),
            (evt.EVT_CONN_CLOSE, self._forget),
        ]
        place = (self._host, self._port)
        try:
            self._server = entity.start_server(place, block=False, evt_handlers=handlers)
        except OSError as error:
            advice = "set READOUT_DICOM_HOST and READOUT_DICOM_PORT"
            raise cannot_listen("the DICOM listener", *place, error, advice) from None
        log.info("dicom_listens", host=self._host, port=self.port, ae_title=self._title)

    def stop(self) -> None:
        """End; a report that is not acknowledged will be sent again."""
        if self._server is not None:
            self._server.shutdown()

    def _store(self, event: Any) -> int:
        """The status of one C-STORE; success only once the report is on disk."""
        self._received.pop(event.assoc, None)
        requestor = event.assoc.requestor
        caller = str(requestor.ae_title).strip()
        try:
            self._take(event.encoded_dataset(), caller, f"{requestor.address}:{requestor.port}")
        except Unsupported:
            return NOT_SUPPORTED
        except Rejected:
            return NOT_UNDERSTOOD
        except Exception as error:  # the database is in trouble: the sender tries again
            log.error("dicom_not_stored", why=type(error).__name__)
            return NO_RESOURCES
        return SUCCESS

    def _count(self, event: Any) -> None:
        """End the connection of whoever sends more than a report can be."""
        received = self._received.get(event.assoc, 0) + len(event.data)
        self._received[event.assoc] = received
        if received > MOST_BYTES:
            log.warning("dicom_too_long", most=MOST_BYTES)
            event.assoc.dul.socket.close()

    def _forget(self, event: Any) -> None:
        self._received.pop(event.assoc, None)


def _entity(title: str, let_in: LetIn) -> Any:
    """Serves each connection in a thread of its own from the handshake on: none holds up others."""
    from pynetdicom import AE
    from pynetdicom.transport import ThreadedAssociationServer

    class Door(ThreadedAssociationServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            admitted = let_in(request, str(client_address[0]))
            if admitted is None:
                self.shutdown_request(request)
            else:
                super().finish_request(admitted, client_address)

    class Entity(AE):
        def make_server(self, *place: Any, **rules: Any) -> Any:
            return super().make_server(*place, **rules | {"server_class": Door})

    return Entity(ae_title=title)
