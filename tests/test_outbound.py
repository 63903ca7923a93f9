from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import ConfigurationError, Rejected
from adapter.outbound import WEBSOCKET, AddressRefused, Outbound, body_of

SETTING = "READOUT_OUTBOUND_ALLOWED_HOSTS"


def guard(listed: str = "", **rules: bool) -> Outbound:
    return Outbound.of(listed, SETTING, **rules)


@pytest.fixture
async def server() -> AsyncIterator[int]:
    """Answers every request; `/to/URL` by a redirect to that URL."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        to = path.removeprefix("/to/")
        moved = f"302 Found\r\nLocation: {to}" if to != path else "200 OK"
        writer.write(f"HTTP/1.1 {moved}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield running.sockets[0].getsockname()[1]
    running.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A resolver of our own: name -> addresses, one taken at each look-up while there are more."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        if text not in table:
            return real(host, port, *rest, **options)
        known = table[text]
        address = known.pop(0) if len(known) > 1 else known[0]
        return real(address, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://192.168.1.1:8443/x",
        "https://172.16.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/metadata",
        "https://100.100.100.200/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
        "https://[ff02::1]/",
    ],
)
def test_an_address_inside_is_refused_and_says_where_to_allow_it(url: str) -> None:
    with pytest.raises(AddressRefused, match=SETTING):
        guard().check(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must begin with"),
        ("/relative", "must begin with"),
        ("ftp://ehr.example/", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("wss://ehr.example/", "must begin with"),
        ("https://", "must begin with"),
        ("https://me:secret@ehr.example/", "no user"),
        ("https://ehr.example/#part", "no fragment"),
        ("https://ehr.example:99999/", "port"),
        ("https://ehr.example:0/", "port"),
        ("https://ehr.example:x/", "not a URL"),
        ("http://ehr.example/", "over TLS"),
    ],
)
def test_a_url_that_is_none_of_ours_is_refused(url: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason) as refused:
        guard().check(url)
    assert "secret" not in str(refused.value)


def test_public_addresses_may_be_called_over_tls() -> None:
    assert guard().check("https://ehr.example/fhir").host == "ehr.example"
    assert guard().check("https://93.184.216.34/").host == "93.184.216.34"
    assert guard().check("wss://hub.example/x", schemes=WEBSOCKET).scheme == "wss"


def test_without_public_only_what_is_listed_may_be_called() -> None:
    closed = guard("ehr.example, 10.0.0.0/8", public=False)
    closed.check("https://EHR.example./fhir")
    closed.check("https://10.9.9.9/")
    with pytest.raises(AddressRefused):
        closed.check("https://93.184.216.34/")
    with pytest.raises(AddressRefused):
        guard("ehr.example", public=False).check("https://other.example/")


def test_what_is_listed_may_be_inside_and_without_tls_but_gets_no_secret_then() -> None:
    listed = guard("10.1.0.0/16, [fd12::1], intern.hospital, 169.254.169.254")
    for host in ("10.1.2.3", "[fd12::1]", "intern.hospital", "169.254.169.254"):
        listed.check(f"http://{host}:8080/fhir")
        listed.check(f"https://{host}/fhir", secret=True)
        with pytest.raises(AddressRefused, match="over TLS"):
            listed.check(f"http://{host}/fhir", secret=True)
    with pytest.raises(AddressRefused):
        listed.check("https://10.2.0.1/")


def test_this_machine_may_get_a_secret_without_tls_where_it_is_allowed() -> None:
    guard(loopback=True).check("http://localhost:8080/", secret=True)
    guard("127.0.0.1").check("http://127.0.0.1:8080/", secret=True)


@pytest.mark.parametrize("entry", ["a b", "https://ehr.example", "ehr.example:443", "10.0.0.1/8"])
def test_a_list_that_names_no_host_is_refused_at_start(entry: str) -> None:
    with pytest.raises(ConfigurationError, match=SETTING):
        guard(f"ok.example, {entry}")


@pytest.mark.parametrize("name", ["inside.example", "localhost"])
async def test_a_name_of_an_inside_address_is_not_connected(
    server: int, names: dict[str, list[str]], name: str
) -> None:
    names["inside.example"] = ["127.0.0.1"]
    async with guard().client() as client:
        with pytest.raises(AddressRefused):
            await client.get(f"https://{name}:{server}/")


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
async def test_other_spellings_of_this_machine_are_not_connected(server: int, host: str) -> None:
    async with guard().client() as client:
        with pytest.raises((AddressRefused, httpx.ConnectError, httpx.InvalidURL)):
            await client.get(f"https://{host}:{server}/")


async def test_the_address_that_was_judged_is_the_one_that_is_connected(
    server: int, names: dict[str, list[str]]
) -> None:
    """A second look-up of the name would lead elsewhere."""
    names["peer.example"] = ["127.0.0.1", "10.255.255.1"]
    async with guard("peer.example, 127.0.0.1").client(timeout=5) as client:
        answer = await client.get(f"http://peer.example:{server}/")
    assert answer.status_code == 200
    assert names["peer.example"] == ["10.255.255.1"]


async def test_a_name_that_was_outside_at_first_is_judged_again_when_connected(
    names: dict[str, list[str]],
) -> None:
    names["peer.example"] = ["93.184.216.34", "127.0.0.1"]
    watched = guard()
    assert await watched.pinned(httpx.URL("https://peer.example")) == "93.184.216.34"
    async with watched.client() as client:
        with pytest.raises(AddressRefused):
            await client.get("https://peer.example/")


async def test_a_listed_name_may_be_inside_but_not_where_clouds_keep_their_keys(
    names: dict[str, list[str]],
) -> None:
    names["ehr.hospital"] = ["10.1.2.3", "169.254.169.254"]
    listed = guard("ehr.hospital")
    assert await listed.addresses("ehr.hospital", 443) == ["10.1.2.3"]
    with pytest.raises(AddressRefused):
        await listed.addresses("ehr.hospital", 443)


async def test_a_redirect_to_a_forbidden_place_is_refused(server: int) -> None:
    own = f"http://127.0.0.1:{server}"
    async with guard("127.0.0.1").client(follow_redirects=True) as client:
        assert (await client.get(f"{own}/to/{own}/")).status_code == 200
        for place in ("https://10.0.0.1/", "http://ehr.example/", "https://u@ehr.example/"):
            with pytest.raises(AddressRefused):
                await client.get(f"{own}/to/{place}")


async def test_redirects_are_not_followed_unless_asked_for(server: int) -> None:
    async with guard("127.0.0.1").client() as client:
        answer = await client.get(f"http://127.0.0.1:{server}/to/https://ehr.example/")
    assert answer.status_code == 302


async def test_a_name_that_is_unknown_is_a_failed_connection() -> None:
    async with guard().client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://nowhere.invalid/")


@given(st.ip_addresses())
def test_no_unlisted_address_that_is_not_global_is_ever_allowed(address: Any) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    try:
        guard().check(f"https://{host}/")
    except AddressRefused:
        return
    assert address.is_global
    assert not address.is_loopback
    assert not address.is_link_local


async def test_an_answer_is_read_up_to_its_bound_and_no_further() -> None:
    given = list[int]()

    async def parts() -> AsyncIterator[bytes]:
        for number in range(5):
            given.append(number)
            yield bytes(10)

    assert await body_of(httpx.Response(200, content=parts()), 50, ValueError()) == bytes(50)
    given.clear()
    with pytest.raises(ValueError, match="over"):
        await body_of(httpx.Response(200, content=parts()), 25, ValueError("over"))
    assert given == [0, 1, 2]
