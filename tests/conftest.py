"""Fixtures that several rooms share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from adapter.store.database import Database
from tests.fakes.databases import copied, migrated
from tests.peers import postgres

# How long an example takes proves nothing; the gate tries the same examples at every run.
settings.register_profile("readout", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("readout")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: no search for garbage need walk it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    with postgres.cluster() as url:
        yield url


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no row, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "readout.sqlite"
    migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres_cluster: str) -> str:
    """The URL of a PostgreSQL database with all tables and no row, to be copied."""
    return migrated(postgres.fresh_database(postgres_cluster))


@pytest.fixture
def sqlite(tmp_path: Path, empty: Path) -> Iterator[Database]:
    """An empty SQLite database with all tables, in the test's folder."""
    database = copied(empty, tmp_path / "readout.sqlite")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables, once on each engine."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    database = Database(postgres.copy_of(request.getfixturevalue("empty_postgres")))
    yield database
    database.close()
