"""Memory that malloc keeps though nobody uses it goes back to the system."""

from __future__ import annotations

import asyncio
import ctypes
from typing import Any

_M_ARENA_MAX = -8  # of <malloc.h>
_HEAPS = 2
_EVERY_S = 60.0


def _glibc(name: str, *arguments: type[Any]) -> Any:
    """A function of the C library; None where it is another one than glibc."""
    try:
        found = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    found.argtypes, found.restype = arguments, ctypes.c_int
    return found


_TRIM = _glibc("malloc_trim", ctypes.c_size_t)
_OPTION = _glibc("mallopt", ctypes.c_int, ctypes.c_int)


def share_heaps() -> None:
    """Let all threads share two heaps: by default each keeps holes in one of its own."""
    if _TRIM is not None:
        _OPTION(_M_ARENA_MAX, _HEAPS)


def give_back() -> None:
    """Large messages leave holes in the heap that glibc returns only when asked; takes some ms."""
    if _TRIM is not None:
        _TRIM(0)


async def keep_giving_back() -> None:
    """Every minute, until it is cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        await asyncio.to_thread(give_back)
