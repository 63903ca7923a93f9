"""`readout destination` against the real service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapter.cli import app
from adapter.demo.site import Service, service_environment
from adapter.errors import Rejected, TryAgain

_RIS = "name: ris\nprotocol: mllp\nmllp: {port: 1}\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "mappings" / "destinations").mkdir(parents=True)
    (folder / "mappings" / "destinations" / "ris.yaml").write_text(_RIS)
    service = Service(folder, service_environment(folder, speech_preload="false"))
    try:
        service.wait_ready()
        yield service.http_url
    finally:
        service.stop()


def destination(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["destination", *arguments])


def test_pause_list_resume_and_history(url: str) -> None:
    why = ["--by", "1001", "--reason", "new interface"]
    done = destination("pause", "ris", *why, "--to", url)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("ris: 0 pending, 0 held; paused by 1001 at ")
    assert done.stdout.rstrip().endswith("new interface")
    assert destination("list", "--to", url).stdout == done.stdout
    again = destination("pause", "ris", *why, "--to", url)
    assert isinstance(again.exception, Rejected)
    assert "paused already" in str(again.exception)
    resumed = destination("resume", "ris", "--by", "1001", "--to", url, "--json")
    assert json.loads(resumed.stdout)["paused"] is None
    assert destination("resend", "ris", "--by", "1001", "--to", url).stdout.startswith(
        "ris: 0 held"
    )
    lines = destination("history", "ris", "--to", url).stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["destination paused", "destination resumed"]


def test_a_service_that_is_away_is_told(url: str) -> None:
    away = destination("list", "--to", "http://127.0.0.1:9")
    assert isinstance(away.exception, TryAgain)
