"""A loop does not wait long for an interpreter that a thread uses."""

from __future__ import annotations

import asyncio
import sys
from threading import Event, Thread

from adapter import event_loop


def test_a_busy_thread_gives_the_loop_its_turn() -> None:
    before, ended = sys.getswitchinterval(), Event()
    turns = list[float]()

    def compute() -> None:
        while not ended.is_set():
            sum(range(1000))

    async def main() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
            turns.append(sys.getswitchinterval())

    thread = Thread(target=compute)
    thread.start()
    try:
        event_loop.run(main())
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(before)
    assert len(turns) == 5
    assert max(turns) < before
