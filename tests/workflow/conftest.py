from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.dicom.study_images import StudyImages
from adapter.mapping.model_calls import ModelCall
from adapter.store.database import Database
from adapter.workflow.model_calls import InForce, ModelCalls
from adapter.workflow.study_flow import MODEL
from tests.fakes.archive import ArchiveDouble, archive
from tests.fakes.fhir_place import PATIENT, Place, place_at
from tests.fakes.fhir_source import source_double
from tests.fakes.house import Workflow
from tests.fakes.model_endpoint import KEY, ModelEndpoint, model_endpoint
from tests.fakes.model_site import UID, Make, Site, chest
from tests.privacy.pictures import image
from tests.privacy.tables import words


@pytest.fixture
def workflow(database: Database, tmp_path: Path) -> Workflow:
    """The workflow with fakes at its edges, on each database engine."""
    return Workflow(database, tmp_path)


@pytest.fixture
def place(sqlite: Database, tmp_path: Path) -> Iterator[Place]:
    with source_double() as (ehr, url):
        ehr.put(PATIENT)
        yield place_at(Workflow(sqlite, tmp_path), ehr, url)


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with model_endpoint() as found:
        found.sentences = [
            ["There is a small left pleural effusion.", [[0.5, 0.5, 0.9, 0.9]]],
            ["No pneumothorax.", None],
            ["The patient is rotated.", None],
        ]
        yield found


@pytest.fixture
def pacs() -> Iterator[ArchiveDouble]:
    with archive() as found:
        found.images = [
            image(StudyInstanceUID=UID, AccessionNumber="A1", ViewPosition="LL"),
            image(StudyInstanceUID=UID, AccessionNumber="A1"),
        ]
        yield found


@pytest.fixture
def make(
    tmp_path: Path,
    sqlite: Database,
    endpoint: ModelEndpoint,
    pacs: ArchiveDouble,
    monkeypatch: pytest.MonkeyPatch,
) -> Make:
    monkeypatch.setenv("READOUT_TEST_KEY", KEY)

    def made(**values: object) -> Site:
        flow = Workflow(sqlite, tmp_path)
        call = ModelCall.model_validate(chest(endpoint.url) | values)
        now = InForce.of({call.name: call}, words())
        calls = ModelCalls(flow.house, now, StudyImages(pacs.url))
        flow.jobs.handle(MODEL, calls.ask)
        return Site(flow, endpoint, pacs, calls)

    return made
