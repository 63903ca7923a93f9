"""`readout replay` on a database that a workflow has filled."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from adapter.cli import app
from adapter.domain.decision import DecisionKind
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, OrderAction, OrderStatus
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.errors import ConfigurationError, NotFound
from adapter.links import translate
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFile
from adapter.store import reports
from adapter.store.database import Database
from adapter.store.tables import delivery, report
from adapter.workflow import communications
from tests.fakes.house import DR_GRAY, Workflow

_PROFILES = (
    b"name: ris\nprotocol: mllp\nmllp: {host: 127.0.0.1, port: 1}\n",
    b"name: ehr\nprotocol: fhir\nfhir: {base_url: 'http://127.0.0.1:1/fhir'}\n",
)


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments])


@pytest.fixture
def workflow(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """One study, dictated, signed and added to, sent over both protocols."""
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path))
    workflow = Workflow(sqlite, tmp_path)
    route = workflow.house.routes["ris"]
    routes = {}
    for body in _PROFILES:
        file = MappingFile("", Path("profile"), body)
        profile = file.read(DestinationProfile)
        file = replace(file, name=f"destinations/{profile.name}.yaml")
        writer = partial(translate, profile)
        routes[profile.name] = replace(route, profile=profile, file=file, translate=writer)
    object.__setattr__(workflow.house, "routes", routes)
    workflow.order("A1")
    workflow.dictate("A1", "small right pneumothorax period")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.sign_off.addendum("A1", DR_GRAY, "Discussed by telephone.")
    workflow.jobs.run()
    return workflow


def test_every_version_and_message_comes_out_the_same(workflow: Workflow) -> None:
    done = replay("A1", "--json")
    assert done.exit_code == 0, done.exception
    told = json.loads(done.stdout)
    assert (told["accession"], told["same"]) == ("A1", True)
    assert len(told["rebuilt"]) == 3 + 6
    assert sum("to ehr" in each["what"] for each in told["rebuilt"]) == 3


def test_a_report_that_somebody_else_prepared_replays(workflow: Workflow) -> None:
    workflow.order("A2")
    workflow.dictate("A2", "small right pneumothorax period")
    workflow.review.hand_over("A2", Practitioner("77", "Young", "Rae"))
    workflow.sign_off.sign("A2", DR_GRAY)
    workflow.jobs.run()
    assert all(b"Young" in each.body for each in workflow.ris.received[-2:])
    assert replay("A2").exit_code == 0


def test_each_thing_is_one_line(workflow: Workflow) -> None:
    lines = replay("A1").stdout.splitlines()
    assert lines[0] == "same     version 1 (preliminary)"
    assert len(lines) == 9


def test_an_addendum_after_a_correction_of_the_order_replays(workflow: Workflow) -> None:
    corrected = Patient(Phi("SYN1"), "SYN", Phi("Other"), Phi("Jane"), sex=Sex.FEMALE)
    workflow.order("A1", OrderAction.CHANGE, OrderStatus.SCHEDULED, patient=corrected)
    workflow.sign_off.addendum("A1", DR_GRAY, "Compared with the study of last year.")
    workflow.jobs.run()
    assert b"Other" in workflow.ris.received[-1].body
    assert replay("A1").exit_code == 0


def test_what_is_corrected_and_taken_back_replays(workflow: Workflow) -> None:
    workflow.sign_off.correct("A1", DR_GRAY, {"s1": "Small left pneumothorax."}, 3)
    workflow.jobs.run()
    told = workflow.ris.received[-1].body
    assert told.count(b'"status":"entered-in-error"') == 1
    assert b"pneumothorax/right" in told
    workflow.sign_off.retract("A1", DR_GRAY, "wrong patient")
    workflow.order("A2")
    workflow.dictate("A2", "small right pneumothorax period")
    workflow.order("A2", OrderAction.CANCEL, OrderStatus.CANCELLED)
    workflow.jobs.run()
    assert workflow.sent()[-1] == ("A2", "cancellation")
    assert replay("A1").exit_code == 0
    assert replay("A2").exit_code == 0


def test_dismissals_priors_and_communications_replay(workflow: Workflow) -> None:
    """All that decides a report besides dictation: each is among its stored inputs."""
    workflow.order("A2")
    workflow.dictate("A2", "findings colon new right pneumothorax period disc bulge at L9 period")
    with workflow.database.read() as tx:
        shown = reports.shown(reports.get_latest(tx, "A2"))
    flags = {flag.code: flag for flag in shown.flags}
    assert shown.prior
    assert "prior_contradiction" in flags
    for code, kind in (("level_impossible", "dismiss"), ("prior_contradiction", "dismiss")):
        workflow.sign_off.decide("A2", DecisionKind(kind), flags[code].id, DR_GRAY, "as it is")
    workflow.jobs.run()
    workflow.tell("A2", "Dr. Grey")
    workflow.sign_off.decide("A2", DecisionKind.EDIT, "s2", DR_GRAY, "Disc bulge at L4-L5.")
    workflow.jobs.run()
    workflow.sign_off.sign("A2", DR_GRAY)
    workflow.jobs.run()
    with workflow.database.read() as tx:
        final = reports.shown(reports.get_latest(tx, "A2"))
    assert {flag.code for flag in final.flags if flag.dismissed} == {"prior_contradiction"}
    assert "critical_finding" not in {flag.code for flag in final.flags}
    done = replay("A2", "--json")
    assert done.exit_code == 0
    rebuilt = [each["what"] for each in json.loads(done.stdout)["rebuilt"]]
    assert sum(what.startswith("version") for what in rebuilt) > 4


@pytest.mark.parametrize(
    ("old", "new"),
    [("as it is", "as it was"), ("8 mm", "9 mm"), ("telephone", "letter")],
    ids=["decision", "prior", "communication"],
)
def test_a_changed_input_is_found(workflow: Workflow, old: str, new: str) -> None:
    seen = datetime(2026, 3, 1, 12, tzinfo=UTC)
    told = {"receiver": "Dr. telephone", "received_at": seen + timedelta(hours=3)}
    workflow.order("A2", scheduled_at="20250101")
    workflow.dictate("A2", "findings colon 8 mm right lung nodule period")
    workflow.sign_off.sign("A2", DR_GRAY)
    workflow.order("A3", scheduled_at="20260101")
    communications.record(
        workflow.house, Accession("A3"), finding="pneumothorax", identified_at=seen,
        sender=DR_GRAY, method="telephone", **told,
    )  # fmt: skip
    workflow.dictate("A3", "small right pneumothorax period 12 mm right lung nodule period")
    with workflow.database.read() as tx:
        flags = reports.shown(reports.get_latest(tx, "A3")).flags
    target = next(flag.id for flag in flags if flag.code == "impression_missing")
    workflow.sign_off.decide("A3", DecisionKind.DISMISS, target, DR_GRAY, "as it is")
    workflow.jobs.run()
    assert replay("A3").exit_code == 0
    with workflow.database.write() as tx:
        text = sa.func.replace(report.c.inputs_json, old, new)
        tx.execute(sa.update(report).where(report.c.accession == "A3").values(inputs_json=text))
    assert replay("A3").exit_code == 1


def test_a_changed_byte_is_found(workflow: Workflow) -> None:
    with workflow.database.write() as tx:
        first = sa.select(sa.func.min(delivery.c.id)).scalar_subquery()
        body = tx.execute(sa.select(delivery.c.body).where(delivery.c.id == first)).scalar_one()
        changed = sa.update(delivery).where(delivery.c.id == first)
        tx.execute(changed.values(body=body.replace(b"right", b"left ")))
    done = replay("A1")
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()].count("DIFFERS") == 1


def test_a_changed_report_is_found(workflow: Workflow) -> None:
    with workflow.database.write() as tx:
        text = sa.func.replace(report.c.report_json, "right", "left")
        tx.execute(sa.update(report).where(report.c.number == 2).values(report_json=text))
    done = replay("A1")
    assert done.exit_code == 1
    assert "DIFFERS  version 2 (final)" in done.stdout.splitlines()


def test_what_is_not_there_is_named(workflow: Workflow) -> None:
    workflow.order("A2")
    for accession in ("A2", "NONE"):
        done = replay(accession)
        assert isinstance(done.exception, NotFound)
        assert accession in str(done.exception)


def test_a_missing_database_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READOUT_DATA_DIR", str(tmp_path / "none"))
    done = replay("A1")
    assert isinstance(done.exception, ConfigurationError)
    assert not (tmp_path / "none").exists()


def test_fields_replay_with_their_edits(workflow: Workflow) -> None:
    patient = Patient(Phi("SYN9"), "SYN", Phi("Demo"), Phi("John"), sex=Sex.MALE)
    procedure = Code("MRPR", "MRI PROSTATE W WO")
    workflow.order("A9", patient=patient, procedure=procedure, modality="MR")
    workflow.dictate("A9", "go to field prostate volume forty five milliliters next field five")
    workflow.sign_off.decide("A9", DecisionKind.EDIT, "prostate.psa", DR_GRAY, "5.2 ng/mL")
    workflow.jobs.run()
    workflow.sign_off.sign("A9", DR_GRAY)
    workflow.jobs.run()
    with workflow.database.read() as tx:
        text = reports.get_latest(tx, "A9").text
    assert "Prostate volume: 45 mL. PSA: 5.2 ng/mL." in text
    done = replay("A9", "--json")
    assert done.exit_code == 0, done.stdout
    assert len(json.loads(done.stdout)["rebuilt"]) > 3


def test_a_body_that_retention_removed_is_compared_by_its_hash(workflow: Workflow) -> None:
    with workflow.database.write() as tx:
        tx.execute(sa.update(delivery).values(body=b""))
    assert replay("A1").exit_code == 0
    with workflow.database.write() as tx:
        tx.execute(sa.update(delivery).values(body_sha256="0" * 64))
    assert replay("A1").exit_code == 1
