from __future__ import annotations

import pytest

from adapter.domain.delivery import DeliveryState
from adapter.errors import Conflict, NotFound
from adapter.store import deliveries, studies
from adapter.workflow.destinations import Destinations
from adapter.workflow.reconcile import reconcile
from tests.fakes.destination import HOLD, RETRY
from tests.fakes.house import DR_GRAY, Workflow


@pytest.fixture
def desk(workflow: Workflow) -> Destinations:
    return Destinations(workflow.house)


def told(desk: Destinations) -> list[tuple[str, str]]:
    return [(event, detail) for _, event, detail in desk.history("ris")]


def test_a_paused_destination_gets_nothing_and_then_everything_in_order(
    workflow: Workflow, desk: Destinations
) -> None:
    desk.pause("ris", DR_GRAY, "new interface tonight")
    for accession in ("A1", "A2"):
        workflow.order(accession)
        workflow.dictate(accession, "no pneumothorax period")
    reconcile(workflow.house)
    workflow.jobs.run()
    assert workflow.ris.received == []
    (state,) = desk.listed()
    assert (state.pending, state.held) == (2, 0)
    assert state.pause is not None
    assert (state.pause.person, state.pause.reason) == ("123", "new interface tonight")

    desk.resume("ris", DR_GRAY)
    workflow.jobs.run()
    assert [accession for accession, _ in workflow.sent()] == ["A1", "A2"]
    assert desk.listed()[0].pause is None
    assert told(desk) == [
        ("destination paused", "ris by 123: new interface tonight"),
        ("destination resumed", "ris by 123"),
    ]


def paused_between_tries(workflow: Workflow, desk: Destinations) -> int:
    """Pause after a try that is to be repeated; how many tries there were."""
    workflow.order("A1")
    workflow.ris.script = [RETRY]
    workflow.dictate("A1", "no pneumothorax period")
    desk.pause("ris", DR_GRAY, "")
    return len(workflow.ris.received)


def test_a_pause_holds_over_a_restart_and_over_due_retries(
    workflow: Workflow, desk: Destinations
) -> None:
    tries = paused_between_tries(workflow, desk)
    workflow.clock.forward(3600)
    workflow.jobs.run()
    assert len(workflow.ris.received) == tries
    again = Destinations(workflow.house)  # what another process sees
    assert again.listed()[0].pause is not None
    again.resume("ris", DR_GRAY)
    workflow.jobs.run()
    assert len(workflow.ris.received) == tries + 1


def test_resuming_does_not_wait_for_the_turn_of_a_retry(
    workflow: Workflow, desk: Destinations
) -> None:
    tries = paused_between_tries(workflow, desk)
    desk.resume("ris", DR_GRAY)
    workflow.jobs.run()
    assert len(workflow.ris.received) == tries + 1


def test_everything_held_is_sent_again_the_same_bytes_in_order(
    workflow: Workflow, desk: Destinations
) -> None:
    workflow.ris.script = [HOLD, HOLD]
    for accession in ("A1", "A2"):
        workflow.order(accession)
        workflow.dictate(accession, "no pneumothorax period")
    assert desk.listed()[0].held == 2
    assert desk.resend("ris", DR_GRAY) == 2
    workflow.jobs.run()
    bodies = [each.body for each in workflow.ris.received]
    assert bodies[:2] == bodies[2:]
    with workflow.database.read() as tx:
        assert not deliveries.of_state(tx, DeliveryState.HELD, 9)
        events = [event for _, event, _ in studies.events(tx, "A1")]
    assert "delivery resend asked for" in events
    assert told(desk) == [("destination resend asked for", "ris 2 held, by 123")]
    assert desk.resend("ris", DR_GRAY) == 0


def test_what_makes_no_sense_is_refused(desk: Destinations) -> None:
    with pytest.raises(Conflict, match="not paused"):
        desk.resume("ris", DR_GRAY)
    desk.pause("ris", DR_GRAY, "")
    with pytest.raises(Conflict, match="paused already"):
        desk.pause("ris", DR_GRAY, "")
    for act in (
        lambda: desk.pause("nowhere", DR_GRAY, ""),
        lambda: desk.resend("nowhere", DR_GRAY),
        lambda: desk.history("nowhere"),
    ):
        with pytest.raises(NotFound):
            act()
