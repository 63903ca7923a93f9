"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from adapter.store.database import Database
from tests.peers import postgres

# How long an example takes proves nothing; the gate tries the same examples at every run.
settings.register_profile("readout", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("readout")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables, once on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'readout.sqlite'}"
    else:
        url = postgres.fresh_database(request.getfixturevalue("postgres_cluster"))
    database = Database(url)
    database.migrate()
    yield database
    database.close()
