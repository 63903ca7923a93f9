"""Reports of other systems: priors for the checks, or the signed text that closes a study."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.codec import from_json
from adapter.domain.delivery import DeliveryState
from adapter.domain.difference import Difference
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, Side
from adapter.domain.outside_report import OutsideReport, OutsideStatus, ReportMeaning
from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.domain.people import Patient, Practitioner
from adapter.errors import Conflict
from adapter.reporting.pipeline import ReportInputs
from adapter.store import alerts, deliveries, differences, reports, studies
from adapter.store.alerts import AlertState
from adapter.workflow import events
from adapter.workflow.replay import replay
from tests.fakes.destination import HOLD
from tests.fakes.house import DR_GRAY, Workflow, order

CT = {"procedure": Code("CTCH", "CT chest"), "modality": "CT"}
SAID = "findings colon eight millimeter nodule in the right upper lobe period"
PRIOR_TEXT = "FINDINGS:\n4 mm nodule in the right upper lobe."
SIGNER = Practitioner("R7", "Gray", "Ada")
ME = order("A1").patient


def outside(accession: str, text: str, **values: object) -> OutsideReport:
    asked = {"patient": ME, "scheduled_at": "20250101", **CT}
    made = OutsideReport(
        ReportMeaning.PRIOR,
        "old",
        OutsideStatus.SIGNED,
        order(accession, **asked),
        text,
        SIGNER,
        "20250101093000",
    )
    return replace(made, **values)  # type: ignore[arg-type]


def signed(accession: str, text: str, **values: object) -> OutsideReport:
    return outside(accession, text, meaning=ReportMeaning.SIGNED, source="ris", **values)


def tell(workflow: Workflow, *reports: OutsideReport | PatientEvent) -> str:
    with workflow.database.write() as tx:
        said = events.apply(workflow.house, tx, reports, "C9")
    workflow.clock.forward(1)
    workflow.jobs.run()
    return said


def inputs(workflow: Workflow, accession: str = "A1") -> ReportInputs:
    with workflow.database.read() as tx:
        return from_json(ReportInputs, reports.get_latest(tx, accession).inputs_json)


def begin(workflow: Workflow, accession: str = "A1", said: str = SAID) -> None:
    workflow.order(accession, scheduled_at="20260101", **CT)
    workflow.dictate(accession, said)


def earlier(workflow: Workflow) -> tuple[str, int, str, str] | None:
    found = inputs(workflow).earlier
    return (found.accession, found.version, found.text, found.date) if found else None


# Prior reports


def test_a_prior_report_is_what_open_reports_are_checked_against(workflow: Workflow) -> None:
    begin(workflow)
    assert earlier(workflow) is None
    assert tell(workflow, outside("OLD1", PRIOR_TEXT)) == ""
    assert earlier(workflow) == ("OLD1", 1, PRIOR_TEXT, "20250101")
    with workflow.database.read() as tx:
        flags = reports.shown(reports.get_latest(tx, "A1")).flags
    assert "prior 4 mm, now 8 mm" in " ".join(flag.message for flag in flags)


def test_the_latest_text_of_a_number_wins(workflow: Workflow) -> None:
    begin(workflow)
    tell(workflow, outside("OLD1", PRIOR_TEXT))
    corrected = outside("OLD1", "Seven mm nodule.", signed_at="20250102")
    assert tell(workflow, corrected) == ""
    assert earlier(workflow) == ("OLD1", 2, "Seven mm nodule.", "20250101")
    assert "later text" in tell(workflow, outside("OLD1", PRIOR_TEXT))
    assert "nothing changed" in tell(workflow, corrected)
    assert earlier(workflow) == ("OLD1", 2, "Seven mm nodule.", "20250101")


def test_an_addendum_is_added_and_a_retracted_report_is_none(workflow: Workflow) -> None:
    begin(workflow)
    tell(workflow, outside("OLD1", PRIOR_TEXT))
    tell(workflow, outside("OLD1", "Addendum.", status=OutsideStatus.ADDENDUM))
    assert earlier(workflow) == ("OLD1", 2, f"{PRIOR_TEXT}\n\nAddendum.", "20250101")
    tell(workflow, outside("OLD1", "", status=OutsideStatus.RETRACTED))
    assert earlier(workflow) is None


def test_an_unsigned_report_is_no_prior(workflow: Workflow) -> None:
    begin(workflow)
    assert "not signed" in tell(workflow, outside("OLD1", "x", status=OutsideStatus.UNSIGNED))
    assert earlier(workflow) is None


def test_sources_keep_their_numbers_apart(workflow: Workflow) -> None:
    tell(workflow, outside("OLD1", "One.", source="a"), outside("OLD1", "Two.", source="b"))
    begin(workflow)
    assert earlier(workflow) == ("OLD1", 1, "Two.", "20250101")


def test_a_prior_follows_its_patient_into_a_merge(workflow: Workflow) -> None:
    theirs = order("OLD1", patient=Patient(Phi("X")), scheduled_at="20250101", **CT)
    tell(workflow, outside("OLD1", PRIOR_TEXT, order=theirs))
    begin(workflow)
    assert earlier(workflow) is None
    event = PatientEvent(PatientAction.MERGE, ME, Patient(Phi("X")))
    assert tell(workflow, event) == ""
    found = earlier(workflow)
    assert found is not None
    assert found[0] == "OLD1"


def test_what_is_no_text_is_said(workflow: Workflow) -> None:
    said = tell(workflow, outside("OLD1", "", left_out=("application/pdf (ED)",)))
    assert said == "not text, kept in the message alone: application/pdf (ED)"


# Signed elsewhere

THEIRS = "FINDINGS:\n9 mm nodule in the right upper lobe.\n\nIMPRESSION:\nNodule."


def difference(workflow: Workflow) -> Difference | None:
    with workflow.database.read() as tx:
        return differences.latest(tx, "A1")


def test_what_was_signed_elsewhere_closes_the_study(workflow: Workflow) -> None:
    begin(workflow)
    assert tell(workflow, signed("A1", THEIRS)) == ""
    assert workflow.status("A1") == "final"
    assert workflow.sent() == [("A1", "preliminary")]
    with workflow.database.read() as tx:
        stored = reports.get_latest(tx, "A1")
    assert (stored.text, stored.status) == (THEIRS, "final")
    assert from_json(Practitioner, stored.person) == SIGNER
    report = reports.shown(stored)
    assert report.certificate.ok
    assert {s.origin.value for each in report.sections for s in each.statements} == {"elsewhere"}
    assert [each.id for each in report.sections] == ["findings", "impression"]
    kept = inputs(workflow).elsewhere
    assert kept is not None
    assert (kept.at, kept.source) == ("20250101093000", "ris")
    assert "signed elsewhere" in workflow.events("A1")


def test_the_difference_to_our_draft_is_kept(workflow: Workflow) -> None:
    begin(workflow)
    tell(workflow, signed("A1", THEIRS))
    found = difference(workflow)
    assert found is not None
    assert (found.against, found.number) == (1, 2)
    kinds = [(each.kind.value, each.ours[:4], each.signed[:4]) for each in found.changes]
    assert kinds == [("changed", "8 mm", "9 mm"), ("added", "", "Nodu")]


def test_nothing_leaves_after_it(workflow: Workflow) -> None:
    workflow.ris.script = [HOLD]
    begin(workflow)
    tell(workflow, signed("A1", THEIRS))
    workflow.dictate("A1", "impression colon something else period")
    workflow.jobs.pass_time()
    workflow.jobs.run()
    assert workflow.sent() == [("A1", "preliminary")]
    with workflow.database.read() as tx:
        (owed,) = deliveries.of_study(tx, "A1")
    assert owed.delivery.state is DeliveryState.WITHDRAWN
    with pytest.raises(Conflict, match="not held"):
        workflow.deliveries.resend(owed.delivery.control_id)
    for ask in (
        lambda: workflow.sign_off.sign("A1", DR_GRAY),
        lambda: workflow.sign_off.addendum("A1", DR_GRAY, "More."),
    ):
        with pytest.raises(Conflict, match="signed in ris"):
            ask()


def states(workflow: Workflow) -> dict[str, AlertState]:
    with workflow.database.read() as tx:
        counted = alerts.counts(tx, "", "9999")
    return {code: state for code, found in counted.items() for state in found}


def test_flags_are_settled_by_what_was_signed(workflow: Workflow) -> None:
    said = "findings colon left pleural effusion period nodule of 8 millimeters in the left lung"
    workflow.order("A1", scheduled_at="20260101", side=Side.RIGHT, **CT)
    workflow.dictate("A1", f"{said} period")
    before = states(workflow)
    assert set(before.values()) == {AlertState.OPEN}
    tell(workflow, signed("A1", "FINDINGS:\nLeft pleural effusion."))
    after = states(workflow)
    assert set(after) == set(before)  # what only the other text shows was shown to nobody here
    assert AlertState.OPEN not in after.values()


def test_it_can_be_rebuilt_byte_for_byte(workflow: Workflow) -> None:
    begin(workflow)
    tell(workflow, signed("A1", THEIRS))
    done = replay(workflow.database, "A1", lambda profile, message: b"")
    assert [(each.what, each.same) for each in done if each.what.startswith("version")] == [
        ("version 1 (preliminary)", True),
        ("version 2 (final)", True),
    ]


def test_the_echo_of_what_is_known_changes_nothing(workflow: Workflow) -> None:
    begin(workflow)
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    with workflow.database.read() as tx:
        ours = reports.get_latest(tx, "A1").text
    assert "nothing changed" in tell(workflow, signed("A1", ours.replace(" ", "  ")))
    assert difference(workflow) is None
    assert workflow.sign_off.addendum("A1", DR_GRAY, "More.").status == "addendum"


def test_a_later_text_from_there_is_the_next_version(workflow: Workflow) -> None:
    begin(workflow)
    tell(workflow, signed("A1", THEIRS))
    assert "nothing changed" in tell(workflow, signed("A1", THEIRS))
    tell(workflow, signed("A1", "Addendum: discussed.", status=OutsideStatus.ADDENDUM))
    with workflow.database.read() as tx:
        stored = reports.get_latest(tx, "A1")
    assert (stored.number, stored.status) == (3, "addendum")
    assert stored.text == f"{THEIRS}\n\nAddendum: discussed."
    assert workflow.status("A1") == "addended"
    found = difference(workflow)
    assert found is not None
    assert (found.against, found.number) == (1, 3)


def test_a_study_without_our_words_has_no_difference(workflow: Workflow) -> None:
    workflow.order("A1", **CT)
    tell(workflow, signed("A1", THEIRS))
    assert workflow.status("A1") == "final"
    assert difference(workflow) is None


def test_it_is_the_prior_of_the_next_study(workflow: Workflow) -> None:
    workflow.order("A0", scheduled_at="20250601", **CT)
    tell(workflow, signed("A0", THEIRS))
    begin(workflow)
    found = earlier(workflow)
    assert found is not None
    assert found[:2] == ("A0", 1)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (signed("A1", "x", status=OutsideStatus.UNSIGNED), "not signed"),
        (signed("A1", "x", order=order("A1", patient=Patient(Phi("OTHER")))), "another patient"),
        (signed("A1", "", left_out=("application/pdf (ED)",)), "no text"),
        (signed("A1", "", status=OutsideStatus.RETRACTED), "retracted"),
    ],
)
def test_what_does_not_close_the_study(
    workflow: Workflow, report: OutsideReport, said: str
) -> None:
    begin(workflow)
    assert said in tell(workflow, report)
    assert workflow.status("A1") == "preliminary"


def test_the_report_of_a_study_that_is_not_here_is_a_prior(workflow: Workflow) -> None:
    assert "kept as a prior" in tell(workflow, signed("NOT-HERE", PRIOR_TEXT))
    begin(workflow)
    found = earlier(workflow)
    assert found is not None
    assert found[0] == "NOT-HERE"
    with workflow.database.read() as tx:
        assert studies.find(tx, "NOT-HERE") is None
