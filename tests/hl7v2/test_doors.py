from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapter.errors import ConfigurationError
from adapter.hl7v2.doors import MllpDoors, make_listener, protocol_of
from adapter.hl7v2.framing import frame
from adapter.hl7v2.listener import MllpListener
from adapter.hl7v2.orders import check_orders
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.listeners import ListenerProfile
from tests.fakes.certificates import Authority, fingerprint, trusting
from tests.hl7v2.conftest import RawClient

Open = Callable[..., Awaitable[MllpListener]]
OrderText = Callable[..., bytes]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


@pytest_asyncio.fixture
async def open_door(
    mapping: OrderMapping, store: Any, clock: Any
) -> AsyncIterator[Callable[..., Any]]:
    """Opens a listener by the keys of its profile, as the service does."""
    opened: list[MllpDoors] = []

    async def open_(**keys: Any) -> MllpListener:
        profile = ListenerProfile.model_validate({"name": "test", "port": 0} | keys)
        listener = make_listener(profile, lambda m: check_orders(m, mapping), store, clock)
        doors = MllpDoors([listener])
        await doors.open()
        opened.append(doors)
        return listener

    yield open_
    for doors in opened:
        await doors.close()


async def ask(
    listener: MllpListener, body: bytes, context: ssl.SSLContext | None = None
) -> tuple[str, dict[str, Any] | None]:
    """MSA-1 of the answer over a new connection, and the listener's certificate."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, ssl=context)
    client = RawClient(reader, writer)
    try:
        answer = await client.ask(body)
        return answer.first("MSA").text(1), writer.get_extra_info("peercert")
    finally:
        writer.transport.abort()


REFUSED = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError)


async def test_orders_come_in_over_tls_and_not_in_the_clear(
    open_door: Open, authority: Authority, store: Any, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout", "readout.example")
    listener = await open_door(tls={"certificate": str(own)})
    code, _ = await ask(listener, order_text(), trusting(authority.ca))
    assert code == "AA"
    with pytest.raises(REFUSED):
        await ask(listener, order_text("CLEAR"))
    assert [each.control_id for each in store.messages] == ["C1"]


async def test_tls_below_1_2_is_refused(
    open_door: Open, authority: Authority, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout")
    listener = await open_door(tls={"certificate": str(own)})
    old = trusting(authority.ca)
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(REFUSED):
        await ask(listener, order_text(), old)


async def test_mutual_tls_asks_for_a_certificate_of_the_authority(
    open_door: Open, authority: Authority, tmp_path: Path, store: Any, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout")
    listener = await open_door(tls={"certificate": str(own), "client_ca": str(authority.ca)})
    ehr = authority.issue("ehr.pem", "ehr")
    stranger = Authority(tmp_path, "elsewhere").issue("stranger.pem", "ehr")
    assert (await ask(listener, order_text(), trusting(authority.ca, ehr)))[0] == "AA"
    for other in (None, stranger):
        with pytest.raises(REFUSED):
            await ask(listener, order_text("BAD"), trusting(authority.ca, other))
    assert len(store.messages) == 1


async def test_changed_certificates_serve_the_next_connection_without_a_restart(
    open_door: Open, authority: Authority, tmp_path: Path, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "before")
    listener = await open_door(tls={"certificate": str(own)})
    trust = trusting(authority.ca)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, ssl=trust)
    lasting = RawClient(reader, writer)
    assert (await lasting.ask(order_text("L1"))).first("MSA").text(1) == "AA"

    own.write_bytes(b"half a file")
    _, shown = await ask(listener, order_text("C2"), trust)
    assert shown is not None
    assert _common_name(shown) == "before"

    authority.issue("listener.pem", "after")
    _, shown = await ask(listener, order_text("C3"), trust)
    assert shown is not None
    assert _common_name(shown) == "after"
    assert (await lasting.ask(order_text("L2"))).first("MSA").text(1) == "AA"
    writer.transport.abort()


async def test_a_changed_authority_of_clients_counts_for_the_next_connection(
    open_door: Open, authority: Authority, tmp_path: Path, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout")
    clients = tmp_path / "clients.pem"
    clients.write_bytes(authority.ca.read_bytes())
    listener = await open_door(tls={"certificate": str(own), "client_ca": str(clients)})
    new = Authority(tmp_path, "new")
    old_sender = trusting(authority.ca, authority.issue("old.pem", "ehr"))
    new_sender = trusting(authority.ca, new.issue("new.pem", "ehr"))
    assert (await ask(listener, order_text("C1"), old_sender))[0] == "AA"
    with pytest.raises(REFUSED):
        await ask(listener, order_text("C2"), new_sender)
    clients.write_bytes(new.ca.read_bytes())
    assert (await ask(listener, order_text("C3"), new_sender))[0] == "AA"
    with pytest.raises(REFUSED):
        await ask(listener, order_text("C4"), old_sender)


async def test_certificates_on_the_allow_list_by_subject_or_fingerprint(
    open_door: Open, authority: Authority, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout")
    one = authority.issue("one.pem", "ehr-1")
    two = authority.issue("two.pem", "ehr-2")
    other = authority.issue("other.pem", "ehr-3")
    print_two = fingerprint(two).upper()
    with_colons = ":".join(print_two[at : at + 2] for at in range(0, 64, 2))
    listener = await open_door(
        tls={"certificate": str(own), "client_ca": str(authority.ca)},
        allow={"certificates": ["CN=ehr-1,O=North", f"SHA256:{with_colons}"]},
    )
    for welcome in (one, two):
        assert (await ask(listener, order_text(), trusting(authority.ca, welcome)))[0] == "AA"
    with pytest.raises(REFUSED):
        await ask(listener, order_text(), trusting(authority.ca, other))


@pytest.mark.parametrize(
    ("networks", "welcome"), [(["10.0.0.0/8", "127.0.0.0/8"], True), (["10.0.0.0/8"], False)]
)
async def test_addresses_on_the_allow_list(
    open_door: Open, store: Any, order_text: OrderText, networks: list[str], welcome: bool
) -> None:
    listener = await open_door(allow={"addresses": networks})
    if welcome:
        assert (await ask(listener, order_text()))[0] == "AA"
        return
    with pytest.raises(REFUSED):
        await ask(listener, order_text())
    assert store.messages == []


async def test_a_sender_over_the_rate_waits_and_loses_nothing(
    open_door: Open, store: Any, order_text: OrderText
) -> None:
    listener = await open_door(messages_per_second=50)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    client = RawClient(reader, writer)
    pace, waits = listener.pace, []
    assert pace is not None
    spend = pace.spend

    def counted(*values: Any) -> float:
        waits.append(spend(*values))
        return waits[-1]

    pace.spend = counted  # type: ignore[method-assign]
    for number in range(70):
        assert (await client.ask(order_text(f"C{number}"))).first("MSA").text(1) == "AA"
    assert len(store.messages) == 70
    assert max(waits) > 0
    assert sum(wait > 0 for wait in waits) < 70  # what one second may bring came at once
    writer.transport.abort()


async def test_a_listener_may_always_answer_in_one_mode(
    open_door: Open, order_text: OrderText
) -> None:
    enhanced = await open_door(acknowledge="enhanced")
    assert (await ask(enhanced, order_text("C1")))[0] == "CA"
    assert (await ask(enhanced, order_text("C2", accession="")))[0] == "CE"
    original = await open_door(acknowledge="original")
    assert (await ask(original, order_text("C3", tail="|||AL|NE")))[0] == "AA"
    assert (await ask(original, order_text("C4", tail="|||NE|NE")))[0] == "AA"


async def test_several_listeners_with_their_own_limits_and_orders(
    open_door: Open, store: Any, order_text: OrderText
) -> None:
    small = await open_door(max_frame_bytes=1024, orders="orders/north.yaml")
    large = await open_door()
    assert (await ask(large, order_text("L") + b"NTE|1||" + b"x" * 3000 + b"\r"))[0] == "AA"
    assert (await ask(small, order_text("S") + b"NTE|1||" + b"x" * 3000 + b"\r"))[0] == "AR"
    assert [each.protocol for each in store.messages] == ["hl7v2", "hl7v2:orders/north.yaml"]
    assert protocol_of("orders.yaml") == "hl7v2"


async def test_over_tls_a_sender_that_closes_its_half_is_stored_all_the_same(
    open_door: Open, authority: Authority, store: Any, order_text: OrderText
) -> None:
    own = authority.issue("listener.pem", "readout")
    listener = await open_door(tls={"certificate": str(own)})
    _, writer = await asyncio.open_connection(
        "127.0.0.1", listener.port, ssl=trusting(authority.ca)
    )
    writer.write(frame(order_text("LAST")))
    await writer.drain()
    writer.close()
    async with asyncio.timeout(10):
        while not store.messages:
            await asyncio.sleep(0.005)
    assert [(each.control_id, each.refusal) for each in store.messages] == [("LAST", "")]


async def test_a_taken_port_is_told_with_what_to_do(open_door: Open) -> None:
    first = await open_door()
    with pytest.raises(ConfigurationError, match=rf"127.0.0.1:{first.port}.*READOUT_MLLP_PORT"):
        await open_door(port=first.port)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_files_that_are_no_certificates_stop_the_start(
    open_door: Open, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "listener.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"TLS files .*listener\.pem cannot be used"):
        await open_door(tls={"certificate": str(path)})


async def test_a_key_with_a_password_never_asks_the_terminal(
    open_door: Open,
    authority: Authority,
    order_text: OrderText,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = authority.issue("listener.pem", "readout", password="s3cret")
    tls = {"certificate": str(own), "key_password_env": "TEST_KEY_PASSWORD"}
    with pytest.raises(ConfigurationError):
        await open_door(tls=tls)
    monkeypatch.setenv("TEST_KEY_PASSWORD", "s3cret")
    listener = await open_door(tls=tls)
    assert (await ask(listener, order_text(), trusting(authority.ca)))[0] == "AA"


def test_tls_on_uvloop_too(
    mapping: OrderMapping, store: Any, clock: Any, tmp_path: Path, order_text: OrderText
) -> None:
    import uvloop

    authority = Authority(tmp_path, "hospital")
    own = authority.issue("listener.pem", "before")
    ehr = authority.issue("ehr.pem", "ehr")

    async def talk() -> list[str]:
        keys = {
            "name": "test",
            "port": 0,
            "tls": {"certificate": str(own), "client_ca": str(authority.ca)},
            "allow": {"certificates": ["CN=ehr"]},
        }
        profile = ListenerProfile.model_validate(keys)
        listener = make_listener(profile, lambda m: check_orders(m, mapping), store, clock)
        await listener.start()
        names = []
        for number in range(2):
            trust = trusting(authority.ca, ehr)
            _, shown = await ask(listener, order_text(f"C{number}"), trust)
            names.append(_common_name(shown or {}))
            authority.issue("listener.pem", "after")
        await listener.stop()
        return names

    assert uvloop.run(talk()) == ["before", "after"]


def _common_name(certificate: dict[str, Any]) -> str:
    return dict(part[0] for part in certificate["subject"])["commonName"]
