"""`readout serve` and `readout worker` as processes."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from adapter.cli import app
from adapter.demo.site import service_environment
from adapter.errors import ConfigurationError
from tests.peers import postgres

SECONDS = 90


def command(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "adapter", *arguments],
        cwd=folder,
        env=service_environment(folder, **{"speech_preload": "false", **settings}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_its_ports_once_and_ends_when_told(tmp_path: Path) -> None:
    process = command(tmp_path, "serve", "--json")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["event"] == "ready"
        with socket.create_connection(("127.0.0.1", ready["mllp_port"]), timeout=10):
            answer = httpx.get(f"http://127.0.0.1:{ready['http_port']}/readyz", timeout=30)
        assert answer.json()["status"] == "ready", answer.text
        made = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")}
        assert made.pop("readout.sqlite") == 0
        assert set(made.values()) == {0}, made
        ended(process, signal.SIGTERM)
    finally:
        process.kill()


def test_it_says_where_it_listens_in_words(tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    config.write_text('node_id = "reading-room"\nhttp_host = "::1"\n')
    process = command(tmp_path, "serve", "--config", str(config))
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"mllp://127\.0\.0\.1:\d+, HTTP on (http://\[::1\]:\d+/)$", line.strip())
        assert found, line
        line = process.stdout.readline()
        link = re.search(rf"({re.escape(found[1])}sign-in\?code=\S+)$", line.strip())
        assert link
        page = httpx.get(link[1], timeout=30)
        assert page.status_code == 200
        assert "<h1>Sign in</h1>" in page.text
        ended(process, signal.SIGINT)
    finally:
        process.kill()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """The signal ends it with 0, without another word on standard output and no traceback."""
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, ""), err
    assert "Traceback" not in err


@pytest.mark.peer
def test_a_worker_shares_a_database_and_tells_how_it_is(
    tmp_path: Path, postgres_cluster: str
) -> None:
    url = postgres.fresh_database(postgres_cluster)
    process = command(tmp_path, "worker", "--json", database_url=url, node_id="node-2")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["event"], ready["node"]) == ("ready", "node-2")
        with httpx.Client(base_url=f"http://127.0.0.1:{ready['monitor_port']}", timeout=30) as door:
            assert door.get("/healthz").json() == {"status": "ok"}
            assert door.get("/readyz").json()["status"] == "ready"
            assert "readout_queue_wait_seconds" in door.get("/metrics").text
            for place in ("/", "/api/studies", "/sign-in", "/openapi.json", "/events"):
                assert door.get(place).status_code == 404
        ended(process, signal.SIGTERM)
    finally:
        process.kill()


@pytest.mark.parametrize("door", ["http", "mllp"])
def test_a_taken_port_ends_it_with_one_line(tmp_path: Path, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = command(tmp_path, "serve", **{f"{door}_port": port})
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (1, "")
    (line,) = [line for line in err.splitlines() if line.startswith("readout: ")]
    assert f"127.0.0.1:{port}: Address already in use" in line
    assert f"READOUT_{door.upper()}_PORT" in line
    assert "Traceback" not in err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation in this process, which is refused before anything starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("READOUT_CONFIG", raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, ConfigurationError)
    assert done.stdout == ""
    return str(done.exception)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mllp_port", "many"),
        ("database_url", "nonsense"),
        ("database_url", "postgresql://nobody@127.0.0.1:1/none"),
    ],
)
def test_a_wrong_setting_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"READOUT_{name.upper()}", value)
    assert name in refused("serve").lower()


def test_a_missing_configuration_file_is_named(here: Path) -> None:
    assert "nowhere.toml" in refused("serve", "--config", "nowhere.toml")


def test_a_wrong_mapping_file_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = here / "mappings" / "destinations"
    folder.mkdir(parents=True)
    (folder / "ris.yaml").write_text("name: RIS\nprotocol: carrier-pigeon\n")
    monkeypatch.setenv("READOUT_MAPPINGS_DIR", str(here / "mappings"))
    assert "ris.yaml" in refused("serve")


def test_a_worker_needs_a_database_that_is_shared(here: Path) -> None:
    assert "READOUT_DATABASE_URL" in refused("worker")
