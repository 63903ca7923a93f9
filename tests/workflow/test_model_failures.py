"""Models are called about studies: a model that fails, is slow, down or too dear."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.store import model_calls as store
from tests.fakes.model_endpoint import KEY, ModelEndpoint
from tests.fakes.model_site import Make, drafts


@pytest.mark.parametrize(
    "fault", ["429", "429 date", "408", "500", "503", "504", "cut", "html", "nan", "wrong"]
)
def test_what_passes_is_tried_again_and_written_down(make: Make, fault: str) -> None:
    site = make()
    site.model.faults = [fault]
    site.order()
    site.flow.jobs.run()
    (waiting,) = site.flow.jobs.waiting
    assert waiting.delay >= {"429": 7, "429 date": 3600}.get(fault, 0)
    assert [each.state for each in site.left()] == ["failed"]
    site.flow.jobs.pass_time()
    site.flow.jobs.run()
    assert [each.state for each in site.left()] == ["answered", "failed"]
    assert site.call().state == "done"


@pytest.mark.parametrize("fault", ["refusal", "length", "filtered"])
def test_a_chat_that_ends_without_a_draft_is_tried_again(
    make: Make, endpoint: ModelEndpoint, fault: str
) -> None:
    site = make(**drafts(endpoint.url))
    site.model.faults = [fault]
    site.model.draft = lambda _told: {"impression": []}
    site.order()
    site.flow.dictate("A1", "small left pleural effusion period")
    assert not site.model.refused
    assert [each.state for each in site.left()] == ["failed"]
    site.flow.jobs.pass_time()
    site.flow.jobs.run()
    assert site.call().state == "done"


def test_a_slow_model_is_given_up_in_time(make: Make) -> None:
    patience = {"answer_seconds": 0.2, "connect_seconds": 0.2, "tries": 1}
    site = make(patience=patience)
    site.model.faults = ["slow"]
    site.order()
    site.flow.jobs.run()
    assert site.call().state == "failed"
    assert "does not answer" in site.call().reason


@pytest.mark.parametrize(
    ("fault", "state"), [("401", "failed"), ("400", "answered"), ("424", "answered")]
)
def test_what_will_not_pass_is_not_tried_again(make: Make, fault: str, state: str) -> None:
    site = make()
    site.model.faults = [fault]
    site.order()
    site.flow.jobs.run()
    assert not site.flow.jobs.waiting
    assert [each.state for each in site.left()] == [state]
    assert f"HTTP {fault}" in site.call().reason
    assert KEY not in site.call().reason


def test_a_key_may_be_named_by_a_file(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("READOUT_TEST_KEY")
    (tmp_path / "key").write_text(f"{KEY}\n")
    monkeypatch.setenv("READOUT_TEST_KEY_FILE", str(tmp_path / "key"))
    site = make()
    site.order()
    site.flow.jobs.run()
    assert [each.state for each in site.left()] == ["answered"]


def test_a_model_that_is_down_rests_and_delays_no_report(make: Make) -> None:
    site = make()
    site.model.faults = ["500"] * 10
    for number in range(3):
        site.order(f"A{number}")
    site.flow.dictate("A0", "small left pleural effusion")
    assert site.flow.status("A0") == "preliminary"
    assert len(site.left()) == 2  # then it counts as down
    assert site.calls.resting() == {"chest": True}
    site.flow.jobs.pass_time()
    site.flow.jobs.run()
    assert len(site.left()) == 2
    site.flow.clock.forward(301)
    site.model.faults = []
    site.flow.jobs.pass_time()
    site.flow.jobs.run()
    with site.flow.database.read() as tx:
        ended = [store.of_study(tx, f"A{number}")[0].state for number in range(3)]
    assert ended == ["done"] * 3
    assert site.calls.resting() == {"chest": False}


@pytest.mark.parametrize(
    "budget", [{"calls_per_day": 1}, {"cost_per_day": 0.04, "cost_per_call": 0.05}]
)
def test_a_budget_that_is_used_up_waits_for_the_next_day(
    make: Make, budget: dict[str, float]
) -> None:
    site = make(budget=budget)
    site.order("A1")
    site.order("A2")
    site.flow.jobs.run()
    assert len(site.model.received) == 1
    site.flow.clock.forward(13 * 3600)
    site.flow.jobs.pass_time()
    site.flow.jobs.run()
    assert len(site.model.received) == 2
