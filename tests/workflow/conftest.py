from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store.database import Database
from tests.fakes.fhir_place import PATIENT, Place, place_at
from tests.fakes.fhir_source import source_double
from tests.fakes.house import Workflow


@pytest.fixture
def workflow(database: Database, tmp_path: Path) -> Workflow:
    """The workflow with fakes at its edges, on each database engine."""
    return Workflow(database, tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    with source_double() as (ehr, url):
        ehr.put(PATIENT)
        yield place_at(Workflow(database, tmp_path), ehr, url)
    database.close()
