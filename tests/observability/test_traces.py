"""The way of a study as a trace, to a real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.audit.keys import AuditKeys
from adapter.cli import app
from adapter.domain.order import OrderAction, OrderStatus
from adapter.errors import ConfigurationError, TryAgain
from adapter.links import open_traces
from adapter.observability.traces import OFF, trace_id
from adapter.settings import Settings
from adapter.store.database import Database
from tests.fakes.destination import GONE
from tests.fakes.house import Workflow
from tests.fakes.trace_receiver import TraceReceiver

KEYS = AuditKeys((b"k" * 32,))


@pytest.fixture
def receiver() -> Iterator[TraceReceiver]:
    made = TraceReceiver()
    yield made
    made.close()


def settings(receiver: TraceReceiver, node: str = "node-1") -> Settings:
    return Settings(traces_url=receiver.url, node_id=node)


def test_the_steps_of_a_study_are_one_trace(
    database: Database, tmp_path: Path, receiver: TraceReceiver
) -> None:
    workflow = Workflow(database, tmp_path)
    traces = open_traces(settings(receiver), KEYS)
    object.__setattr__(workflow.house, "traces", traces)
    workflow.ris.script = [GONE]
    workflow.order("A1")
    workflow.dictate("A1", "no pneumothorax period")
    workflow.clock.forward(90)
    workflow.jobs.pass_time()
    workflow.jobs.run()
    workflow.order("A1", OrderAction.CHANGE, OrderStatus.IN_PROGRESS)
    workflow.dictate("A2", "no pneumothorax period")
    traces.close()
    steps = ("order", "dictation", "transcribe", "merge", "deliver")
    for accession in ("A1", "A2"):
        (root,) = [
            each
            for each in receiver.named("study")
            if each.trace_id == trace_id(KEYS.trace(accession))
        ]
        assert root.parent_id == ""
        mine = [each for each in receiver.spans if each.trace_id == root.trace_id]
        below = {each.name for each in mine if each.parent_id == root.id}
        assert below == set(steps if accession == "A1" else steps[1:4])
    first, second = receiver.named("deliver")[:2]
    assert (first.told["readout.attempt"], second.told["readout.attempt"]) == (1, 2)
    waits = receiver.named("acknowledgement")
    assert [each.parent_id for each in waits[:2]] == [first.id, second.id]
    assert waits[0].told["error.type"] == "TryAgain" or waits[0].told["readout.outcome"] == "retry"
    assert waits[1].told["readout.outcome"] == "accepted"


def test_the_trace_of_a_study_is_known_to_who_has_the_key(tmp_path: Path) -> None:
    other = AuditKeys((b"o" * 32,))
    assert trace_id(KEYS.trace("A1")) not in (KEYS.trace("A2")[:32], other.trace("A1")[:32])
    again = AuditKeys((*KEYS.keys, *other.keys))  # a key is added: traces go on
    assert again.trace("A1") == KEYS.trace("A1")
    (tmp_path / "audit.key").write_text(f"{KEYS.keys[0].hex()}\n")
    told = CliRunner().invoke(
        app, ["doctor", "--trace", "A1"], env={"READOUT_DATA_DIR": str(tmp_path)}
    )
    assert told.stdout.strip() == trace_id(KEYS.trace("A1"))


def test_an_error_is_told_by_its_class_alone(receiver: TraceReceiver) -> None:
    traces = open_traces(settings(receiver), KEYS)
    with pytest.raises(TryAgain), traces.step("merge", "A1"):
        raise TryAgain("Erika Mustermann is away")
    traces.close()
    (span,) = receiver.spans
    assert (span.error, span.told) == (True, {"error.type": "TryAgain"})
    assert not any(b"Mustermann" in body for body in receiver.bodies)


def test_a_receiver_that_is_away_keeps_nobody_waiting() -> None:
    traces = open_traces(Settings(traces_url="http://127.0.0.1:1/v1/traces"), KEYS)
    with traces.step("merge", "A1") as step:
        step.tell("kind", "final")
    traces.close()


def test_off_is_the_default_and_one_call_that_does_nothing() -> None:
    assert open_traces(Settings(), KEYS) is OFF
    with OFF.step("merge", "A1", kind="final") as step, step.part("acknowledgement") as part:
        part.tell("outcome", "accepted")
        assert part is step
    assert OFF.step("merge", "A1") is OFF.step("deliver", "A2")


def test_without_its_packages_it_says_what_to_install(
    receiver: TraceReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "adapter.observability.otlp", None)
    with pytest.raises(ConfigurationError, match=r"readout\[traces\]"):
        open_traces(settings(receiver), KEYS)
