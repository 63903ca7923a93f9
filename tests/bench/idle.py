"""What an idle service costs: memory with and without the model, processor time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from tests.flows.hospital import Hospital

_SETTLE_S = 3.0
_WATCH_S = 30.0


def measure(preload: bool) -> tuple[float, float]:
    """(RSS in MB, processor share in % of a core over 30 s) of an idle service."""
    with tempfile.TemporaryDirectory() as folder:
        hospital = Hospital(Path(folder), speech_preload=str(preload).lower())
        try:
            hospital.wait_ready()
            if preload:  # what the first dictation leaves in memory belongs to the model
                hospital.order("IDLE")
                hospital.dictate("IDLE")
                hospital.acknowledged("IDLE", 2)
            time.sleep(_SETTLE_S)
            process = psutil.Process(hospital.service.pid)
            before = process.cpu_times()
            time.sleep(_WATCH_S)
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            return process.memory_info().rss / 1e6, 100 * used / _WATCH_S
        finally:
            hospital.close()


def main() -> None:
    """Print the table."""
    print(f"{'speech model':14} {'RSS MB':>8} {'CPU %':>7}")
    for name, preload in (("not loaded", False), ("embedded", True)):
        memory, share = measure(preload)
        print(f"{name:14} {memory:8.0f} {share:7.2f}")


if __name__ == "__main__":
    main()
