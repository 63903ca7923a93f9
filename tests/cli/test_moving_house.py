"""Backups, restores and moves of an installation whose jobs are waiting."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from adapter.cli import app
from adapter.errors import ConfigurationError
from adapter.jobs.dbos_jobs import DbosJobs, Queue
from adapter.store.database import Database
from adapter.store.tables import history
from adapter.store.transfer import our_tables, sum_of
from adapter.workflow.replay import replay
from tests.fakes.databases import copied
from tests.fakes.house import Workflow, translate
from tests.jobs.test_dbos_jobs import Seen, until
from tests.peers import postgres

QUEUES = {"look": Queue(workers=1)}


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def at_work(installation: Path, empty: Path) -> Iterator[Workflow]:
    """A signed report, a recording, and a job that waits."""
    database = copied(empty, installation / "data" / "readout.sqlite")
    workflow = Workflow(database, installation / "data")
    _fill(workflow)
    yield workflow
    database.close()


def test_a_backup_made_while_it_is_written_to_opens_and_goes_on(
    installation: Path, at_work: Workflow
) -> None:
    stop = threading.Event()
    writing = threading.Thread(target=_write_on, args=(at_work.database, stop))
    writing.start()
    try:
        for _ in range(2):  # the second one grows
            done = CliRunner().invoke(app, ["backup", str(installation / "copy"), "--json"])
            assert done.exit_code == 0, done.output
    finally:
        stop.set()
        writing.join()
    at_work.database.close()
    shutil.rmtree(installation / "data")
    (installation / "data").mkdir()
    shutil.copy(installation / "copy" / "readout.sqlite", installation / "data")
    shutil.copytree(installation / "copy" / "files", installation / "data", dirs_exist_ok=True)
    _check(Database(f"sqlite:///{installation / 'data' / 'readout.sqlite'}"))


@pytest.mark.peer
def test_everything_moves_to_postgresql(
    installation: Path, at_work: Workflow, postgres_cluster: str
) -> None:
    url = postgres.fresh_database(postgres_cluster)
    with at_work.database.read() as tx:
        before = {table.name: sum_of(tx, table) for table in our_tables()}
    done = CliRunner().invoke(app, ["migrate-database", "--to", url])
    assert done.exit_code == 0, done.output
    moved = Database(url)
    with moved.read() as tx:
        after = {table.name: sum_of(tx, table) for table in our_tables()}
    assert after == before
    again = CliRunner().invoke(app, ["migrate-database", "--to", url])
    assert isinstance(again.exception, ConfigurationError)
    assert "name an empty one" in str(again.exception)
    Workflow(moved, installation / "data").order("A2")  # numbers go on behind those that moved
    _check(moved)


@pytest.mark.peer
def test_a_running_service_is_not_moved(at_work: Workflow, postgres_cluster: str) -> None:
    jobs = DbosJobs(at_work.database, "node-1", QUEUES)
    jobs.start()
    try:
        url = postgres.fresh_database(postgres_cluster)
        done = CliRunner().invoke(app, ["migrate-database", "--to", url])
        assert "already runs" in str(done.exception)
    finally:
        jobs.stop()


@pytest.mark.peer
def test_postgresql_is_dumped_and_put_back(
    installation: Path, postgres_cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.fresh_database(postgres_cluster)
    programs = postgres.binaries()
    assert programs is not None
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("READOUT_DATABASE_URL", url)
    database = Database(url)
    database.migrate()
    _fill(Workflow(database, installation / "data"))
    done = CliRunner().invoke(app, ["backup", str(installation / "copy")])
    assert done.exit_code == 0, done.output
    database.close()
    back = postgres.fresh_database(postgres_cluster)
    target = back.replace("postgresql+psycopg", "postgresql")
    dump = str(installation / "copy" / "readout.dump")
    restore = [str(programs / "pg_restore"), "--no-owner", f"--dbname={target}", dump]
    subprocess.run(restore, check=True, capture_output=True)
    _check(Database(back))


def _fill(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", "no pneumothorax period")
    jobs = DbosJobs(workflow.database, "node-1", QUEUES)
    jobs.handle("look", Seen())
    jobs.start()
    with workflow.database.write() as tx:
        jobs.put(tx, "look", "waiting", delay=2.0)
    jobs.stop()


def _check(database: Database) -> None:
    """The report is made again byte for byte, and what waited is done."""
    assert all(each.same for each in replay(database, "A1", translate_as_stored))
    seen = Seen()
    jobs = DbosJobs(database, "node-1", QUEUES, poll_seconds=0.2)
    jobs.handle("look", seen)
    jobs.start()
    try:
        until(lambda: seen.keys == ["waiting"])
    finally:
        jobs.stop()
        database.close()


def translate_as_stored(_profile: object, message: object) -> bytes:
    return translate(message)  # type: ignore[arg-type]


def _write_on(database: Database, stop: threading.Event) -> None:
    while not stop.is_set():
        with database.write() as tx:
            tx.execute(sa.insert(history).values(at="", accession="A1", event="written"))
