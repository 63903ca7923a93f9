from __future__ import annotations

import pytest

from adapter.workflow.reconcile import reconcile
from tests.fakes.destination import RETRY
from tests.fakes.house import Workflow


@pytest.fixture
def waiting(workflow: Workflow) -> Workflow:
    """A delivery that has been tried once and waits for its next turn."""
    workflow.order("A1")
    workflow.ris.script = [RETRY]
    workflow.dictate("A1", "no pneumothorax period")
    assert len(workflow.ris.received) == 1
    return workflow


def test_a_clock_that_was_set_back_lets_no_delivery_wait_longer(waiting: Workflow) -> None:
    waiting.clock.forward(-3600)
    waiting.jobs.pass_time()  # the engine's own clock is looked after by the janitor
    waiting.jobs.run()
    assert len(waiting.ris.received) == 2
    assert waiting.ris.received[0].body == waiting.ris.received[1].body


def test_a_clock_that_was_set_back_a_little_lets_it_wait_no_longer_than_a_retry(
    waiting: Workflow,
) -> None:
    waiting.clock.forward(-waiting.house.retry_cap / 2)
    waiting.jobs.pass_time()
    waiting.jobs.run()
    assert len(waiting.ris.received) == 1
    assert [each.delay <= waiting.house.retry_cap for each in waiting.jobs.waiting] == [True]


def test_what_is_owed_is_asked_again_at_the_same_moment_of_another_clock(
    waiting: Workflow,
) -> None:
    waiting.clock.forward(7)
    waiting.ris.script = [RETRY]
    reconcile(waiting.house)
    waiting.jobs.run()
    assert len(waiting.ris.received) == 2
