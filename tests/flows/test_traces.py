"""A study's way over two processes is one trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.demo.processes import Child
from tests.fakes.trace_receiver import TraceReceiver
from tests.flows.hospital import Hospital
from tests.peers import postgres

ABOVE = {"order": "node-1", "dictation": "node-1", "sign": "node-1"}
BELOW = {"transcribe": "node-2", "deliver": "node-2"}


@pytest.mark.peer
def test_what_two_nodes_do_for_a_study_is_one_trace(tmp_path: Path, empty_postgres: str) -> None:
    receiver = TraceReceiver()
    hospital = Hospital(
        tmp_path,
        database_url=postgres.copy_of(empty_postgres),
        roles="intake,web",
        jobs_poll_seconds="0.2",
        traces_url=receiver.url,
    )
    theirs = {"READOUT_NODE_ID": "node-2", "READOUT_ROLES": "speech,delivery"}
    hospital.wait_ready()
    worker = Child("worker", ["adapter", "worker", "--json"], tmp_path, hospital.env | theirs)
    try:
        worker.wait_for(lambda event: event["event"] == "ready", 90, "the worker to start")
        hospital.order("A1")
        hospital.dictate("A1")
        hospital.acknowledged("A1", 2)
        hospital.sign("A1")
        hospital.ris.wait("A1", "F", answer="AA")
        hospital.acknowledged("A1", 4)
    finally:
        worker.stop()  # each sends what it still has
        hospital.close()
        receiver.close()
    (root,) = receiver.named("study")
    assert {each.trace_id for each in receiver.spans} == {root.trace_id}
    for name, node in {**ABOVE, **BELOW}.items():
        found = receiver.named(name)
        assert {each.node for each in found} == {node}, name
        assert {each.parent_id for each in found} == {root.id}
    assert {each.parent_id for each in receiver.named("merge")} == {root.id}
    outcomes = [each.told["readout.outcome"] for each in receiver.named("acknowledgement")]
    assert outcomes == ["accepted"] * 4
    ways = [receiver.named(name)[0].ended for name in ("order", "dictation", "transcribe", "sign")]
    assert ways == sorted(ways)
