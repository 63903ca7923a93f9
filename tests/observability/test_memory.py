from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from adapter.observability.memory import give_back

MIB = 1 << 20


def held() -> int:
    return int(psutil.Process(os.getpid()).memory_info().rss)


needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


@needs_glibc
def test_holes_in_the_heap_go_back_to_the_system() -> None:
    blocks = [bytes(60_000) for _ in range(2_000)]  # below the size that has pages of its own
    kept = blocks[::16]
    full = held()
    del blocks
    give_back()
    assert held() < full - 80 * MIB
    assert len(kept) == 125


_THREADS = """
import ctypes, sys, threading
from adapter.observability.memory import share_heaps

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
share_heaps()
together = threading.Barrier(12)

def work():
    together.wait()
    libc.malloc(ctypes.c_size_t(100))
    together.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
for each in threads:
    each.start()
for each in threads:
    each.join()
told = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""


@needs_glibc
def test_threads_share_two_heaps(tmp_path: Path) -> None:
    told = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", _THREADS, str(told)], check=True, timeout=60)
    assert 1 <= told.read_text().count("<heap nr=") <= 2
