"""`readout ai-ledger export` on a database that the service has filled."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import Result
from pyarrow import parquet
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.ai_ledger import Fate
from adapter.errors import Rejected
from adapter.store import ai_ledger, audit
from adapter.store.database import Database
from tests.fakes.databases import copied
from tests.workflow.test_ai_export import row


@pytest.fixture
def data(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    database = copied(empty, tmp_path / "data" / "readout.sqlite")
    with database.write() as tx:
        ai_ledger.write(tx, "A1", [row(Fate.AGREED)])
    database.close()
    return tmp_path


def run(*arguments: str) -> Result:
    asked = ("ai-ledger", "export", "--from", "2026-03-01", "--to", "2026-03-02", *arguments)
    return CliRunner().invoke(app, asked)


@pytest.mark.parametrize("form", ["csv", "assess-ai"])
def test_a_period_is_written_to_standard_output_or_a_file(data: Path, form: str) -> None:
    done = run("--format", form)
    assert done.exit_code == 0, done.output
    (found,) = csv.DictReader(io.StringIO(done.stdout))
    assert "A1" in found.values()
    assert run("--format", form, "--output", "ledger.csv").exit_code == 0
    assert (data / "ledger.csv").read_text() == done.stdout.replace("\r\n", "\n")


def test_parquet_goes_to_a_file(data: Path) -> None:
    assert "1 findings" in run("--format", "parquet", "--output", "ledger.parquet").output
    assert parquet.read_table(data / "ledger.parquet").num_rows == 1
    assert isinstance(run("--format", "parquet").exception, Rejected)


def test_a_period_that_ends_before_it_begins_is_refused(data: Path) -> None:
    asked = ("ai-ledger", "export", "--from", "2026-03-02", "--to", "2026-03-01")
    assert isinstance(CliRunner().invoke(app, asked).exception, Rejected)


def test_the_audit_trail_tells_of_the_export(data: Path) -> None:
    run()
    database = Database(f"sqlite:///{data / 'data' / 'readout.sqlite'}")
    with database.read() as tx:
        kept = list(audit.every(tx))
    database.close()
    assert "export" in repr(kept)
