from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from adapter.errors import ConfigurationError
from adapter.store.database import Database, after_commit, is_passing, trouble
from adapter.store.tables import metadata, study


def values(accession: str) -> dict[str, str]:
    return {
        "accession": accession,
        "order_json": "{}",
        "order_status": "scheduled",
        "report_status": "none",
        "created_at": "",
        "updated_at": "",
    }


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.write() as tx:
        context = MigrationContext.configure(
            tx, opts={"version_table": "readout_schema_version", "include_name": _ours}
        )
        assert compare_metadata(context, metadata) == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or (name or "").startswith("readout_")


def test_migrating_twice_changes_nothing(database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(study).values(**values("A1")))
    database.migrate()
    with database.read() as tx:
        assert tx.execute(sa.select(study.c.accession)).scalars().all() == ["A1"]


def test_callbacks_run_after_the_commit_and_not_after_a_rollback(database: Database) -> None:
    seen: list[int] = []

    def count() -> None:
        with database.read() as tx:
            seen.append(tx.execute(sa.select(sa.func.count()).select_from(study)).scalar_one())

    with database.write() as tx:
        tx.execute(sa.insert(study).values(**values("A1")))
        after_commit(tx, count)

    def failing() -> None:
        with database.write() as tx:
            after_commit(tx, count)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert seen == [1]


def test_select_then_update_does_not_race(database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(study).values(**values("A1")))

    def count_up() -> None:
        for _ in range(20):
            with database.write() as tx:
                query = sa.select(study.c.version).with_for_update()
                version = tx.execute(query).scalar_one()
                tx.execute(sa.update(study).values(version=version + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert tx.execute(sa.select(study.c.version)).scalar_one() == 81


def test_sqlite_is_durable_and_shared(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b.sqlite'}")
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "mysql://x/y", "nonsense", "sqlite:///:memory:"])
def test_a_wrong_url_is_refused_with_advice(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Database(url)


def refused(database: Database, *statements: str) -> sa.exc.DBAPIError:
    """What the last of these statements is answered."""

    def ask() -> None:
        with database.write() as tx:
            for each in statements:
                tx.exec_driver_sql(each)

    with pytest.raises(sa.exc.DBAPIError) as told:
        ask()
    return told.value


def test_a_full_or_read_only_database_is_passing_trouble_with_a_name(database: Database) -> None:
    if database.is_sqlite:
        small = ("PRAGMA max_page_count = 1", "CREATE TABLE more AS SELECT randomblob(100000)")
        closed = ("PRAGMA query_only = on", "DELETE FROM readout_study")
    else:
        full = "DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"
        small, closed = (full,), ("SET TRANSACTION READ ONLY", "DELETE FROM readout_study")
    error = refused(database, *small)
    assert (is_passing(error), trouble(error)) == (True, "the disk of the database is full")
    database.check_writable()
    error = refused(database, *closed)
    assert (is_passing(error), trouble(error)) == (True, "the database is read-only")
