"""How a live connection ends when two ends of it come at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import anyio
import pytest

from adapter.web.live import _first_of


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_given_up_while_it_ends_is_given_up_by_its_own_cancellation(
    turns: int,
) -> None:
    async def ends() -> None: ...

    async def waits() -> None:
        await asyncio.Event().wait()

    def after(turns: int, then: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(partial(after, turns - 1, then) if turns else then)

    with anyio.CancelScope() as scope:
        after(turns, scope.cancel)
        await _first_of(ends(), waits())
        await anyio.sleep_forever()
    assert scope.cancelled_caught
