"""Memory that malloc keeps though nobody uses it goes back to the system."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable


def _trimmer() -> Callable[[int], int] | None:
    """malloc_trim of the C library; None where it is another one than glibc."""
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    return found


_TRIM = _trimmer()
_EVERY_S = 60.0


def give_back() -> None:
    """Large messages leave holes in the heap that glibc returns only when asked; takes some ms."""
    if _TRIM is not None:
        _TRIM(0)


async def keep_giving_back() -> None:
    """Every minute, until it is cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        await asyncio.to_thread(give_back)
