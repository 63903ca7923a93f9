from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.speech.shared_engine import PATIENCE_S, SharedEngine


class Machine:
    """Doubles numbers, batch by batch; the first batch waits until `go`."""

    def __init__(self, most: int = 4) -> None:
        self.now = 0.0
        self.batches: list[list[int]] = []
        self.go = threading.Event()
        self.engine = SharedEngine(self.run, most, lambda: self.now)
        self.pool = ThreadPoolExecutor(16)

    def run(self, items: Sequence[int]) -> list[int]:
        self.go.wait(10)
        self.batches.append(list(items))
        if any(item < 0 for item in items):
            raise ValueError(min(items))
        return [2 * item for item in items]

    def ask(self, *items: int, live: bool = False, kind: str = "") -> Future[list[int]]:
        """Ask from a thread of its own, and wait until the wish is known."""
        before = len(self.engine._waiting)
        busy = self.engine._busy
        made = self.pool.submit(self.engine.ask, [(kind, item) for item in items], live)
        while not (len(self.engine._waiting) > before or (not busy and self.engine._busy)):
            time.sleep(0.0005)
        return made


def test_what_waits_while_a_batch_runs_shares_the_next_one() -> None:
    machine = Machine()
    asked = [machine.ask(0), machine.ask(1, 2), machine.ask(3), machine.ask(4, 5)]
    machine.go.set()
    assert [each.result(10) for each in asked] == [[0], [2, 4], [6], [8, 10]]
    assert machine.batches == [[0], [1, 2, 3, 4], [5]]


def test_what_is_of_another_kind_has_a_batch_of_its_own() -> None:
    machine = Machine()
    machine.ask(0)
    asked = [machine.ask(n, kind="ab"[n % 2]) for n in range(1, 6)]
    machine.go.set()
    assert [each.result(10) for each in asked] == [[2], [4], [6], [8], [10]]
    assert machine.batches == [[0], [1, 3, 5], [2, 4]]


def test_live_speech_goes_first() -> None:
    machine = Machine(most=1)
    asked = [machine.ask(0), machine.ask(1, 2), machine.ask(3, live=True)]
    asked += [machine.ask(4), machine.ask(5, live=True)]
    machine.go.set()
    for each in asked:
        each.result(10)
    assert machine.batches == [[0], [3], [5], [1], [2], [4]]


def test_a_recording_that_has_waited_long_goes_before_live_speech_once() -> None:
    machine = Machine(most=1)
    asked = [machine.ask(0), machine.ask(1)]
    machine.now = PATIENCE_S
    asked += [machine.ask(2), machine.ask(3, live=True), machine.ask(4, live=True)]
    machine.go.set()
    for each in asked:
        each.result(10)
    assert machine.batches == [[0], [1], [3], [4], [2]]


def test_one_that_fails_harms_no_neighbour() -> None:
    machine = Machine()
    asked = [machine.ask(0), machine.ask(1), machine.ask(-7), machine.ask(2)]
    machine.go.set()
    assert [asked[n].result(10) for n in (0, 1, 3)] == [[0], [2], [4]]
    with pytest.raises(ValueError, match="-7"):
        asked[2].result(10)
    assert machine.engine.ask([("", 8)], live=False) == [16]


def test_one_that_fails_alone_leaves_the_engine_to_the_others() -> None:
    machine = Machine(most=1)
    machine.go.set()
    with pytest.raises(ValueError, match="-1"):
        machine.engine.ask([("", 5), ("", -1), ("", 6)], live=True)
    assert machine.engine.ask([("", 3)], live=True) == [6]
    assert machine.engine.ask([], live=True) == []


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 99), max_size=5), st.sampled_from("ab"))),
    st.integers(1, 5),
)
def test_everybody_has_their_own_results_in_order(
    askers: list[tuple[list[int], str]], most: int
) -> None:
    machine = Machine(most)
    machine.go.set()
    with machine.pool as pool:
        made = [
            pool.submit(machine.engine.ask, [(kind, item) for item in items], len(items) > 2)
            for items, kind in askers
        ]
    for (items, _), each in zip(askers, made, strict=True):
        assert each.result(10) == [2 * item for item in items]
    assert all(len(batch) <= most for batch in machine.batches)
    done, wanted = chain(*machine.batches), chain(*(items for items, _ in askers))
    assert sorted(done) == sorted(wanted)
    assert machine.engine._waiting == []
