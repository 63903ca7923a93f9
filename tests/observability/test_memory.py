from __future__ import annotations

import os
import platform

import psutil
import pytest

from adapter.observability.memory import give_back

MIB = 1 << 20


def held() -> int:
    return int(psutil.Process(os.getpid()).memory_info().rss)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_holes_in_the_heap_go_back_to_the_system() -> None:
    blocks = [bytes(60_000) for _ in range(2_000)]  # below the size that has pages of its own
    kept = blocks[::16]
    full = held()
    del blocks
    give_back()
    assert held() < full - 80 * MIB
    assert len(kept) == 125
