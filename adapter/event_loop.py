"""The event loop of a process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

_TURN_SECONDS = 0.0005


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, on uvloop where it is installed.

    The loop and the threads that store, merge and hear share one interpreter, and none waits for
    it longer than a turn: Python's own 5 ms are a good part of the time to an ACK.
    """
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        import uvloop

        uvloop.run(main)
    except ModuleNotFoundError:
        asyncio.run(main)
