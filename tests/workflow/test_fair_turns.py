from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from adapter.workflow.fair_turns import FairTurns, Share


class Clock:
    """The event loop's clock, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


class Speakers:
    """Speakers who want the model again and again, and in which order they had it."""

    def __init__(self, clock: Clock) -> None:
        self.turns = FairTurns()
        self.order = ""
        self._clock = clock

    async def wants(
        self, name: str, cost: float, times: int, urgent: Callable[[], bool] = lambda: False
    ) -> None:
        share = Share()
        for _ in range(times):
            async with self.turns.turn(share, urgent):
                self.order += name
                self._clock.now += cost
                await asyncio.sleep(0)


@pytest.fixture
async def speakers(monkeypatch: pytest.MonkeyPatch) -> Speakers:
    return Speakers(Clock(monkeypatch))


async def test_equal_wishes_are_served_in_turn(speakers: Speakers) -> None:
    await asyncio.gather(*(speakers.wants(name, 1.0, 4) for name in "ABC"))
    assert speakers.order == "ABC" * 4


async def test_who_takes_long_has_fewer_turns(speakers: Speakers) -> None:
    await asyncio.gather(speakers.wants("A", 5.0, 4), speakers.wants("b", 1.0, 15))
    assert "A" + "b" * 5 in speakers.order
    assert "AA" not in speakers.order
    assert speakers.order.rindex("A") > 12  # but has them


async def test_who_waits_for_the_last_words_is_next(speakers: Speakers) -> None:
    others = [speakers.wants(name, 0.1, 5) for name in "abcd"]
    await asyncio.gather(*others, speakers.wants("Z", 9.0, 3, lambda: True))
    assert speakers.order[1:4] == "ZZZ"


async def test_silence_is_no_claim_to_the_time_of_others(speakers: Speakers) -> None:
    early = asyncio.create_task(speakers.wants("A", 1.0, 40))
    while len(speakers.order) < 20:
        await asyncio.sleep(0)
    await asyncio.gather(early, speakers.wants("b", 1.0, 10))
    assert "bb" not in speakers.order
    assert "bA" * 8 in speakers.order


@pytest.mark.parametrize("steps", range(4))
async def test_who_gives_up_waiting_holds_up_nobody(steps: int, speakers: Speakers) -> None:
    first, leaver, last = (asyncio.create_task(speakers.wants(n, 1.0, 1)) for n in "ABC")
    for _ in range(steps):
        await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.gather(first, last)
    assert speakers.order.replace("B", "") == "AC"
    await speakers.wants("D", 1.0, 1)
    assert speakers.order[-1] == "D"
