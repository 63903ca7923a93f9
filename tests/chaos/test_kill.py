"""kill -9 of everything at random moments, with neighbours that do all they should not.

Senders repeat until they are answered, as real ones do. At the end the ledgers of the receivers
prove what must hold. The long form: READOUT_CHAOS_KILLS, of nodes and PostgreSQL.
"""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from tests.chaos import ledger
from tests.chaos.senders import Sender
from tests.chaos.site import DATABASE, SERVICE, Site
from tests.fakes.receivers import poll

KILLS = int(os.environ.get("READOUT_CHAOS_KILLS", "6"))
SEED = int(os.environ.get("READOUT_CHAOS_SEED", "7"))
_SENDERS = 3
_LONGEST_WAIT_S = 1.6  # between two kills
_DURING_START = 0.3  # this share of the kills strikes whatever its victim is doing
_READY_S = 60 + KILLS  # a long run may be held up by what else the machine does
_NEIGHBOURS = 0.2  # this share of the kills strikes a neighbour, and does not count
_PATIENCE_S = 300
_TELL_EACH = 50


@pytest.mark.chaos
@pytest.mark.timeout(500 + 20 * KILLS)
@pytest.mark.parametrize(
    ("engine", "nodes"), [("sqlite", 1), pytest.param(DATABASE, 3, marks=pytest.mark.peer)]
)
def test_nothing_is_lost(tmp_path: Path, engine: str, nodes: int) -> None:
    began = time.monotonic()
    site = Site(tmp_path, engine, nodes, seed=SEED, patience_s=240 + 10 * KILLS)
    try:
        site.get("/healthz")
        senders = _fire(site, random.Random(SEED + 1))
        _wait_until_settled(site, senders)
        figures = ledger.check(site, senders)
        print(
            f"\n{engine}, {nodes} nodes: kills {dict(site.kills)}, ended by themselves "
            f"{dict(site.ended)}, studies {len(senders)}, reports owed {figures.owed}, arrived "
            f"{figures.arrived}, lost {figures.owed - figures.arrived}, taken again under the same "
            f"id {figures.repeated}, {time.monotonic() - began:.0f} s"
        )
    finally:
        site.close()


def _fire(site: Site, chance: random.Random) -> list[Sender]:
    """Kill so many times while studies are sent; all that was begun is sent to its end."""
    over, numbers, sent = threading.Event(), count(), list[Sender]()

    def send() -> None:
        wait = random.Random(SEED + 2)
        while not over.is_set():
            sent.append(sender := Sender(site, next(numbers)))
            sender.send_all()
            over.wait(wait.uniform(0, 1))

    with ThreadPoolExecutor(_SENDERS) as pool:
        sending = [pool.submit(send) for _ in range(_SENDERS)]
        try:
            _kill(site, chance)
        finally:
            over.set()
        for each in sending:
            each.result()
    return sent


def _kill(site: Site, chance: random.Random) -> None:
    ours = [name for name in site.names if name == DATABASE or name.startswith("node-")]
    others = [name for name in site.names if name not in ours]
    struck = 0
    while struck < KILLS:
        neighbour = chance.random() < _NEIGHBOURS
        victim = chance.choice(others if neighbour else ours)
        if chance.random() >= _DURING_START:
            _wait_ready(site, victim if victim.startswith("node-") else SERVICE)
        time.sleep(chance.uniform(0.05, _LONGEST_WAIT_S))
        site.kill(victim)
        struck += not neighbour
        if not neighbour and struck % _TELL_EACH == 0:
            print(f"{struck} of {KILLS} kills", flush=True)


def _wait_ready(site: Site, name: str) -> None:
    poll(lambda: site.running[name].events, _READY_S)


def _wait_until_settled(site: Site, senders: list[Sender]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not ledger.settled(site, senders):
        assert time.monotonic() < deadline, "not all reports were delivered"
        time.sleep(0.3)
