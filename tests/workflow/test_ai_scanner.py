"""From the bytes of structured reports to the ledger and to the gap between two scanners."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.files import MappingFiles
from adapter.store.ai_daily import Series
from adapter.store.database import Database
from adapter.workflow.ai_export import lines, rows
from adapter.workflow.ai_ledger_figures import detail
from adapter.workflow.ai_readers import ai_readers
from adapter.workflow.ai_watch import AiWatch
from adapter.workflow.dicom_intake import DicomIntake
from adapter.workflow.intake import Intake
from tests.fakes import sr
from tests.fakes.house import DR_GRAY, Workflow, tables

SERIES = Series("PTX-Finder", "2.1", "suggest")
A, B = (f"{' '.join(sr.SCANNER)}, {station}" for station in ("DX1", "DX2"))
DAY = (date(2026, 3, 1), date(2026, 3, 2))
RULES = AiMonitoring(least_of_a_group=10)


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Workflow]:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    yield Workflow(database, tmp_path)
    database.close()


@pytest.fixture
def door(workflow: Workflow) -> Iterator[DicomIntake]:
    codes = load_ai_codes(MappingFiles(), tables().lexicon)
    intake = Intake(workflow.house, ai_readers(MappingFiles(), codes, lambda: tables().lexicon))
    intake.start()
    yield DicomIntake(workflow.house, intake)
    intake.stop()


def signed(workflow: Workflow, door: DicomIntake, accession: str, station: str, said: str) -> None:
    """A study of ten nodules that the engine has told of, and what a radiologist says of it."""
    workflow.order(accession)
    picture = sr.image(accession=accession, station=station)
    found = [sr.group(picture, sr.NODULE) for _ in range(10)]
    door.take(sr.as_file(sr.report(picture, found)), "ENGINE", "peer")
    workflow.jobs.run()
    workflow.dictate(accession, said)
    workflow.clear(accession)
    workflow.sign_off.sign(accession, DR_GRAY)
    workflow.jobs.run()


def test_a_scanner_on_which_a_model_fails_stands_out(workflow: Workflow, door: DicomIntake) -> None:
    signed(workflow, door, "A1", "DX1", "8 millimeter nodule in the right upper lobe period")
    signed(workflow, door, "A2", "DX2", "no pulmonary nodule period")
    told = list(csv.DictReader(io.StringIO("".join(lines(rows(workflow.database, *DAY), "csv")))))
    assert {(each["accession"], each["scanner"]) for each in told} == {("A1", A), ("A2", B)}
    AiWatch(workflow.house, RULES).look()
    with workflow.database.read() as tx:
        found = detail(tx, SERIES, *DAY, RULES)
    by_scanner = {
        each.group.value: each for each in found.gaps if each.group.dimension == "scanner"
    }
    assert set(by_scanner) == {A, B}
    assert by_scanner[B].stands_out, by_scanner
    assert (by_scanner[B].group.hits, by_scanner[B].others.hits) == (0, 10)


def test_what_a_model_missed_counts_for_the_scanner_of_the_study(
    workflow: Workflow, door: DicomIntake
) -> None:
    signed(workflow, door, "A0", "DX1", "8 millimeter nodule in the right upper lobe period")
    workflow.order("A1")
    picture = sr.image(accession="A1", station="DX2")
    made = sr.report(
        picture, [sr.group(picture, sr.PNEUMOTHORAX, answers=[sr.said(sr.PRESENCE, sr.ABSENT)])]
    )
    door.take(sr.as_file(made), "ENGINE", "peer")
    workflow.jobs.run()
    workflow.dictate("A1", "no pneumothorax period 8 millimeter nodule right upper lobe period")
    workflow.clear("A1")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    found = {
        each.fate: each.scanner for each in rows(workflow.database, *DAY) if each.accession == "A1"
    }
    assert found == {"agreed": B, "missed": B}
