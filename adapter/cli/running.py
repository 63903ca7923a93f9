"""Runs a node until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from adapter import event_loop
from adapter.bootstrap import Service
from adapter.observability.logs import configure_logs
from adapter.observability.memory import share_heaps
from adapter.settings import Settings


def run(settings: Settings, ready: Callable[[Service], None], *, doors: bool = True) -> None:
    """Serve until SIGTERM or SIGINT; a worker has no doors."""
    share_heaps()
    configure_logs(settings.log_level)
    os.umask(0o077)  # what is made holds patient data: nobody else on this machine reads it
    service = Service(settings, doors=doors)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await service.run(ready, stop)

    event_loop.run(main())
