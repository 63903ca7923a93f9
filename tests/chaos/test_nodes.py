"""Three nodes on one PostgreSQL: a dead one is replaced, and each destination has one sender."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import ledger
from tests.chaos.senders import Sender
from tests.chaos.site import DATABASE, SERVICE, Site
from tests.fakes.receivers import poll
from tests.peers import postgres

pytestmark = [pytest.mark.chaos, pytest.mark.peer, pytest.mark.timeout(400)]
NODES = 3
RIS_TAKES_S = 0.2
AT_WORK = (
    "select executor_id from dbos.workflow_status"
    " where status = 'PENDING' and queue_name = 'transcribe'"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("nodes")
    site = Site(folder, DATABASE, NODES, trouble=0, slow=RIS_TAKES_S, service_roles="intake,web")
    site.get("/healthz")
    poll(lambda: all(site.running[f"node-{each}"].events for each in range(1, NODES + 1)), 60)
    yield site
    site.close()


def test_another_node_finishes_what_a_dead_one_had_in_hand(site: Site) -> None:
    os.kill(site.running["speech"].pid, signal.SIGSTOP)  # it takes recordings, and does not answer
    sender = Sender(site, 1)
    sender.order_and_dictate()
    dead = poll(lambda: _at_work(site), 60)
    assert dead != SERVICE, "the node of the doors has no part in speech"
    with site.without(dead):
        os.kill(site.running["speech"].pid, signal.SIGCONT)
        poll(lambda: _heard(site, sender), 60)
    sender.send_all()
    _settle(site, [sender])


def test_a_destination_has_one_sender_also_while_the_database_dies(site: Site) -> None:
    senders = [Sender(site, number) for number in range(101, 105)]
    for place, sender in enumerate(senders):
        sender.order_and_write()
        if place == 2:
            site.kill(DATABASE)
    for sender in senders:
        sender.send_all()
    _settle(site, senders)
    lines = site.ledger("ris").read_text().splitlines()
    assert {json.loads(line)["open"] for line in lines} == {1}, "two senders at one moment"


def _settle(site: Site, senders: list[Sender]) -> None:
    deadline = time.monotonic() + 240
    while not ledger.settled(site, senders):
        assert time.monotonic() < deadline, "not all reports were delivered"
        time.sleep(0.2)
    ledger.check(site, senders)


def _at_work(site: Site) -> str:
    with postgres.plain(site.url) as tx:
        row = tx.execute(AT_WORK).fetchone()
    return str(row[0]) if row else ""


def _heard(site: Site, sender: Sender) -> str:
    asked = "select transcript_json from readout_dictation where accession = %s"
    with postgres.plain(site.url) as tx:
        row = tx.execute(asked, [sender.accession]).fetchone()
    return str(row[0] or "") if row else ""
