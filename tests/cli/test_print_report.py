"""`readout print` without a service."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.audit import Verb
from adapter.errors import ConfigurationError
from adapter.store import audit
from adapter.store.database import Database
from tests.cli.conftest import Run
from tests.fakes.house import Workflow


def test_a_report_is_written_and_the_trail_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    workflow = Workflow(database, tmp_path)
    workflow.order("A1")
    workflow.dictate("A1", "small right pneumothorax period")
    paper = tmp_path / "A1.pdf"
    done = CliRunner().invoke(app, ["print", "A1", "--out", str(paper)])
    assert done.exit_code == 0, done.output
    assert paper.read_bytes().startswith(b"%PDF")
    piped = CliRunner().invoke(app, ["print", "A1"])
    assert piped.stdout_bytes == paper.read_bytes()
    failed = CliRunner().invoke(app, ["print", "A1", "--out", str(tmp_path / "no" / "A1.pdf")])
    assert isinstance(failed.exception, ConfigurationError)
    with database.read() as tx:
        told = [row for row in audit.every(tx) if row.verb == Verb.EXPORT]
    assert [(row.accession, row.object) for row in told] == [("A1", "readout print")] * 3
    database.close()


def test_what_cannot_be_printed_is_told_in_one_line(
    in_process: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path))
    done = in_process("print", "A1")
    assert (done.code, done.error.count("\n")) == (1, 1)
    assert "readout serve" in done.error
