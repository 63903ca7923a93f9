"""Each signed version judges the AI findings once: here, elsewhere, corrected, late, retracted."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from adapter.domain.ai_source import AiMode
from adapter.domain.decision import DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.outside_report import OutsideReport, OutsideStatus, ReportMeaning
from adapter.domain.people import Patient, Sex
from adapter.store import ai_ledger, studies
from adapter.store.ai_ledger import LedgerRow
from adapter.store.ai_tables import ai_day_changed
from adapter.store.ai_tables import ai_ledger as table
from adapter.workflow import ai_results, events, reconcile
from adapter.workflow.ai_sources import set_mode
from tests.fakes.house import DR_GRAY, Workflow, order

LEFT = AiFinding("a1", "Left pneumothorax.", "cxr", "1", probability=0.9)
HEART = AiFinding("a2", "Cardiomegaly.", "cxr", "1")
HELEN = Patient(Phi("SYN7"), "NORTH", Phi("Doe"), Phi("Helen"), Phi("19660315"), Sex.FEMALE)
CHEST = {"patient": HELEN, "procedure": Code("XRCH2", "Chest radiograph, two views"),
         "modality": "CR", "scheduled_at": "20260301080000"}  # fmt: skip


def tell(workflow: Workflow, accession: str, *findings: AiFinding) -> None:
    with workflow.database.write() as tx:
        ai_results.add_findings(workflow.house, tx, order(accession).accession, findings, "test")
    workflow.jobs.run()


def signed(workflow: Workflow, accession: str, said: str, *findings: AiFinding) -> None:
    workflow.order(accession, **CHEST)
    workflow.clock.forward(120)
    tell(workflow, accession, *findings)
    workflow.clock.forward(480)
    workflow.dictate(accession, said)
    workflow.clear(accession)
    workflow.sign_off.sign(accession, DR_GRAY)
    workflow.jobs.run()


def rows(workflow: Workflow, *, of: str = "A1") -> list[LedgerRow]:
    found = ai_ledger.rows(workflow.database, "", "9")
    return [each for each in found if each.accession == of]


def fates(workflow: Workflow, of: str = "A1") -> dict[str, tuple[str, str]]:
    return {each.finding_id: (each.fate, each.how) for each in rows(workflow, of=of)}


def test_a_signature_writes_the_fate_of_each_finding(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period cardiomegaly period", LEFT, HEART)
    first, second = sorted(rows(workflow), key=lambda each: each.finding_id)
    assert (first.fate, first.how, second.fate) == ("contradicted", "negation", "agreed")
    assert (first.model, first.version, first.mode) == ("cxr", "1", "suggest")
    assert first.probability == 0.9
    assert (first.after_s, first.ahead_s) == (120.0, 480.0)
    assert (first.site, first.modality, first.body_part) == ("NORTH", "CR", "chest")
    assert (first.sex, first.age_band) == ("F", "40-64")
    assert (first.number, first.day) == (3, "2026-03-01")


def test_the_ledger_holds_no_patient_data_but_the_accession(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period", LEFT)
    with workflow.database.read() as tx:
        stored = repr([tuple(row) for row in tx.execute(sa.select(table))])
    for each in ("SYN7", "Doe", "Helen", "19660315", "pneumothorax."):
        assert each not in stored


def test_decisions_and_what_was_missed_are_told(workflow: Workflow) -> None:
    signed(workflow, "A0", "small left pneumothorax period", LEFT)
    workflow.order("A1", **CHEST)
    tell(workflow, "A1", HEART)
    workflow.dictate("A1", "small right pneumothorax period")
    workflow.sign_off.decide("A1", DecisionKind.ACCEPT, "a2", DR_GRAY)
    workflow.jobs.run()
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert fates(workflow) == {"a2": ("accepted", ""), "missed:pneumothorax": ("missed", "")}
    assert [each.after_s for each in rows(workflow) if each.fate == "missed"] == [None]


def test_a_correction_supersedes_and_counts_for_the_day_of_the_signature(
    workflow: Workflow,
) -> None:
    signed(workflow, "A1", "no pneumothorax period", LEFT)
    workflow.clock.forward(3 * 86_400)
    statement = next(each for each in _statements(workflow) if "pneumothorax" in each[1])
    changes = {statement[0]: "Small left pneumothorax."}
    workflow.sign_off.correct("A1", DR_GRAY, changes, 3)
    workflow.jobs.run()
    assert fates(workflow) == {"a1": ("agreed", "")}
    (now,) = rows(workflow)
    assert (now.number, now.day, now.at[:10], now.ahead_s) == (4, "2026-03-01", "2026-03-04", 480.0)
    with workflow.database.read() as tx:
        kept = tx.execute(sa.select(table.c.number, table.c.current, table.c.fate)).all()
        days = set(tx.scalars(sa.select(ai_day_changed.c.day)))
    assert sorted(map(tuple, kept)) == [(3, 0, "contradicted"), (4, 1, "agreed")]
    assert days == {"2026-03-01"}


def _statements(workflow: Workflow) -> list[tuple[str, str]]:
    from adapter.store import reports

    with workflow.database.read() as tx:
        shown = reports.shown(reports.get_latest(tx, "A1"))
    return [(each.id, each.text) for section in shown.sections for each in section.statements]


def test_a_retracted_report_no_longer_counts(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period", LEFT)
    workflow.sign_off.retract("A1", DR_GRAY, "wrong patient")
    workflow.jobs.run()
    assert rows(workflow) == []


def test_findings_that_come_after_the_signature_are_judged_too(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period", HEART)
    workflow.clock.forward(60)
    tell(workflow, "A1", replace(LEFT, model="slow"))
    found = {each.finding_id: each for each in rows(workflow)}
    assert (found["a1"].fate, found["a1"].ahead_s) == ("contradicted", -60.0)
    assert found["a2"].fate == "ignored"
    workflow.sign_off.addendum("A1", DR_GRAY, "There is a small left pneumothorax.")
    workflow.jobs.run()
    assert set(fates(workflow)) == {"a1", "a2"}


def test_a_text_signed_elsewhere_judges_what_came_here(workflow: Workflow) -> None:
    workflow.order("A1", **CHEST)
    tell(workflow, "A1", LEFT)
    report = OutsideReport(
        ReportMeaning.SIGNED, "ris", OutsideStatus.SIGNED, order("A1", **CHEST),
        "FINDINGS:\nNo pneumothorax.", DR_GRAY, "20260301093000",
    )  # fmt: skip
    with workflow.database.write() as tx:
        assert events.apply(workflow.house, tx, (report,), "C9") == ""
    workflow.jobs.run()
    assert fates(workflow) == {"a1": ("contradicted", "negation")}


def test_a_report_without_ai_findings_owes_nothing(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period")
    assert rows(workflow) == []
    with workflow.database.read() as tx:
        assert ai_ledger.every_owed(tx) == []


def test_what_is_owed_is_asked_for_again(workflow: Workflow) -> None:
    signed(workflow, "A1", "no pneumothorax period", LEFT)
    with workflow.database.write() as tx:
        ai_ledger.write(tx, "A1", ())
        ai_ledger.owe(tx, "A1", 2)
    assert rows(workflow) == []
    reconcile.reconcile(workflow.house)
    workflow.jobs.run()
    assert fates(workflow) == {"a1": ("contradicted", "negation")}
    with workflow.database.read() as tx:
        assert ai_ledger.every_owed(tx) == []
        assert studies.get(tx, "A1").report_status == "final"


def test_a_model_in_shadow_is_judged_though_nobody_saw_it(workflow: Workflow) -> None:
    workflow.order("A1", **CHEST)
    tell(workflow, "A1", LEFT)
    set_mode(workflow.house, "cxr", AiMode.SHADOW, DR_GRAY, "new here")
    workflow.jobs.run()
    workflow.dictate("A1", "small left pneumothorax period")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    (row,) = rows(workflow)
    assert (row.mode, row.fate, row.finding_id) == ("shadow", "agreed", "a1")
