"""A hospital of processes: nodes on SQLite or PostgreSQL and their neighbours; all may die.

Each process that ends, by a kill or by itself, is started again, as systemd would.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapter.demo.site import service_environment
from adapter.links import translate
from adapter.store.database import Database
from adapter.workflow.replay import replay
from tests.chaos.nursery import Forked, nursery
from tests.peers import postgres

SERVICE = "node-1"
DATABASE = "postgresql"
_RIS = "name: ris\nprotocol: mllp\nmllp: {{port: {port}, answer_seconds: 1, on_error: retry}}\n"
_EHR = "name: ehr\nprotocol: fhir\nfhir: {{base_url: 'http://127.0.0.1:{port}/fhir'}}\n"
_RESTART_S = 1.0  # what ends by itself, as it does without its database, is not hurried
_QUICK = {
    "retry_base_seconds": "0.1",
    "retry_cap_seconds": "1",
    "jobs_poll_seconds": "0.5",
    "takeover_seconds": "2",
    "speech_engine": "openai",
    "speech_preload": "false",
}


@dataclass(frozen=True)
class Doors:
    """Where the service is at this moment."""

    mllp_port: int
    http_url: str


class Site:
    """`nodes`: the service and workers (PostgreSQL); `trouble` of neighbours: 0 none, 1 usual.

    `slow`: seconds until the reporting system answers; `server`: PostgreSQL, where it is not a
    new one; `settings` of all nodes.
    """

    def __init__(
        self,
        folder: Path,
        engine: str,
        nodes: int = 1,
        trouble: float = 1.0,
        seed: int = 7,
        slow: float = 0.0,
        patience_s: float = 240.0,
        service_roles: str = "intake,speech,delivery,web",
        server: postgres.Server | None = None,
        **settings: str,
    ) -> None:
        self.folder, self._trouble, self._slow, self._settings = folder, trouble, slow, settings
        self._service_roles, self._patience_s = service_roles, patience_s
        self.random = random.Random(seed)
        self.nursery = nursery()
        self.server = server or (postgres.Server() if engine == DATABASE else None)
        self.url = f"sqlite:///{folder / 'data' / 'readout.sqlite'}"
        if self.server is not None:
            self.url = postgres.fresh_database(self.server.url)
        self.ports = {name: postgres.free_port() for name in ("ris", "ehr", "speech")}
        self._write_mappings()
        self._begin: dict[str, Callable[[], Forked]] = {
            name: lambda name=name: self._peer(name)  # type: ignore[misc]
            for name in self.ports
        }
        self.running: dict[str, Forked] = {}
        self.kills: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()  # by themselves
        self._lock = threading.Lock()
        self._over = threading.Event()
        for name, begin in self._begin.items():
            self.running[name] = begin()
        for number in range(1, nodes + 1):
            self.join(number)
        threading.Thread(target=self._supervise, name="supervisor", daemon=True).start()

    def join(self, number: int) -> None:
        """One more node; the first one has the doors."""
        name = f"node-{number}"
        with self._lock:
            self._begin[name] = lambda: self._node(number)
            self.running[name] = self._node(number)

    @property
    def names(self) -> list[str]:
        """Everything that may be killed."""
        return [*self._begin, *([DATABASE] if self.server else [])]

    def ledger(self, name: str) -> Path:
        """Where a neighbour writes down what arrives."""
        return self.folder / f"{name}.ledger"

    def doors(self) -> Doors | None:
        """Where to send, once the service is ready."""
        ready = [each for each in self.running[SERVICE].events if "http_port" in each]
        if not ready:
            return None
        url = f"http://127.0.0.1:{ready[0]['http_port']}"
        return Doors(int(ready[0]["mllp_port"]), url)

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again. Of PostgreSQL the postmaster or one session."""
        with self._lock:
            self.kills[name] += 1
            if name != DATABASE:
                self.running[name].kill()
                self.running[name] = self._begin[name]()
        if name == DATABASE and self.server is not None:
            if self.random.random() < 0.5:
                self.server.kill_one_session()
            else:
                self.server.kill()
            self.server.start()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """One of them is away."""
        with self._lock:
            begin = self._begin.pop(name)
            self.running[name].kill()
        try:
            yield
        finally:
            with self._lock:
                self._begin[name] = begin
                self.running[name] = begin()

    def until(self, what: str, ask: Callable[[Doors], Any]) -> Any:
        """Ask again and again, wherever the doors are now, until there is an answer."""
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            if (doors := self.doors()) is not None:
                try:
                    if answer := ask(doors):
                        return answer
                except (OSError, TimeoutError, httpx.HTTPError):
                    pass  # just killed, or not there yet: a real sender tries again too
            time.sleep(0.1)
        raise AssertionError(f"{what} was never answered{self.running[SERVICE].last_lines()}")

    def get(self, path: str) -> dict[str, Any]:
        """What the service tells."""

        def asked(doors: Doors) -> dict[str, Any]:
            response = httpx.get(doors.http_url + path, timeout=10)
            return dict(response.json()) if response.is_success else {}

        return dict(self.until(f"GET {path}", asked))

    def replayed(self, accession: str) -> list[str]:
        """What differs when a study's reports and messages are made again."""
        database = Database(self.url)
        try:
            told = replay(database, accession, translate)
            return [each.what for each in told if not each.same]
        finally:
            database.close()

    def close(self) -> None:
        """End everything."""
        self._over.set()
        with self._lock:
            for each in self.running.values():
                each.kill()
        if self.server is not None:
            self.server.close()

    def environment(self, number: int) -> dict[str, str]:
        """Of one node."""
        return service_environment(
            self.folder,
            node_id=f"node-{number}",
            **({"roles": self._service_roles} if number == 1 else {}),
            database_url=self.url if self.server else "",
            speech_url=f"http://127.0.0.1:{self.ports['speech']}",
            **(_QUICK | self._settings),
        )

    def _write_mappings(self) -> None:
        destinations = self.folder / "mappings" / "destinations"
        destinations.mkdir(parents=True)
        (destinations / "ris.yaml").write_text(_RIS.format(port=self.ports["ris"]))
        (destinations / "ehr.yaml").write_text(_EHR.format(port=self.ports["ehr"]))

    def _node(self, number: int) -> Forked:
        command = ["serve" if number == 1 else "worker", "--json"]
        env = self.environment(number)
        return self.nursery.start(f"node-{number}", "adapter", command, self.folder, env)

    def _peer(self, name: str) -> Forked:
        told = [str(self.ports[name]), str(self.ledger(name)), str(self._trouble)]
        arguments = [name, *told, str(self.random.randrange(1 << 30)), str(self._slow)]
        return self.nursery.start(name, "tests.chaos.peer", arguments, self.folder, {})

    def _supervise(self) -> None:
        while not self._over.wait(_RESTART_S):
            with self._lock:
                for name, begin in self._begin.items():
                    if not self._over.is_set() and not self.running[name].alive:
                        self.ended[name] += 1
                        self.running[name] = begin()
