"""Certificates that come to their end are told, and handshakes that come to nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from adapter.errors import ConfigurationError, TryAgain
from adapter.hl7v2.certificates import CertificateWatch, ends_of, told, watched
from adapter.hl7v2.doors import MllpDoors, make_listener
from adapter.hl7v2.link_watch import LinkWatch
from adapter.hl7v2.listener import MllpListener
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.listeners import ListenerProfile
from adapter.mapping.mllp_profile import MllpProfile
from adapter.mapping.tls_files import ClientTls, ServerTls
from tests.fakes.certificates import Authority, trusting
from tests.hl7v2.waiting import until


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


def server(own: Path, **keys: Any) -> ServerTls:
    return ServerTls.model_validate({"certificate": str(own), **keys})


def test_an_end_is_told_once_and_so_is_a_renewal(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    own = authority.issue("own.pem", "readout", days=29)
    watch = CertificateWatch(watched("listener north", server(own)), Now())
    with caplog.at_level(logging.INFO, "adapter.hl7v2.certificates"):
        watch.look()
        watch.look()
        authority.issue("own.pem", "readout", days=300)
        watch.look()
        watch.look()
        authority.issue("own.pem", "readout", days=-1)
        watch.look()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO", "WARNING"]
    assert "listener north" in caplog.records[0].message
    assert "ended at" in caplog.records[2].message


def test_the_first_of_a_chain_and_the_last_of_the_authorities(
    authority: Authority, tmp_path: Path
) -> None:
    long, short = authority.issue("a.pem", "a", days=90), authority.issue("b.pem", "b", days=20)
    both = tmp_path / "both.pem"
    both.write_bytes(long.read_bytes() + short.read_bytes())
    ours = list(watched("listener x", server(both, client_ca=str(both))))
    chain, authorities = CertificateWatch(ours, Now()).states()
    assert (round(chain.seconds_left / 86_400), chain.soon) == (20, True)
    assert (round(authorities.seconds_left / 86_400), authorities.soon) == (90, False)
    assert list(watched("listener x", None)) == []


def test_a_file_that_cannot_be_read_is_told_and_renewed_files_are_not(
    authority: Authority, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.pem"
    state = CertificateWatch(watched("destination x", ClientTls(ca=gone)), Now()).states()[0]
    assert (state.expires_at, state.soon) == ("", True)
    assert "cannot be read" in told(state)
    own = authority.issue("own.pem", "readout", days=10)
    now = datetime.now(UTC)
    assert ends_of(list(watched("", server(own))), now).endswith("soon")
    assert ends_of(list(watched("", server(own, expiry_warning_days=5))), now).startswith("valid")
    authority.issue("own.pem", "readout", days=-2)
    with pytest.raises(ConfigurationError, match="has ended"):
        ends_of(list(watched("", server(own))), now)
    own.write_text("nothing")
    with pytest.raises(ConfigurationError, match="holds no certificate"):
        ends_of(list(watched("", server(own))), now)


Open = Callable[..., Awaitable[tuple[MllpListener, MllpDoors]]]


@pytest_asyncio.fixture
async def open_door(store: Any, clock: Any, authority: Authority) -> AsyncIterator[Open]:
    opened: list[MllpDoors] = []

    async def open_(**tls: Any) -> tuple[MllpListener, MllpDoors]:
        own = authority.issue("listener.pem", "readout")
        keys = {"name": "north", "port": 0, "tls": {"certificate": str(own), **tls}}
        profile = ListenerProfile.model_validate(keys)
        listener = make_listener(profile, lambda _: None, store, clock)
        opened.append(MllpDoors([listener]))
        await opened[-1].open()
        return listener, opened[-1]

    yield open_
    for doors in opened:
        await doors.close()


async def test_failed_handshakes_are_logged_and_counted_by_reason(
    open_door: Open, authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listener, doors = await open_door(client_ca=str(authority.ca))
    stranger = Authority(tmp_path, "elsewhere")
    outsider = trusting(authority.ca, stranger.issue("stranger.pem", "ehr"))
    for context in (outsider, trusting(authority.ca), None):
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, ssl=context)
            writer.write(b"\x0bMSH|^~\\&|SECRET|\x1c\r")
            await reader.read()
            writer.close()
    _, gone = await asyncio.open_connection("127.0.0.1", listener.port)
    gone.close()
    await until(lambda: sum(each.count for each in doors.failed_handshakes()) == 4)
    told_of = {each.reason: each.count for each in doors.failed_handshakes()}
    assert {each.owner for each in doors.failed_handshakes()} == {"listener north"}
    assert told_of["connection closed"] == 1
    assert any(reason.startswith("certificate verify failed") for reason in told_of)
    lines = [each.message for each in caplog.records if "handshake failed" in each.message]
    assert len(lines) == 4
    assert all("127.0.0.1" in line and "SECRET" not in line for line in lines)


async def test_a_sender_counts_its_failures_too(open_door: Open, tmp_path: Path) -> None:
    listener, _ = await open_door()
    other = Authority(tmp_path, "elsewhere")
    mllp = {"port": listener.port, "connect_attempts": 1, "tls": {"ca": str(other.ca)}}
    profile = DestinationProfile.model_validate({"name": "ris", "protocol": "mllp", "mllp": mllp})
    link = MllpDestination(MllpProfile.model_validate(mllp))
    route = SimpleNamespace(profile=profile, link=link)
    watch = LinkWatch([], {"ris": route}, MllpDoors([]), Now())
    with pytest.raises(TryAgain, match="no connection"):
        await link._connected()
    (failed,) = watch.handshakes()
    assert (failed.owner, failed.count) == ("destination ris", 1)
    assert failed.reason.startswith("certificate verify failed")
    assert [each.owner for each in watch.certificates()] == ["destination ris"]
