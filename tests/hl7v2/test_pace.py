from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2.pace import Pace


def test_a_second_s_worth_comes_at_once_and_then_the_sender_waits() -> None:
    pace = Pace(10)
    assert pace.spend("a", 10, 100.0) == 0
    assert round(pace.spend("a", 5, 100.0), 6) == 0.5
    assert pace.spend("b", 10, 100.0) == 0  # others do not wait for it
    assert pace.spend("a", 1, 200.0) == 0


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 2)), min_size=1, max_size=60))
def test_whoever_waits_as_told_stays_within_the_rate(bursts: list[tuple[int, float]]) -> None:
    pace, now, spent = Pace(20), 0.0, 0
    for messages, rest in bursts:
        wait = pace.spend("a", messages, now)
        spent += messages
        now += wait + rest
    assert spent <= 20 * (now + 1.0) + 1e-6


def test_senders_that_are_gone_are_forgotten() -> None:
    pace = Pace(10)
    for number in range(5000):
        pace.spend(f"10.0.{number}", 1, float(number))
    assert len(pace._due) < 1100
