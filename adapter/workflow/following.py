"""What is put into force without a restart is looked at now and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger()


async def keep_following(seconds: float, *looks: Callable[[], bool]) -> None:
    """Look every so many seconds, until cancelled; a look tells whether anything came in force."""
    while True:
        await asyncio.sleep(seconds)
        for look in looks:
            try:
                await asyncio.to_thread(look)
            except Exception as error:  # the boundary of a chore: the next look may do better
                log.warning("mappings_not_followed", error=type(error).__name__)
