"""Disks that are full or take no change, under a service that goes on: nothing is lost.

What cannot be stored is not acknowledged; senders keep it, and once there is room again all goes on
by itself. The long form: READOUT_CHAOS_DISKS rounds.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from adapter.demo.mllp import exchange, fields
from tests.chaos import ledger
from tests.chaos.disk import SmallDisk
from tests.chaos.senders import Sender, recording
from tests.chaos.site import DATABASE, SERVICE, Site
from tests.fakes.receivers import poll
from tests.flows.hospital import order_message
from tests.peers import postgres

pytestmark = [pytest.mark.chaos, pytest.mark.peer]
ROUNDS = int(os.environ.get("READOUT_CHAOS_DISKS", "1"))
_SENDERS = 2
_LARGE = b"NTE|1||" + random.Random(7).randbytes(500_000).hex().encode() + b"\r"  # stays large
_SMALL_LOG = ("max_wal_size=48MB", "min_wal_size=32MB")
FULL, READ_ONLY = "the disk is full", "the disk is read-only"


class Disks:
    """Of the database, the audio and the log, each a small one."""

    def __init__(self, folder: Path) -> None:
        self._held = ExitStack()
        self.data = self._disk(folder / "data", 48)
        self.audio = self._disk(folder / "data" / "audio", 24)
        self.log = self._disk(folder / "log", 1)
        (folder / f"{SERVICE}.log").symlink_to(folder / "log" / "service")

    def close(self) -> None:
        self._held.close()

    def _disk(self, place: Path, size_mib: int) -> SmallDisk:
        disk = SmallDisk(place, size_mib)
        self._held.callback(disk.close)
        return disk


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Disks]:
    disks = Disks(tmp_path)
    yield disks
    disks.close()


@pytest.fixture
def site(tmp_path: Path, disks: Disks) -> Iterator[Site]:
    site = Site(tmp_path, "sqlite", trouble=0)
    yield site
    site.close()


@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_nothing_is_lost_on_a_disk_that_takes_nothing(site: Site, disks: Disks) -> None:
    numbers, sent = count(), list[Sender]()
    site.get("/healthz")
    for _ in range(ROUNDS):
        with _sending(site, numbers, sent), disks.audio.full():
            _check_audio_refused(site, FULL, disks.audio.fill)
        with _sending(site, numbers, sent), disks.audio.read_only():
            _check_audio_refused(site, READ_ONLY)
        with _sending(site, numbers, sent), disks.data.full(), disks.log.full():
            _check_orders_refused(site)
        _check_ready(site)
        _check_start_without_a_disk(site, disks)
    poll(lambda: ledger.settled(site, sent), 120)
    figures = ledger.check(site, sent)
    assert figures.arrived == figures.owed > 0
    assert site.ended[SERVICE] == 0, "it went on without a restart"


@pytest.fixture
def server() -> Iterator[tuple[postgres.Server, SmallDisk]]:
    """PostgreSQL on a disk of its own."""
    disks = list[SmallDisk]()
    server = postgres.Server(lambda place: disks.append(SmallDisk(place, 256)), _SMALL_LOG)
    yield server, disks[0]
    server.close()
    disks[0].close()


@pytest.mark.skipif(ROUNDS == 1, reason="a part of the long form: make chaos")
@pytest.mark.timeout(240 + 90 * ROUNDS)
def test_nothing_is_lost_when_the_disk_of_postgresql_is_full(
    tmp_path: Path, server: tuple[postgres.Server, SmallDisk]
) -> None:
    """Its tables cannot grow; then its log cannot, and it dies until there is room again."""
    cluster, disk = server
    site = Site(tmp_path, DATABASE, trouble=0, server=cluster)
    numbers, sent, names, taken = count(), list[Sender](), count(), list[str]()
    try:
        site.get("/healthz")
        for number in range(ROUNDS):
            with _sending(site, numbers, sent), disk.full():
                if number % 2:
                    _use_up_the_log(site)
                site.until("an order", lambda _: _refuses(site, f"FULL-{next(names)}", taken))
                site.until("the supervisor", lambda _: _is_told_of(site, disk))
                disk.make_room()
                cluster.start()
            site.get("/readyz")
        poll(lambda: ledger.settled(site, sent), 120)
        figures = ledger.check(site, sent)
        assert figures.arrived == figures.owed > 0
        assert all(site.get(f"/api/studies/{each}") for each in taken)
    finally:
        site.close()


def _use_up_the_log(site: Site) -> None:
    """Until the server has no room for what it must write before all else, and ends itself."""
    with suppress(psycopg.OperationalError):
        while True:
            with postgres.plain(site.url) as tx:
                tx.execute("select pg_current_xact_id(), pg_switch_wal()")


def _is_told_of(site: Site, disk: SmallDisk) -> bool:
    """Whether the database is told to take nothing; room that it gave back is taken again."""
    disk.fill()
    return not _checks(site)["database"]["ok"]


def _refuses(site: Site, accession: str, taken: list[str]) -> bool:
    """Whether a large order is not taken; what is acknowledged is written down in `taken`."""
    code = _ordered(site, accession, more=_LARGE)
    if code == "AA":
        taken.append(accession)
    return code == "AE"


@contextmanager
def _sending(site: Site, numbers: Iterator[int], sent: list[Sender]) -> Iterator[None]:
    """Studies are sent from now on; ends once all that was begun is taken."""
    with ThreadPoolExecutor(_SENDERS) as pool:
        begun = [Sender(site, next(numbers)) for _ in range(_SENDERS)]
        sending = [pool.submit(each.send_all) for each in begun]
        yield
        for each in sending:
            each.result()
    sent += begun


def _check_audio_refused(site: Site, why: str, again: Callable[[], None] = lambda: None) -> None:
    """Dictations are refused with the reason, orders are taken; the supervisor is told.

    A dictation under way when the disk was filled leaves room for another one: `again` takes it.
    """

    def refused() -> dict[str, Any] | None:
        again()
        return _refused(site, "AUDIO-1")

    told = poll(refused)
    assert why in told["detail"]
    assert "keep it and send it again" in told["detail"]
    assert why in _not_ready(site)["disk"]["detail"]
    assert _ordered(site, "AUDIO-1") == "AA"


def _check_orders_refused(site: Site) -> None:
    """The database's log has room for some yet: what is acknowledged of them is stored."""
    numbers = count()
    poll(lambda: _ordered(site, f"FULL-{next(numbers)}", more=_LARGE) == "AE")
    assert FULL in _not_ready(site)["disk"]["detail"]


def _check_start_without_a_disk(site: Site, disks: Disks) -> None:
    """A service whose disk has become read-only cannot start; it starts once it may write."""
    with ExitStack() as away:
        with site.without(SERVICE):
            away.enter_context(disks.data.read_only())
        poll(lambda: site.ended[SERVICE], 60)
        assert "read-only" in site.running[SERVICE].last_lines()
    site.get("/healthz")
    site.ended.clear()


def _check_ready(site: Site) -> None:
    _checks(site, 200)


def _not_ready(site: Site) -> dict[str, Any]:
    return _checks(site, 503)


def _checks(site: Site, *statuses: int) -> dict[str, Any]:
    """Of `/readyz`, whose status is one of these, or any."""
    doors = site.doors()
    assert doors is not None
    answer = httpx.get(f"{doors.http_url}/readyz", timeout=10)
    assert answer.status_code in (statuses or (200, 503))
    return dict(answer.json()["checks"])


def _ordered(site: Site, accession: str, more: bytes = b"") -> str:
    doors = site.doors()
    assert doors is not None
    message = order_message(accession) + more
    return fields(asyncio.run(exchange("127.0.0.1", doors.mllp_port, message, 30.0)), "MSA")[1]


def _refused(site: Site, accession: str) -> dict[str, Any] | None:
    """The problem that a dictation is answered; None where it is taken."""
    doors = site.doors()
    assert doors is not None
    url = f"{doors.http_url}/api/studies/{accession}/dictations"
    headers = {"Content-Type": "audio/wav"}
    answer = httpx.post(url, content=recording(), headers=headers, timeout=10)
    if answer.is_success:
        return None
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"]
    return dict(answer.json())
