"""`readout hub` as a process, and what it refuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from adapter.cli import app
from adapter.errors import ConfigurationError


def test_it_says_its_address_serves_and_ends_when_told(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("first\nsecond\n")
    command = [sys.executable, "-m", "adapter", "hub", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--token-file", str(tokens)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["hub_url"]
        known = {"Authorization": "Bearer second"}
        assert httpx.get(f"{url}/t", headers=known).json()["context.type"] == ""
        assert httpx.get(f"{url}/t").status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--token-file", "nowhere"], "cannot be read"),
        (["--token-file", "empty"], "holds no token"),
        (["--host", "192.0.2.1", "--token-file", "one"], "cannot listen"),
    ],
)
def test_what_it_does_not_begin_with(
    options: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "one").write_text("secret")
    done = CliRunner().invoke(app, ["hub", *options])
    assert isinstance(done.exception, ConfigurationError)
    assert why in str(done.exception)
