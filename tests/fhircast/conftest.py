"""A workflow with four studies of four patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.store.database import Database
from tests.fakes.house import Workflow


@pytest.fixture
def flow(sqlite: Database, tmp_path: Path) -> Workflow:
    flow = Workflow(sqlite, tmp_path)
    for number in range(4):
        patient = Patient(Phi(f"SYN{number}"), "SYN")
        flow.order(f"A{number}", patient=patient, study_uid=f"1.2.3.{number}")
    return flow
