from __future__ import annotations

from pathlib import Path

import pytest

from adapter.store.database import Database
from tests.fakes.house import Workflow


@pytest.fixture
def workflow(database: Database, tmp_path: Path) -> Workflow:
    """The workflow with fakes at its edges, on each database engine."""
    return Workflow(database, tmp_path)
