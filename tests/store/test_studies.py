from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapter.domain.codec import to_json
from adapter.domain.identifiers import Phi
from adapter.domain.order import OrderStatus
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus
from adapter.store import migrations, studies
from adapter.store.database import Database
from tests.fakes.house import order

NONE = (ReportStatus.NONE,)


def test_studies_of_a_patient_are_those_of_number_and_issuer(database: Database) -> None:
    patients = {
        "A1": Patient(Phi("1"), "SYN"),
        "A2": Patient(Phi("1"), "SYN", Phi("Other")),
        "A3": Patient(Phi("1"), "ELSE"),
        "A4": Patient(Phi("")),
        "A5": Patient(Phi("")),
    }
    with database.write() as tx:
        for accession, patient in patients.items():
            studies.add(tx, order(accession, patient=patient), OrderStatus.SCHEDULED, accession)
    with database.read() as tx:
        found = studies.of_patient(tx, patients["A1"], NONE)
        assert [each.order.accession for each in found] == ["A1", "A2"]
        assert studies.of_patient(tx, patients["A4"], NONE) == []
        assert studies.of_patient(tx, patients["A1"], (ReportStatus.FINAL,)) == []


def test_a_corrected_patient_takes_the_study_along(database: Database) -> None:
    wrong, right = Patient(Phi("1"), "SYN"), Patient(Phi("2"), "SYN")
    with database.write() as tx:
        studies.add(tx, order("A1", patient=wrong), OrderStatus.SCHEDULED, "")
        studies.change(tx, "A1", "", order=order("A1", patient=right))
        assert studies.of_patient(tx, wrong, NONE) == []
        assert len(studies.of_patient(tx, right, NONE)) == 1


@pytest.mark.parametrize("mrn", ["7", ""])
def test_studies_that_were_there_before_get_their_patient(tmp_path: Path, mrn: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    patient = Patient(Phi(mrn), "SYN")
    values = {
        "accession": "A1",
        "order_json": to_json(replace(order("A1"), patient=patient)),
        "order_status": "scheduled",
        "report_status": "none",
        "created_at": "",
        "updated_at": "",
    }
    with database.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        tx.execute(sa.text(f"INSERT INTO readout_study ({names}) VALUES ({places})"), values)
    database.migrate()
    with database.read() as tx:
        assert len(studies.of_patient(tx, patient, NONE)) == (1 if mrn else 0)
    database.close()
