"""The audit trail on the command line: proved, handed on, asked about a patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fhir.resources.R4B.auditevent import AuditEvent
from typer.testing import CliRunner, Result

from adapter.audit.heads import HeadKeeper
from adapter.audit.keys import open_keys
from adapter.cli import app
from adapter.domain.audit import Outcome, Verb
from adapter.store import audit
from adapter.store.audit import Trail
from adapter.store.database import Database
from tests.fakes.databases import copied
from tests.fakes.house import Workflow


@pytest.fixture
def house(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An installation with two studies of one patient, one of another, and what was done."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "readout-data"
    keys = open_keys(data / "audit.key")
    database = copied(empty, data / "readout.sqlite")
    database.trail = Trail("node-1", keys)
    made = Workflow(database, tmp_path)
    made.order("A1")
    made.order("A2")
    with database.write() as tx:
        audit.tell(tx, Verb.SEND, "A1", "final C1 to ris", "AA")
        audit.tell(tx, Verb.SEND, "A2", "final C2 to ris", outcome=Outcome.SERIOUS_FAILURE)
        audit.tell(tx, Verb.SEND, "B1", "final C3 to ris", "AA")
        audit.tell(tx, Verb.READ, "A2", "GET /api/studies/{accession}")
    HeadKeeper(database, keys, data / "audit-heads.json").keep()
    yield database
    database.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


def test_a_good_trail_verifies_and_a_changed_one_does_not(house: Database, tmp_path: Path) -> None:
    good = run("verify", "--json")
    assert good.exit_code == 0, good.output
    told = json.loads(good.output)
    assert (told["good"], told["rows"], len(told["anchors"])) == (True, 4, 1)
    (tmp_path / "kept.json").write_text(run("head").output)
    with house.write() as tx:
        tx.execute(sa.text("DROP TRIGGER readout_audit_no_UPDATE"))
        tx.execute(sa.text("DROP TRIGGER readout_audit_no_DELETE"))
        tx.execute(sa.text("UPDATE readout_audit SET agent = 'nobody' WHERE number = 2"))
        tx.execute(sa.text("DELETE FROM readout_audit WHERE number > 3"))
    bad = run("verify", "--head", "kept.json")
    assert bad.exit_code == 1
    assert "row 2 was changed" in bad.output
    assert bad.output.count("gone with what followed") == 2  # our own heads, and those kept


def test_disclosures_of_a_patient(house: Database) -> None:
    found = [
        json.loads(line)
        for line in run("disclosures", "--patient", "SYN1", "--json").output.splitlines()
    ]
    assert [(each["accession"], each["to"]) for each in found] == [("A1", "ris"), ("A2", "readout")]
    none = run("disclosures", "--patient", "SYN9")
    assert "nothing of this patient has left" in none.output


def test_the_export_is_every_row_and_is_told_of(house: Database) -> None:
    lines = [json.loads(line) for line in run("export").output.splitlines()]
    assert [each["number"] for each in lines] == [1, 2, 3, 4, 5]
    assert (lines[-1]["verb"], lines[-1]["role"]) == ("audit log used", "operator")
    assert "SYN1" not in json.dumps(lines)
    assert lines[0]["patient"] == lines[1]["patient"] != ""


def test_the_export_as_fhir_is_one_audit_event_a_row(house: Database) -> None:
    lines = run("export", "--format", "fhir").output.splitlines()
    events = [AuditEvent.model_validate_json(line) for line in lines]
    assert len(events) == 5
    assert "SYN1" not in "".join(lines)
    with house.read() as tx:
        hashes = [each.hash for each in audit.every(tx)]
    assert [each.entity[-1].detail[3].valueString for each in events] == hashes


def test_doctor_tells_of_rows_that_are_gone_from_the_end(house: Database) -> None:
    def trail() -> dict[str, object]:
        told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).output)
        return next(each for each in told["findings"] if each["name"] == "audit trail")

    assert trail()["ok"] is True
    with house.write() as tx:
        tx.execute(sa.text("DROP TRIGGER readout_audit_no_DELETE"))
        tx.execute(sa.text("DELETE FROM readout_audit WHERE number > 3"))
    gone = trail()
    assert gone["ok"] is False
    assert "readout audit verify" in str(gone["detail"])
