"""A day of 100 sites with 2,000 studies each, at the rates of each of its hours, on this machine.

`python -m tests.bench.day [--seconds 15]`: each hour lasts so many seconds, so the arrivals a
second are those of the real day and their number is a part of it. Each study is ordered by a
message, dictated with a recording, delivered as a draft, signed, and delivered as final.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from adapter.demo.mllp import END, START
from tests.fakes.receivers import Arrival, ReportingSystem
from tests.flows.hospital import AUDIO, PERSON, Hospital, order_message

_A_DAY = 100 * 2_000
HOURS = (  # share of a day's studies in each hour: nights of emergencies, peaks at 10 and at 14
    14, 11, 9, 8, 9, 14, 26, 48, 68, 80, 84, 78, 62, 66, 76, 72, 62, 50, 40, 33, 28, 24, 20, 18
)  # fmt: skip
_RECORDINGS = ("DEMO-CXR-1", "DEMO-CXR-2")  # of the exam that is ordered: nothing blocks signing
_PATIENCE_S = 120.0
_WAITS = ("readout_queue_wait_seconds{", "readout_delivery_wait_seconds{")


class Ris(ReportingSystem):
    """The reporting system, which tells a loop when something has come."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._there: dict[tuple[str, str], asyncio.Future[float]] = {}
        self._waiting_loop = loop
        super().__init__()

    def expect(self, accession: str, kind: str) -> asyncio.Future[float]:
        """When it comes, by `time.perf_counter`."""
        return self._there.setdefault((accession, kind), self._waiting_loop.create_future())

    def note(self, arrival: Arrival) -> None:
        self._waiting_loop.call_soon_threadsafe(
            self._came, arrival.accession, arrival.kind, time.perf_counter()
        )

    def _came(self, accession: str, kind: str, at: float) -> None:
        found = self.expect(accession, kind)
        if not found.done():
            found.set_result(at)


@dataclass
class Hour:
    """What one hour of the day has shown; seconds, MB."""

    studies: int = 0
    ordered: list[float] = field(default_factory=list)  # until the ACK
    drafted: list[float] = field(default_factory=list)  # dictation posted until ORU^R01 P
    signed: list[float] = field(default_factory=list)  # signature until ORU^R01 F
    waits: list[float] = field(default_factory=list)  # oldest entry of any queue
    waiting: list[int] = field(default_factory=list)  # dictations under way
    memory: list[float] = field(default_factory=list)


class Day:
    """One day on one service."""

    def __init__(self, hospital: Hospital, ris: Ris, seconds: float) -> None:
        self.hospital, self.ris, self.seconds = hospital, ris, seconds
        self.hours = [Hour() for _ in HOURS]
        self._audio = [(AUDIO / f"{name}.wav").read_bytes() for name in _RECORDINGS]
        self._chance = random.Random(5)
        self._process = psutil.Process(hospital.service.pid)
        self._under_way = 0
        limits = httpx.Limits(max_connections=64)
        self._http = httpx.AsyncClient(
            base_url=hospital.service.http_url, timeout=_PATIENCE_S, limits=limits
        )

    async def run(self) -> None:
        """From midnight to midnight, until the last report has arrived."""
        began, tasks, number = time.perf_counter(), [], 0
        watcher = asyncio.create_task(self._watch(began))
        total = sum(HOURS)
        for place, share in enumerate(HOURS):
            per_second = _A_DAY * share / total / 3600
            at, end = began + place * self.seconds, began + (place + 1) * self.seconds
            while (at := at + self._chance.expovariate(per_second)) < end:
                await asyncio.sleep(max(0.0, at - time.perf_counter()))
                number += 1
                tasks.append(asyncio.create_task(self._study(self.hours[place], number)))
            await asyncio.sleep(max(0.0, end - time.perf_counter()))
        await asyncio.gather(*tasks)
        watcher.cancel()
        await self._http.aclose()

    async def _study(self, hour: Hour, number: int) -> None:
        accession = f"DAY{number:06}"
        hour.studies += 1
        self._under_way += 1
        hour.ordered.append(await self._order(accession))
        await asyncio.sleep(self._chance.uniform(0.5, 3))  # it is read
        began = time.perf_counter()
        await self._post(
            f"/api/studies/{accession}/dictations",
            content=self._audio[number % len(self._audio)],
            headers={"Content-Type": "audio/wav"},
        )
        there = await asyncio.wait_for(self.ris.expect(accession, "P"), _PATIENCE_S)
        hour.drafted.append(there - began)
        await asyncio.sleep(self._chance.uniform(0.2, 1))  # it is read again
        read = await self._http.get(f"/api/studies/{accession}/report")
        began = time.perf_counter()
        asked = {"person": PERSON, "version": read.json()["version"]}
        await self._post(f"/api/studies/{accession}/report/sign", json=asked)
        there = await asyncio.wait_for(self.ris.expect(accession, "F"), _PATIENCE_S)
        hour.signed.append(there - began)
        self._under_way -= 1

    async def _order(self, accession: str) -> float:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hospital.service.mllp_port)
        patient = accession.replace("DAY", "SYN").encode()  # each study is of another patient
        writer.write(START + order_message(accession).replace(b"SYN9001", patient) + END)
        answer = await asyncio.wait_for(reader.readuntil(END), _PATIENCE_S)
        writer.close()
        assert b"|AA|" in answer, answer
        return time.perf_counter() - began

    async def _post(self, path: str, **request: object) -> None:
        response = await self._http.post(path, **request)  # type: ignore[arg-type]
        assert response.is_success, response.text

    async def _watch(self, began: float) -> None:
        while True:
            await asyncio.sleep(min(1.0, self.seconds / 4))
            place = int((time.perf_counter() - began) / self.seconds)
            hour = self.hours[min(place, len(self.hours) - 1)]
            text = (await self._http.get("/metrics")).text
            waits = [
                float(line.split()[-1])
                for line in text.splitlines()
                if line.startswith(
                    ("readout_queue_wait_seconds{", "readout_delivery_wait_seconds{")
                )
            ]
            hour.waits.append(max(waits, default=0.0))
            hour.waiting.append(self._under_way)
            hour.memory.append(self._process.memory_info().rss / 1e6)


def _at(times: list[float], share: float) -> float:
    return sorted(times)[int(share * (len(times) - 1))] if times else 0.0


def _print(day: Day) -> None:
    total = sum(HOURS)
    print(
        f"{'hour':>4}{'per s':>7}{'studies':>8} | {'order to ACK ms':^16}"
        f" | {'dictation to draft s':^20} | {'signature to final s':^20}"
        f" | {'oldest s':>8}{'open':>6}{'MB':>6}"
    )
    for place, hour in enumerate(day.hours):
        rate = _A_DAY * HOURS[place] / total / 3600
        ordered = [1000 * each for each in hour.ordered]
        print(
            f"{place:4}{rate:7.2f}{hour.studies:8}"
            f" | {_at(ordered, 0.5):7.1f} {_at(ordered, 0.99):8.1f}"
            f" | {_at(hour.drafted, 0.5):9.2f} {_at(hour.drafted, 0.99):10.2f}"
            f" | {_at(hour.signed, 0.5):9.2f} {_at(hour.signed, 0.99):10.2f}"
            f" | {max(hour.waits, default=0):8.2f}{max(hour.waiting, default=0):6}"
            f"{max(hour.memory, default=0):6.0f}"
        )
    drafted = [each for hour in day.hours for each in hour.drafted]
    studies = sum(hour.studies for hour in day.hours)
    print(f"{studies} studies, each delivered as draft and as final (median, 99 of 100)")
    print(f"dictation to draft, 95 of 100 within: {_at(drafted, 0.95):.2f} s")


async def _main(seconds: float) -> None:
    ris = Ris(asyncio.get_running_loop())
    with tempfile.TemporaryDirectory() as folder:
        hospital = Hospital(Path(folder), ris=ris, speech_preload="true")
        try:
            await asyncio.to_thread(hospital.wait_ready)
            day = Day(hospital, ris, seconds)
            await day.run()
        finally:
            await asyncio.to_thread(hospital.close)
    _print(day)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    asyncio.run(_main(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
