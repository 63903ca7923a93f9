"""Structured reports of an archive: asked in turns of Orthanc, and of archives that misbehave."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from adapter.dicom.archive_search import ArchiveSearch
from adapter.domain.finding import AiFinding, Box
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.dicom_sources import DicomSource
from adapter.mapping.files import MappingFiles
from adapter.store import findings, links, messages
from adapter.store.database import Database
from adapter.workflow.ai_readers import ai_readers
from adapter.workflow.dicom_sources import DicomSources
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import ASK
from tests.dicom.test_volumes import ON_SLICE, SQUARE, group, sliced
from tests.fakes import sr
from tests.fakes.house import Workflow, tables
from tests.fakes.http_door import http_door
from tests.peers.orthanc import Orthanc, orthanc


class Place:
    """A house that asks one archive."""

    def __init__(self, folder: Path, url: str, **rules: Any) -> None:
        database = Database(f"sqlite:///{folder / 'readout.sqlite'}")
        database.migrate()
        self.workflow = Workflow(database, folder)
        self.workflow.clock.moment = self.workflow.clock.moment.replace(day=2)
        codes = load_ai_codes(MappingFiles(), tables().lexicon)
        readers = ai_readers(MappingFiles(), codes, lambda: tables().lexicon)
        self.intake = Intake(self.workflow.house, readers)
        source = DicomSource(name="pacs", url=url, **rules)
        self.archive = ArchiveSearch(source)
        self.sources = DicomSources(self.workflow.house, self.intake, {"pacs": self.archive})
        self.workflow.jobs.handle(ASK, self.sources.ask)
        self.sources.reconcile()
        self.intake.start()

    def close(self) -> None:
        self.intake.stop()
        self.workflow.database.close()

    def turn(self) -> None:
        self.workflow.jobs.pass_time()
        self.workflow.jobs.run()

    def drafts(self) -> tuple[AiFinding, ...]:
        with self.workflow.database.read() as tx:
            return findings.of_study(tx, "A1")

    def until_drafts(self, count: int = 1) -> tuple[AiFinding, ...]:
        deadline = time.monotonic() + 30
        while len(self.drafts()) < count:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return self.drafts()

    def log(self) -> list[tuple[str, str]]:
        with self.workflow.database.read() as tx:
            return [(each.state, each.reason) for each in messages.recent(tx, 100)]

    def problem(self) -> str:
        with self.workflow.database.read() as tx:
            known = links.find(tx, links.LinkKind.ARCHIVE, "pacs")
        return known.problem if known else ""


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, pacs: Orthanc) -> Iterator[Place]:
    pacs.clear()
    made = Place(tmp_path, pacs.dicom_web)
    yield made
    made.close()


@pytest.mark.peer
def test_a_report_in_the_archive_becomes_findings_once(place: Place, pacs: Orthanc) -> None:
    picture = sr.image()
    report = sr.nodule(picture)
    del report.ContributingEquipmentSequence
    pacs.store(sr.as_file(picture), sr.as_file(report))
    place.workflow.order("A1")
    place.turn()
    (one,) = place.until_drafts()
    assert (one.finding, one.model) == ("lung_nodule", "PTX-Finder")
    assert one.scanner == "Example Imaging Wall Stand 3, DX2", "the archive tells the device"
    assert one.evidence[0].box == Box(0.2, 0.2, 0.6, 0.5), "the archive tells the image's size"
    before = place.log()
    place.turn()
    place.turn()
    assert place.log() == before
    assert place.problem() == ""


@pytest.mark.peer
def test_a_region_in_the_patient_is_shown_on_the_slice_that_the_archive_tells(
    place: Place, pacs: Orthanc
) -> None:
    slices = [sliced(number, z) for number, z in ((1, 3.0), (2, 5.0))]
    report = sr.report(slices[0], [group("POLYGON", SQUARE)], volume=True)
    pacs.store(*map(sr.as_file, (*slices, report)))
    place.workflow.order("A1")
    place.turn()
    (seen,) = (each for each in place.until_drafts()[0].evidence if each.point_mm)
    assert seen.sop_uid == slices[1].SOPInstanceUID
    assert seen.box == pytest.approx(ON_SLICE)


@pytest.mark.peer
def test_a_report_that_comes_later_is_found(place: Place, pacs: Orthanc) -> None:
    picture = sr.image()
    place.workflow.order("A1")
    pacs.store(sr.as_file(picture))
    place.turn()
    assert place.log() == []
    pacs.store(sr.as_file(sr.nodule(picture)))
    place.turn()
    place.until_drafts()
    more = sr.report(picture, [sr.group(picture, sr.PNEUMOTHORAX)])
    pacs.store(sr.as_file(more))
    place.turn()
    assert len(place.until_drafts(2)) == 2


@pytest.mark.peer
def test_reports_of_other_patients_and_other_kinds(place: Place, pacs: Orthanc) -> None:
    other = sr.image(accession="A1")
    other.PatientID = "SOMEBODY"
    title = sr.Code("113701", "DCM", "X-Ray Radiation Dose Report")
    dose = sr.document(
        "1.2.840.10008.5.1.4.1.1.88.67", title, [sr.item("TEXT", sr.PRESENCE, text="x")], other
    )
    pacs.store(sr.as_file(sr.nodule(other)), sr.as_file(dose))
    place.workflow.order("A1")
    place.turn()
    deadline = time.monotonic() + 30
    while not any(state == "refused" for state, _ in place.log()):
        assert time.monotonic() < deadline, place.log()
        time.sleep(0.02)
    assert len(place.log()) == 1, "what is no AI report is not fetched"
    assert place.drafts() == ()


class Moody(BaseHTTPRequestHandler):
    """Answers as it is told."""

    status, body = 200, b"[]"

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (401, b""),
        (302, b""),
        (200, b"<html>"),
        (200, b"[1]"),
        (200, json.dumps([{"0020000D": {"vr": "UI", "Value": ["../../x"]}}]).encode()),
    ],
)
def test_an_archive_in_trouble_is_shown_and_asked_again(
    tmp_path: Path, status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Moody, "status", status)
    monkeypatch.setattr(Moody, "body", body)
    with http_door(Moody) as url:
        place = Place(tmp_path, url)
        place.turn()
        assert "the archive" in place.problem()
        monkeypatch.setattr(Moody, "status", 200)
        monkeypatch.setattr(Moody, "body", b"[]")
        place.turn()
        assert place.problem() == ""
        place.close()


async def test_an_archive_that_is_away(tmp_path: Path) -> None:
    archive = ArchiveSearch(DicomSource(name="pacs", url="http://127.0.0.1:9/dicom-web"))
    with pytest.raises(TryAgain, match="does not answer"):
        await archive.reports("1.2")


@pytest.mark.parametrize(
    "rules",
    [
        {"url": "http://pacs.example/x", "token_env": "NONE_SUCH"},
        {"url": "https://pacs.example/x", "token_env": "NONE_SUCH"},
    ],
)
def test_a_source_that_cannot_work_is_told_at_start(rules: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        ArchiveSearch(DicomSource(name="pacs", **rules))
