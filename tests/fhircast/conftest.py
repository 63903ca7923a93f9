"""A workflow with four studies of four patients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.store.database import Database
from tests.fakes.house import Workflow


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no row."""
    path = tmp_path_factory.mktemp("migrated") / "readout.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def fresh(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    """A copy of it."""
    shutil.copy(migrated, tmp_path / "readout.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def flow(fresh: Database, tmp_path: Path) -> Workflow:
    flow = Workflow(fresh, tmp_path)
    for number in range(4):
        patient = Patient(Phi(f"SYN{number}"), "SYN")
        flow.order(f"A{number}", patient=patient, study_uid=f"1.2.3.{number}")
    return flow
