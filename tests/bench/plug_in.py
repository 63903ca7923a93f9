"""Latency of POST /v1/process for a report of 3,000 characters, over HTTP on this machine.

`python -m tests.bench.plug_in`; the whole way: socket, JSON, validation, checks, answer.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from adapter.bootstrap import Service
from adapter.settings import Settings
from tests.reporting.checks.corpus import reports

CALLS, WARM_UP = 300, 20
CHARACTERS = 3_000
WANTED_MS = 150


def texts() -> list[str]:
    """Different reports, joined and cut to the length."""
    found = [each.text for each in reports()]
    joined = ["\n".join(found[n : n + 8]) for n in range(0, len(found) - 8, 4)]
    return [each[:CHARACTERS] for each in joined if len(each) >= CHARACTERS]


@contextmanager
def service() -> Iterator[str]:
    """A running node; its address."""
    import asyncio

    with tempfile.TemporaryDirectory() as folder:
        node = Service(Settings(data_dir=Path(folder), mllp_port=0, http_port=0))
        ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        def serve() -> None:
            loop.run_until_complete(node.run(lambda _: ready.set(), stop))

        thread = threading.Thread(target=serve)
        thread.start()
        ready.wait(60)
        try:
            yield f"http://127.0.0.1:{node.http_port}"
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()


def measure(url: str) -> tuple[list[float], float]:
    """Milliseconds of each call, sorted, and of processor time a call, the caller's included."""
    found = texts()
    taken, used = [], 0.0
    with httpx.Client(base_url=url, trust_env=False) as client:
        for n in range(WARM_UP + CALLS):
            body = {
                "sessionData": {"correlation_id": str(n)},
                "patientInformation": {"dateOfBirth": "1960-01-15", "biologicalSex": "Male"},
                "report": {"reportText": found[n % len(found)]},
            }
            if n == WARM_UP:
                used = time.process_time()
            begun = time.perf_counter()
            answer = client.post("/v1/process", content=json.dumps(body), headers=_JSON)
            taken.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.text
    return sorted(taken[WARM_UP:]), (time.process_time() - used) * 1000 / CALLS


_JSON = {"content-type": "application/json"}


def main() -> None:
    """Print the table."""
    with service() as url:
        taken, cpu = measure(url)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{CALLS} calls one after the other, {len(texts())} reports of {CHARACTERS} characters")
    for share in (50, 95, 99):
        print(f"p{share}  {taken[len(taken) * share // 100 - 1]:6.1f} ms")
    print(f"CPU  {cpu:6.1f} ms a call, service and caller")
    met = "met" if taken[len(taken) * 95 // 100 - 1] <= WANTED_MS else "NOT met"
    print(f"wanted: p95 of at most {WANTED_MS} ms: {met}")


if __name__ == "__main__":
    main()
