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
from tests.fakes.databases import copied

BODY = b'{"input_data": {}}'
STOPPED = b'{"input_data": {"a": "name"}}'


@pytest.fixture
def folder(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where one payload has left and another was stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    database = copied(empty, tmp_path / "data" / "readout.sqlite")
    for state, body in ((LeftState.ANSWERED, BODY), (LeftState.STOPPED, STOPPED)):
        with database.write() as tx:
            store.add_left(
                tx,
                at="2026-03-01T12:00:00.000+00:00",
                name="chest",
                model="CXRReportGen 1",
                destination=f"https://{state}.example/score",
                accession="A1",
                sha256=sha256_hex(body),
                size_bytes=len(body),
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
    there = CliRunner().invoke(app, ["outgoing", "--destination", "stopped.example"])
    assert sha256_hex(STOPPED) in there.stdout
    assert sha256_hex(BODY) not in there.stdout


def test_a_payload_that_left_is_known_by_its_bytes(folder: Path) -> None:
    (folder / "it.json").write_bytes(BODY)
    (folder / "other.json").write_bytes(BODY + b" ")
    assert CliRunner().invoke(app, ["outgoing", "--file", "it.json"]).exit_code == 0
    assert CliRunner().invoke(app, ["outgoing", "--file", "other.json"]).exit_code == 1
    (folder / "stopped.json").write_bytes(STOPPED)
    assert CliRunner().invoke(app, ["outgoing", "--file", "stopped.json"]).exit_code == 1


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE readout_outgoing_payload SET destination = 'https://other.example'", "not listed"),
        ("DELETE FROM readout_outgoing_payload WHERE state = 'stopped'", "is not listed so"),
        (
            "INSERT INTO readout_outgoing_payload SELECT 9, at, name, model, destination,"
            " accession, 'x', 1, '[]', state, '', 0, 0 FROM readout_outgoing_payload LIMIT 1",
            "no row of the audit trail",
        ),
    ],
)
def test_list_and_audit_trail_prove_each_other(folder: Path, statement: str, what: str) -> None:
    good = CliRunner().invoke(app, ["outgoing", "--prove"])
    assert (good.exit_code, good.stdout) == (0, "the list and the audit trail tell the same\n")
    database = Database(f"sqlite:///{folder / 'data' / 'readout.sqlite'}")
    with database.engine.begin() as tx:
        tx.exec_driver_sql(statement)
    database.close()
    bad = CliRunner().invoke(app, ["outgoing", "--prove"])
    assert bad.exit_code == 1
    assert what in bad.stdout
