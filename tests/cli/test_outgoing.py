"""`readout outgoing`: a site proves what left, and what did not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.identifiers import sha256_hex
from adapter.store import model_calls as store
from adapter.store.database import Database
from adapter.store.model_calls import LeftState

BODY = b'{"input_data": {}}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where one payload has left and another was stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    database = Database(f"sqlite:///{tmp_path / 'data' / 'readout.sqlite'}")
    database.migrate()
    for state, sha256 in ((LeftState.ANSWERED, sha256_hex(BODY)), (LeftState.STOPPED, "")):
        with database.write() as tx:
            store.add_left(
                tx,
                at="2026-03-01T12:00:00.000+00:00",
                name="chest",
                destination="https://models.example/score",
                accession="A1",
                sha256=sha256,
                size_bytes=len(BODY),
                fields=("$.input_data",),
                state=state,
            )
    database.close()
    return tmp_path


def test_payloads_are_listed(folder: Path) -> None:
    done = CliRunner().invoke(app, ["outgoing", "--json"])
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["state"] for each in told] == ["stopped", "answered"]
    assert told[1]["fields"] == ["$.input_data"]
    plain = CliRunner().invoke(app, ["outgoing", "--state", "answered", "--since", "2026-01-01"])
    assert sha256_hex(BODY) in plain.stdout
    assert not CliRunner().invoke(app, ["outgoing", "--since", "2027-01-01"]).stdout


def test_a_payload_that_left_is_known_by_its_bytes(folder: Path) -> None:
    (folder / "it.json").write_bytes(BODY)
    (folder / "other.json").write_bytes(BODY + b" ")
    assert CliRunner().invoke(app, ["outgoing", "--file", "it.json"]).exit_code == 0
    assert CliRunner().invoke(app, ["outgoing", "--file", "other.json"]).exit_code == 1
