"""From an earlier version to the wheel of this one, under a supervisor, with work that waits."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapter.demo.mllp import exchange
from adapter.demo.site import service_environment
from tests.deploy.earlier import tree_of
from tests.fakes.receivers import ReportingSystem, poll
from tests.fakes.wheel import unpacked_wheel
from tests.flows.hospital import AUDIO, PERSON, order_message

EARLIER = "fe4d244"  # a commit that was run in hospitals' stead: its tables are at migration 14
_RIS = "name: ris\nprotocol: mllp\nmllp: {{port: {port}, answer_seconds: 2}}\n"


class Supervisor:
    """Starts the service again whenever it ends, as systemd's Restart=always does."""

    def __init__(self, packages: Path, env: dict[str, str]) -> None:
        self._command = [sys.executable, "-P", "-m", "adapter", "serve", "--json"]
        self._env, self._packages = {**env, "PYTHONPATH": str(packages)}, packages
        self._stopping = False
        self.starts = 0
        self._run = threading.Thread(target=self._keep, daemon=True)
        self._run.start()

    def _keep(self) -> None:
        while not self._stopping:
            self.process = subprocess.Popen(
                self._command, env=self._env, cwd=self._packages, stdout=subprocess.PIPE
            )
            assert self.process.stdout is not None
            for line in self.process.stdout:
                self.starts += "http_port" in json.loads(line)
            self.process.wait()

    def wait_start(self, number: int) -> None:
        poll(lambda: self.starts >= number, 60)

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> int:
        self._stopping = True
        self.process.terminate()
        self._run.join(30)
        return self.process.returncode


def free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the earlier version."""
    return tree_of(EARLIER, tmp_path_factory.mktemp("earlier"))


@pytest.fixture
def supervised() -> Iterator[list[Supervisor]]:
    """Those started are stopped."""
    started: list[Supervisor] = []
    yield started
    for each in started:
        each.stop()


def test_work_that_waits_is_done_after_the_upgrade(
    earlier: Path, tmp_path: Path, supervised: list[Supervisor]
) -> None:
    mllp, web, ris_port = free_ports(3)
    (tmp_path / "mappings" / "destinations").mkdir(parents=True)
    (tmp_path / "mappings" / "destinations" / "ris.yaml").write_text(_RIS.format(port=ris_port))
    env = service_environment(
        tmp_path, mllp_port=str(mllp), http_port=str(web), retry_base_seconds="0.2",
        retry_cap_seconds="1",
    )  # fmt: skip
    accessions = ("UP1", "UP2")
    with httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=30) as http:
        before = Supervisor(earlier, env)
        supervised.append(before)
        before.wait_start(1)
        for accession in accessions:
            asyncio.run(exchange("127.0.0.1", mllp, order_message(accession)))
            poll(lambda name=accession: http.get(f"/api/studies/{name}").is_success)  # type: ignore[misc]
            http.post(
                f"/api/studies/{accession}/dictations",
                content=(AUDIO / "DEMO-CXR-1.wav").read_bytes(),
                headers={"Content-Type": "audio/wav"},
            ).raise_for_status()
            poll(lambda name=accession: http.get(f"/api/studies/{name}/report").is_success)  # type: ignore[misc]
        before.kill()
        before.wait_start(2)
        signed = http.post("/api/studies/UP1/report/sign", json={"person": PERSON, "version": 1})
        signed.raise_for_status()
        waiting = {name: _sent(http, name) for name in accessions}
        assert before.stop() == 0

        after = Supervisor(unpacked_wheel(tmp_path / "wheel"), env)
        supervised.append(after)
        after.wait_start(1)
        ris = ReportingSystem(port=ris_port)
        try:
            for name in accessions:
                poll(lambda name=name: _sent(http, name, "acknowledged") == waiting[name])  # type: ignore[misc]
                assert [each.control_id for each in ris.of(name)] == waiting[name]
            assert [each.kind for each in ris.of("UP1")] == ["P", "F"]
            assert http.get("/readyz").is_success
        finally:
            ris.close()


def _sent(http: httpx.Client, accession: str, state: str = "") -> list[str]:
    told = http.get(f"/api/studies/{accession}").json()["deliveries"]
    return [each["control_id"] for each in told if state in ("", each["state"])]
