"""The trail over syslog: to a real TLS receiver that is cut, killed and comes back."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.audit.dicom_message import audit_message
from adapter.audit.syslog import SyslogLink, SyslogSender, framed, syslog_message
from adapter.domain.audit import AuditRow, Verb
from adapter.domain.audit_codes import EVENT_CODES
from adapter.errors import TryAgain
from adapter.hl7v2.tls import client_contexts
from adapter.mapping.tls_files import ClientTls
from adapter.store import audit, audit_sent
from adapter.store.audit import Trail
from adapter.store.database import Database
from tests.fakes.certificates import Authority
from tests.fhir.test_audit_events import ROWS, row

PATIENCE_S = 20.0


class Receiver:
    """A syslog receiver over TLS; `cuts`: after so many bytes each next connection is torn."""

    def __init__(self, context: ssl.SSLContext, port: int = 0) -> None:
        self.messages: list[bytes] = []
        self.cuts: list[int] = []
        self.changed = threading.Condition()
        self._context = context
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._door.accept()
                with contextlib.suppress(OSError):
                    self._take(raw)
                raw.close()

    def _take(self, raw: socket.socket) -> None:
        raw.settimeout(PATIENCE_S)
        cut = self.cuts.pop(0) if self.cuts else None
        data = b""
        with self._context.wrap_socket(raw, server_side=True) as link:
            while cut is None or len(data) < cut:
                some = link.recv(4096 if cut is None else min(4096, cut - len(data)))
                if not some:
                    break
                data += some
            else:  # torn: what is not read is gone
                linger = struct.pack("ii", 1, 0)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            with self.changed:
                self.messages += unframed(data)
                self.changed.notify_all()

    def wait(self, numbers: set[int]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: numbers <= set(self.numbers()), PATIENCE_S)

    def numbers(self) -> list[int]:
        """Of the rows that arrived whole, as they came."""
        return [place(each)[1] for each in self.messages]

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


def unframed(data: bytes) -> list[bytes]:
    """RFC 5425 frames that are whole."""
    found = []
    while data:
        length, blank, rest = data.partition(b" ")
        if not blank or len(rest) < int(length):
            break
        found.append(rest[: int(length)])
        data = rest[int(length) :]
    return found


def place(message: bytes) -> tuple[str, int, str]:
    """Chain, number and hash that a message tells of."""
    told = details(ElementTree.fromstring(message.partition(b"\xef\xbb\xbf")[2]))
    return told["chain"], int(told["number"]), told["hash"]


def details(tree: ElementTree.Element) -> dict[str, str]:
    last = tree.findall("ParticipantObjectIdentification")[-1]
    found = last.findall("ParticipantObjectDetail")
    return {each.attrib["type"]: b64decode(each.attrib["value"]).decode() for each in found}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "hospital")


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority.issue("receiver.pem", "receiver"))
    return made


@pytest.fixture
def receiver(context: ssl.SSLContext) -> Iterator[Receiver]:
    made = Receiver(context)
    yield made
    made.close()


@pytest.fixture
def trail(database: Database) -> Database:
    database.trail = Trail("node-1")
    return database


def grow(database: Database, count: int) -> None:
    with database.write() as tx:
        for _ in range(count):
            audit.tell(tx, Verb.READ, "A1", "GET /api/studies/{accession}", "x" * 500)


def sender(database: Database, authority: Authority, port: int) -> SyslogSender:
    tls = ClientTls(ca=authority.ca)
    link = SyslogLink(f"127.0.0.1:{port}", client_contexts(tls).get)
    return SyslogSender(database, link)


def position(database: Database) -> int:
    with database.read() as tx:
        return audit_sent.position(tx, "node-1")


def test_what_is_told_arrives_in_order_and_once(
    trail: Database, authority: Authority, receiver: Receiver
) -> None:
    grow(trail, 30)
    sending = sender(trail, authority, receiver.port)
    assert (sending.send(), sending.send()) == (30, 0)
    assert receiver.numbers() == list(range(1, 31))
    grow(trail, 2)
    assert sender(trail, authority, receiver.port).send() == 2  # the position outlives a process
    assert receiver.numbers()[30:] == [31, 32]
    with trail.read() as tx:
        assert audit_sent.waiting(tx) == {"node-1": 0}
        hashes = [each.hash for each in audit.every(tx)]
    assert [place(each)[2] for each in receiver.messages] == hashes


@pytest.mark.parametrize("cut", [0, 1, 700, 20_000, 60_000])
def test_a_torn_connection_loses_nothing(
    trail: Database, authority: Authority, receiver: Receiver, cut: int
) -> None:
    grow(trail, 60)
    receiver.cuts = [cut]
    sending = sender(trail, authority, receiver.port)
    with pytest.raises(TryAgain, match="syslog receiver"):
        sending.send()
    assert position(trail) == 0
    assert sending.send() == 60
    assert receiver.numbers()[-60:] == list(range(1, 61))


def test_the_service_goes_on_while_the_receiver_is_away(
    trail: Database, authority: Authority, context: ssl.SSLContext
) -> None:
    first = Receiver(context)
    sending = sender(trail, authority, first.port)
    trail.trail.moved = sending.moved
    grow(trail, 5)
    sending.start()
    first.wait(set(range(1, 6)))
    first.close()
    grow(trail, 20)
    second = Receiver(context, first.port)
    grow(trail, 1)
    second.wait(set(range(6, 27)))
    sending.stop()
    second.close()
    assert sorted(set(first.numbers() + second.numbers())) == list(range(1, 27))
    assert second.numbers() == sorted(second.numbers())


def test_a_receiver_that_hangs_does_not_hold_up_the_end(
    trail: Database, authority: Authority
) -> None:
    door = socket.create_server(("127.0.0.1", 0))  # takes connections and never says a word
    sending = sender(trail, authority, door.getsockname()[1])
    grow(trail, 1)
    sending.start()
    connection, _ = door.accept()
    connection.recv(1)  # the handshake has begun
    sending.stop()
    connection.close()
    door.close()
    assert position(trail) == 0


def test_nobody_else_is_told(trail: Database, authority: Authority, tmp_path: Path) -> None:
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.load_cert_chain(Authority(tmp_path, "stranger").issue("own.pem", "receiver"))
    receiver = Receiver(stranger)
    grow(trail, 1)
    with pytest.raises(TryAgain):
        sender(trail, authority, receiver.port).send()
    receiver.close()
    assert receiver.messages == []


def test_a_receiver_that_asks_who_we_are_and_is_not_told_has_nothing(
    trail: Database, authority: Authority
) -> None:
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    strict.load_cert_chain(authority.issue("strict.pem", "receiver"))
    strict.load_verify_locations(authority.ca)
    strict.verify_mode = ssl.CERT_REQUIRED
    receiver = Receiver(strict)
    grow(trail, 1)
    with pytest.raises(TryAgain):
        sender(trail, authority, receiver.port).send()
    receiver.close()
    assert position(trail) == 0


def test_the_header_is_that_of_rfc_5424() -> None:
    message = syslog_message(row(chain="node 1"), "host.example")
    header = "<85>1 2026-01-02T10:00:00.000+00:00 host.example readout node1 DICOM+RFC3881 - "
    assert message.startswith(header.encode() + b"\xef\xbb\xbf<AuditMessage")
    assert syslog_message(row(outcome="8"), "").startswith(b"<84>1 ")
    assert unframed(framed(message) * 2) == [message, message]


@pytest.mark.parametrize("told", ROWS, ids=lambda each: f"{each.verb}-{each.kind}")
def test_every_verb_as_the_message_of_dicom(told: AuditRow) -> None:
    tree = ElementTree.fromstring(audit_message(told))
    codes = EVENT_CODES[Verb(told.verb)]
    event = tree[0]
    assert event.tag == "EventIdentification"
    assert event.attrib["EventActionCode"] == codes.action
    assert event[0].attrib["csd-code"] == codes.event.code
    asked = [each.attrib["UserIsRequestor"] for each in tree.findall("ActiveParticipant")]
    assert asked.count("true") == 1
    assert details(tree)["hash"] == told.hash


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_xml(one: str, other: str) -> None:
    ElementTree.fromstring(audit_message(row(object=one, name=other, detail=one, accession=other)))
