"""An upgrade node by node: the version before and this one at work on one PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos import ledger
from tests.chaos.senders import Sender
from tests.chaos.site import DATABASE, SERVICE, Doors, Site
from tests.deploy.earlier import tree_of
from tests.fakes.receivers import poll

pytestmark = [pytest.mark.peer, pytest.mark.timeout(400)]
BEFORE = "fcefa5d"  # the last one whose tables are at migration 26
RIS_TAKES_S = 0.2


class Earlier:
    """The service of the version before, beside the nodes of this one."""

    def __init__(self, packages: Path, site: Site) -> None:
        env = site.environment(1) | {"READOUT_NODE_ID": "node-0", "PYTHONPATH": str(packages)}
        command = [sys.executable, "-P", "-m", "adapter", "serve", "--json"]
        self.process = subprocess.Popen(command, env=env, cwd=packages, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        port = ready["http_port"]
        self.doors = Doors(int(ready["mllp_port"]), f"http://127.0.0.1:{port}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


class At(Site):
    """The same site by the doors of one of its nodes."""

    def __init__(self, site: Site, doors: Callable[[], Doors | None]) -> None:
        self.__dict__.update(site.__dict__)
        self.doors = doors  # type: ignore[method-assign]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Its neighbours run; no node of it does yet."""
    site = Site(tmp_path, DATABASE, nodes=0, trouble=0, slow=RIS_TAKES_S)
    yield site
    site.close()


@pytest.fixture
def earlier(site: Site, tmp_path: Path) -> Iterator[Earlier]:
    earlier = Earlier(tree_of(BEFORE, tmp_path / "before"), site)
    yield earlier
    earlier.kill()


def test_two_versions_share_the_work_of_one_database(site: Site, earlier: Earlier) -> None:
    old, sent = At(site, lambda: earlier.doors), list[Sender]()

    def send(*where: Site) -> None:
        new = [Sender(each, len(sent) + place) for place, each in enumerate(where)]
        sent.extend(new)
        for each in new:
            each.send_all()

    site.join(1)  # it brings the tables up, and the one before goes on
    site.get("/healthz")
    send(old, site)
    with ExitStack() as away:
        with site.without("ris"):
            send(site)
            away.enter_context(site.without(SERVICE))
        poll(lambda: ledger.settled(old, sent), 120)  # the one before finishes what the new one had
    with site.without("ris"):
        send(old)
        earlier.kill()
    poll(lambda: ledger.settled(site, sent), 120)
    ledger.check(site, sent)
    lines = site.ledger("ris").read_text().splitlines()
    assert {json.loads(line)["open"] for line in lines} == {1}, "two senders at one moment"
