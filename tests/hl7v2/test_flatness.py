"""The judge of the fuzz: a leak shows, a cache that fills and a large message in hand do not."""

from __future__ import annotations

import random

import pytest

from tests.hl7v2.flatness import judge

MIB = 1 << 20


def run(leak: float, frames: int = 100_000, noise: float = 2.0) -> list[tuple[int, int]]:
    """A process that warms up by 60 MiB and leaks so many bytes a frame."""
    chance = random.Random(1)
    step = frames // 200
    return [
        (
            at,
            int(150 * MIB + 60 * MIB * min(1, at / (frames * 0.3)) + leak * at)
            + int(chance.uniform(-noise, noise) * MIB)
            + (40 * MIB if at // step % 50 == 0 else 0),
        )
        for at in range(step, frames + 1, step)
    ]


def test_what_warms_up_and_stays_is_flat() -> None:
    found = judge(run(0))
    assert found.is_flat
    assert found.warm / MIB == pytest.approx(210, abs=2)
    assert str(found).startswith("memory flat: warm at 2")


@pytest.mark.parametrize("leak", [150, 1_000])
def test_a_leak_shows(leak: int) -> None:
    found = judge(run(leak))
    assert not found.is_flat
    assert found.per_10_000 == pytest.approx(leak * 10_000, rel=0.3)
    assert "GROWS" in str(found)


def test_a_short_run_is_not_judged() -> None:
    assert judge([]).is_flat
    assert judge(run(10_000, frames=9_000)).is_flat
    assert "too few" in str(judge(run(0, frames=9_000)))
