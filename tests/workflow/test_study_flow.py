"""The story of a study, arrow by arrow, on both database engines."""

from __future__ import annotations

import pytest

from adapter.domain.ai_source import AiMode
from adapter.domain.decision import DecisionKind
from adapter.domain.delivery import DeliveryState
from adapter.domain.identifiers import Accession
from adapter.domain.order import OrderAction, OrderStatus
from adapter.errors import Conflict, NotFound, Rejected
from adapter.store import deliveries, dictations, reports
from adapter.workflow import ai_results
from adapter.workflow.reconcile import reconcile
from tests.fakes.destination import GONE, HOLD, RETRY
from tests.fakes.house import DR_GRAY, Workflow

NORMAL = "the lungs are clear period no pleural effusion period"
AI_LEFT = (
    b'{"findings": [{"id": "a1", "text": "Left pneumothorax.", "finding": "pneumothorax",'
    b' "side": "left", "model": "cxr", "version": "1"}]}'
)


def latest_text(workflow: Workflow, accession: str = "A1") -> str:
    with workflow.database.read() as tx:
        return reports.get_latest(tx, accession).text


def test_a_dictation_becomes_a_preliminary_report_at_the_destination(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    assert workflow.sent() == [("A1", "preliminary")]
    assert b"The lungs are clear." in workflow.ris.received[0].body
    assert workflow.status("A1") == "preliminary"
    assert workflow.events("A1") == [
        "order new",
        "dictated",
        "transcribed",
        "report preliminary",
        "delivery acknowledged",
    ]


def test_signing_posts_the_final_report_once(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    first = workflow.sign_off.sign("A1", DR_GRAY)
    again = workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert first.number == again.number == 2
    assert workflow.sent() == [("A1", "preliminary"), ("A1", "final")]
    assert workflow.status("A1") == "final"


def test_an_addendum_follows_a_final_report(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    with pytest.raises(Conflict, match="not signed"):
        workflow.sign_off.addendum("A1", DR_GRAY, "Too early.")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.sign_off.addendum("A1", DR_GRAY, "Discussed with the ward.")
    with pytest.raises(Conflict, match="already"):
        workflow.sign_off.addendum("A1", DR_GRAY, "Discussed with the ward.")
    workflow.sign_off.addendum("A1", DR_GRAY, "A second thought.")
    workflow.jobs.run()
    assert [kind for _, kind in workflow.sent()][1:] == ["final", "addendum", "addendum"]
    last = workflow.ris.received[-1].body.decode()
    assert last.index("The lungs are clear.") < last.index("Discussed") < last.index("A second")


def test_a_dictation_after_signing_is_kept_and_can_become_an_addendum(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.sign_off.sign("A1", DR_GRAY)
    late = workflow.dictate("A1", "small left pleural effusion period")
    assert [kind for _, kind in workflow.sent()] == ["preliminary", "final"]
    workflow.sign_off.addendum("A1", DR_GRAY, dictation=late)
    workflow.jobs.run()
    assert "Small left pleural effusion." in latest_text(workflow)
    assert workflow.sent()[-1] == ("A1", "addendum")


def test_a_dictation_before_its_order_waits_and_nothing_leaves(workflow: Workflow) -> None:
    workflow.dictate("A1", NORMAL)
    assert workflow.status("A1") == "draft"
    assert workflow.sent() == []
    with pytest.raises(Conflict, match="order"):
        workflow.sign_off.sign("A1", DR_GRAY)
    workflow.order("A1")
    workflow.jobs.run()
    assert workflow.sent() == [("A1", "preliminary")]
    assert "temporary order" in workflow.events("A1")


def test_the_same_audio_twice_is_one_dictation(workflow: Workflow) -> None:
    workflow.order("A1")
    assert workflow.dictate("A1", NORMAL) == workflow.dictate("A1", NORMAL) == "d-1"
    assert workflow.sent() == [("A1", "preliminary")]


def test_a_second_dictation_is_added_in_order(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.dictate("A1", "impression colon normal chest period")
    assert workflow.sent() == [("A1", "preliminary")] * 2
    assert "Normal chest." in latest_text(workflow)


def test_ai_findings_that_change_no_text_send_nothing_again(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", "small right pneumothorax period")
    for _ in range(2):
        (taken,) = ai_results.receive(workflow.house, Accession("A1"), AI_LEFT)
        assert (taken.findings, taken.ruling.mode) == (1, AiMode.SUGGEST)
    workflow.jobs.run()
    with workflow.database.read() as tx:
        stored = reports.get_latest(tx, "A1")
    assert stored.number == 2
    assert "laterality_conflict" in {flag.code for flag in reports.shown(stored).flags}
    assert workflow.sent() == [("A1", "preliminary")]


def test_accepting_an_ai_finding_names_the_person(workflow: Workflow) -> None:
    workflow.order("A1")
    ai_results.receive(workflow.house, Accession("A1"), AI_LEFT)
    workflow.dictate("A1", "the heart is normal in size period")
    assert "Left pneumothorax" not in latest_text(workflow)
    with pytest.raises(NotFound, match="no a9"):
        workflow.sign_off.decide("A1", DecisionKind.ACCEPT, "a9", DR_GRAY)
    workflow.sign_off.decide("A1", DecisionKind.ACCEPT, "a1", DR_GRAY)
    with pytest.raises(Conflict, match="changed since you read"):
        workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    with workflow.database.read() as tx:
        report = reports.shown(reports.get_latest(tx, "A1"))
    statements = [each for section in report.sections for each in section.statements]
    accepted = [each for each in statements if each.source.ai == "a1"]
    assert [(each.text, each.source.person) for each in accepted] == [("Left pneumothorax.", "123")]


def test_signing_what_was_not_read_is_refused(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.dictate("A1", "impression colon normal chest period")
    with pytest.raises(Conflict, match="changed since you read"):
        workflow.sign_off.sign("A1", DR_GRAY, number=1)
    workflow.dictations.receive(Accession("A1"), [b"one more period"], "text/plain")
    with pytest.raises(Conflict, match="d-3 is still being transcribed"):
        workflow.sign_off.sign("A1", DR_GRAY, number=2)


@pytest.mark.parametrize("audio", ["not audio", "silence"])
def test_what_cannot_be_heard_is_kept_and_said(workflow: Workflow, audio: str) -> None:
    workflow.order("A1")
    workflow.dictate("A1", audio)
    with workflow.database.read() as tx:
        (kept,) = dictations.of_study(tx, "A1")
    assert kept.state == "refused"
    assert kept.reason
    assert workflow.house.audio.path(kept.audio_sha256).read_bytes() == audio.encode()
    assert workflow.sent() == []


def test_an_empty_dictation_is_refused(workflow: Workflow) -> None:
    with pytest.raises(Rejected, match="no bytes"):
        workflow.dictations.receive(Accession("A1"), [], "audio/wav")


def test_a_cancelled_order_sends_nothing_until_it_is_ordered_again(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.order("A1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    workflow.dictate("A1", NORMAL)
    assert workflow.sent() == []
    assert workflow.status("A1") == "draft"
    with pytest.raises(Conflict, match="cancelled"):
        workflow.sign_off.sign("A1", DR_GRAY)
    workflow.order("A1", OrderAction.CHANGE, OrderStatus.SCHEDULED)
    workflow.jobs.run()
    assert workflow.sent() == [("A1", "preliminary")]


def test_an_unmapped_order_control_changes_nothing(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.order("A1", OrderAction.CHANGE, None, modality="CT")
    assert workflow.events("A1") == ["order new", "order change changed nothing"]


def test_a_link_that_fails_is_tried_with_the_same_bytes(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.ris.script = [GONE, RETRY]
    workflow.dictate("A1", NORMAL)
    for _ in range(2):
        workflow.clock.forward(60)
        workflow.jobs.pass_time()
        workflow.jobs.run()
    assert len(workflow.ris.received) == 3
    assert len({(each.control_id, each.body) for each in workflow.ris.received}) == 1
    with workflow.database.read() as tx:
        (owed,) = deliveries.of_study(tx, "A1")
    assert (owed.delivery.state, owed.delivery.attempts) == ("acknowledged", 3)


def test_a_refused_report_is_held_and_others_go_on(workflow: Workflow) -> None:
    for accession in ("A1", "A2"):
        workflow.order(accession)
    workflow.ris.script = [HOLD]
    workflow.dictate("A1", NORMAL)
    workflow.dictate("A2", NORMAL + " and one more sentence period")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert workflow.sent() == [("A1", "preliminary"), ("A2", "preliminary")]
    with workflow.database.read() as tx:
        (held,) = deliveries.of_state(tx, DeliveryState.HELD, 10)
    assert held.delivery.answer_text == "patient unknown"
    workflow.deliveries.resend(held.delivery.control_id)
    workflow.jobs.run()
    assert workflow.sent()[2:] == [("A1", "preliminary"), ("A1", "final")]
    assert workflow.ris.received[0].body == workflow.ris.received[2].body
    with pytest.raises(Conflict, match="not held"):
        workflow.deliveries.resend(held.delivery.control_id)


def test_what_waits_behind_a_failing_head_keeps_its_place(workflow: Workflow) -> None:
    for accession in ("A1", "A2"):
        workflow.order(accession)
    workflow.ris.script = [GONE]
    workflow.dictate("A1", NORMAL)
    workflow.dictate("A2", NORMAL)
    assert workflow.sent() == [("A1", "preliminary")]
    workflow.clock.forward(5)
    workflow.jobs.pass_time()
    workflow.jobs.run()
    assert [accession for accession, _ in workflow.sent()] == ["A1", "A1", "A2"]


def test_reconcile_asks_for_all_that_is_owed_and_only_that(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.ris.script = [GONE]
    workflow.dictate("A1", NORMAL)
    workflow.dictations.receive(Accession("A2"), [NORMAL.encode()], "text/plain")
    workflow.jobs.waiting.clear()  # the engine's tables are lost
    workflow.jobs.ever.clear()
    workflow.clock.forward(60)
    assert reconcile(workflow.house) == 2
    workflow.order("A2")
    workflow.jobs.run()
    assert sorted(workflow.sent()) == [("A1", "preliminary")] * 2 + [("A2", "preliminary")]
    assert reconcile(workflow.house) == 0


def test_every_job_may_run_twice(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    sent = list(workflow.ris.received)
    for job, key in sorted(workflow.jobs.ever):
        with workflow.database.write() as tx:
            workflow.jobs.ever.discard((job, key))
            workflow.jobs.put(tx, job, key)
    workflow.jobs.run()
    assert workflow.ris.received == sent
