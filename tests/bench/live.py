"""Live dictation as the speaker feels it: `make bench-live`.

Real service, real WebSockets, demonstration recordings sent in real time, 100 ms a frame. A word's
latency runs from the moment its last sample was spoken to the moment it is first shown right, in a
partial or confirmed; a final's from the stop to the last message. The last row is dictated while
the service transcribes half an hour of recordings.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import struct
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from tests.flows.hospital import AUDIO, Hospital

RATE = 16_000
FRAME = 1600
SECONDS = 20
SPEAKERS = (1, 2, 4)
RECORDINGS, RECORDED_S = 3, 600
PARTIAL_P95_S, FINAL_S = 1.0, 0.5
_NAMES = ("DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3", "DEMO-CTA-4")


@dataclass
class Speaker:
    """One dictation: what was told, and when, in seconds since its first sample."""

    body: bytes
    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    began: float = 0.0
    stopped: float = 0.0

    async def dictate(self, url: str) -> None:
        """Speak at the speed of speech, stop within a word, and wait for the final."""
        async with connect(url, max_size=None) as socket:
            await socket.send('{"type": "start"}')
            await socket.recv()
            listening = asyncio.create_task(self._listen(socket))
            self.began = time.perf_counter()
            for first in range(0, len(self.body) // 2, FRAME):
                await asyncio.sleep(self.began + (first + FRAME) / RATE - time.perf_counter())
                samples = self.body[2 * first : 2 * (first + FRAME)]
                await socket.send(struct.pack(">Q", first) + samples)
            self.stopped = self._now()
            await socket.send('{"type": "stop"}')
            await listening

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "error":
                raise RuntimeError(message["detail"])
            if message["type"] != "ack":
                self.told.append((self._now(), message))

    def _now(self) -> float:
        return time.perf_counter() - self.began

    @property
    def final(self) -> float:
        """Seconds from the stop to the last message."""
        return self.told[-1][0] - self.stopped

    def latencies(self) -> list[float]:
        """Of each confirmed word, in seconds, but of those of the utterance that the stop ended."""
        confirmed = [message for at, message in self.told if message["type"] == "confirmed"]
        words = [word for message in confirmed for word in message["words"]]
        shown: dict[int, float] = {}
        for at, message in self.told:
            if message["type"] in ("confirmed", "partial"):
                first = message.get("from", self._confirmed_before(at))
                for place, word in enumerate(message["words"], first):
                    if place < len(words) and word["text"] == words[place]["text"]:
                        shown.setdefault(place, at)
        ends = [word["ms"][1] / 1000 for word in words]
        return [at - ends[place] for place, at in shown.items() if at < self.stopped]

    def _confirmed_before(self, moment: float) -> int:
        told = (m for at, m in self.told if m["type"] == "confirmed" and at <= moment)
        return sum(len(message["words"]) for message in told)


def main() -> None:
    """Print the table; the last line is the worst of both for scripts."""
    console = Console()
    load = os.getloadavg()[0]
    columns = ("speakers", "words", "word p50 s", "word p95 s", "worst", "final p50 s", "worst")
    table = Table(*columns, title=f"Live dictation, load of the machine before {load:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        hospital = Hospital(Path(folder), speech_preload="true")
        try:
            hospital.wait_ready()
            _run(hospital, 1, 3)  # warms the model up
            rows = {str(count): _row(_run(hospital, count, SECONDS)) for count in SPEAKERS}
            busy = [_post(hospital, number) for number in range(RECORDINGS)]
            rows["2, busy"] = _row(_run(hospital, 2, SECONDS + 1))
            waiting = sum(not hospital.study(each)["transcripts"] for each in busy)
        finally:
            hospital.close()
    for name, row in rows.items():
        table.add_row(name, *(f"{value:.2f}" if value % 1 else str(value) for value in row))
    console.print(table)
    console.print(f"recordings still being transcribed after the last row: {waiting}")
    partial, final = max(row[2] for row in rows.values()), max(row[5] for row in rows.values())
    kept = partial <= PARTIAL_P95_S and final <= FINAL_S
    print(f"word p95 {partial:.2f} s, final {final:.2f} s: {'kept' if kept else 'missed'}")


def _run(hospital: Hospital, count: int, seconds: int) -> list[Speaker]:
    speakers = [Speaker(_body(number, seconds)) for number in range(count)]
    address = hospital.service.http_url.replace("http", "ws")

    async def all_of_them() -> None:
        urls = [f"{address}/api/studies/L{count}-{seconds}-{n}/dictate" for n in range(count)]
        pairs = zip(speakers, urls, strict=True)
        await asyncio.gather(*(speaker.dictate(url) for speaker, url in pairs))

    asyncio.run(all_of_them())
    return speakers


def _post(hospital: Hospital, number: int) -> str:
    """A long recording to transcribe; returns its accession."""
    recording = io.BytesIO()
    with wave.open(recording, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(_body(number, RECORDED_S))
    headers = {"Content-Type": "audio/wav"}
    hospital.post(f"R{number}", "dictations", content=recording.getvalue(), headers=headers)
    return f"R{number}"


def _body(number: int, seconds: int) -> bytes:
    """So much of the recordings, one after the other, each speaker beginning with another."""
    body = bytearray()
    for name in islice(cycle(_NAMES), number % len(_NAMES), None):
        with wave.open(str(AUDIO / f"{name}.wav")) as file:
            body += file.readframes(1 << 30)
        if len(body) >= 2 * RATE * seconds:
            return bytes(body[: 2 * RATE * seconds])
    raise AssertionError("the cycle has no end")


def _row(speakers: Sequence[Speaker]) -> tuple[float, ...]:
    words = sorted(value for each in speakers for value in each.latencies())
    finals = sorted(each.final for each in speakers)
    return (
        len(words),
        _quantile(words, 0.5),
        _quantile(words, 0.95),
        words[-1],
        _quantile(finals, 0.5),
        finals[-1],
    )


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


if __name__ == "__main__":
    main()
