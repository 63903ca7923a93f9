"""`make fuzz-mllp`: mutated messages against the real service, a process of its own.

Each frame is followed by a sound order. Either that order is acknowledged, and with it everything
before it was answered as it asked to be, or the listener refused the stream and closed it. Nothing
may hang, leave a fault in the log, stop the intake, or make the process grow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import uvloop

from adapter.demo.site import Service, service_environment
from adapter.hl7v2.framing import END, frame
from adapter.mapping.files import MappingFiles
from tests.hl7v2.flatness import judge
from tests.hl7v2.fuzz_frames import LARGEST_FRAME, SAMPLES, corpus, mutated

_CONNECTIONS = 16
_LONGEST_S = 20.0  # for one answer; a hang is longer
_SAMPLES = 200  # of the memory, over a run
_OF_A_PATIENT = 1_000  # frames: nobody has a thousand studies, which each ADT would go through
_REPORTS = b"""
reports:
  - {name: fuzz, senders: ["READOUT|*"], meaning: signed, messages: [ORU^R01, MDM^T02, MDM^T10]}
"""


def _taking_reports() -> bytes:
    """The packaged messages.yaml of a site that takes the reports of the corpus."""
    body = MappingFiles().get("messages.yaml").body
    assert body.count(b"\nreports: []\n") == 1
    return body.replace(b"\nreports: []\n", _REPORTS)


@dataclass
class Outcome:
    """What became of the frames; `faults` must stay empty."""

    codes: Counter[str] = field(default_factory=Counter)  # of the mutated frames' answers
    closed: int = 0
    faults: list[str] = field(default_factory=list)
    memory: list[tuple[int, int]] = field(default_factory=list)  # (frames sent, bytes)


class Fuzz:
    """A run against one service, a process of its own in `folder`."""

    def __init__(self, folder: Path, frames: int, seed: int) -> None:
        self._left, self._total = frames, frames
        self._chance = random.Random(seed)
        self._sound = (SAMPLES / "orm_o01_chest.hl7").read_bytes()
        self._corpus = corpus(self._sound)
        (folder / "mappings").mkdir()
        (folder / "mappings" / "messages.yaml").write_bytes(_taking_reports())
        settings = {"speech_preload": "false", "mllp_max_frame_bytes": str(LARGEST_FRAME)}
        self._service = Service(folder, service_environment(folder, **settings))
        self._log = folder / "service.log"
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """All frames over several connections, then a look at the service."""
        try:
            self._service.wait_ready()
            uvloop.run(self._send())
            self._check_service()
        finally:
            ended = self._service.stop()
        if ended != 0:
            self.outcome.faults.append(f"the service ended with {ended}")
        return self.outcome

    async def _send(self) -> None:
        await asyncio.gather(*(self._sender(name) for name in range(_CONNECTIONS)))

    def _memory(self) -> int:
        """What is its own, without the pages it shares with others."""
        return int(psutil.Process(self._service.pid).memory_full_info().uss)

    def _check_service(self) -> None:
        """It is ready, it applies everything that it took, and its log tells of no fault."""
        with httpx.Client(base_url=self._service.http_url, timeout=30.0) as http:
            deadline = time.monotonic() + _LONGEST_S + self._total / 100
            while http.get("/api/messages?state=received&limit=1").json()["messages"]:
                if time.monotonic() > deadline:
                    self.outcome.faults.append("messages that were taken are not applied")
                    break
                time.sleep(0.2)
            if (ready := http.get("/readyz")).status_code != 200:
                self.outcome.faults.append(f"not ready: {ready.text}")
        told = self._log.read_text(errors="replace").splitlines()
        wrong = [line for line in told if '"level": "error"' in line or "Traceback" in line]
        self.outcome.faults += [f"in the log: {line[:600]}" for line in wrong[:5]]

    def _fault(self, what: str, body: bytes) -> None:
        if len(self.outcome.faults) < 20:
            self.outcome.faults.append(f"{what}: {body[:300]!r}")

    async def _sender(self, name: int) -> None:
        stream = None
        while self._left > 0:
            self._left -= 1
            if self._left % max(1, self._total // _SAMPLES) == 0:
                self.outcome.memory.append((self._total - self._left, self._memory()))
            stream = stream or await asyncio.open_connection(
                "127.0.0.1", self._service.mllp_port, limit=1 << 20
            )
            body = self._of_a_patient(mutated(self._chance, self._corpus))
            sound = f"S{name}-{self._left}"
            try:
                if await self._exchange(stream, body, sound):
                    continue
                self.outcome.closed += 1
            except TimeoutError:
                self._fault("no answer and no end", body)
            stream[1].transport.abort()
            stream = None
        if stream is not None:
            stream[1].transport.abort()

    async def _exchange(
        self, stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], body: bytes, sound: str
    ) -> bool:
        """Whether the sound order after the mutated one was answered; False: the stream ended."""
        reader, writer = stream
        writer.write(frame(body) + frame(self._order(sound)))
        async with asyncio.timeout(_LONGEST_S):
            while True:
                try:
                    block = await reader.readuntil(END)
                except (asyncio.IncompleteReadError, ConnectionError):
                    return False
                code, control_id = _msa(block[1:-2])
                if control_id == sound.encode():
                    if code != "AA":
                        self._fault(f"a sound order got {code}", body)
                    return True
                self.outcome.codes[code] += 1

    def _order(self, control_id: str) -> bytes:
        named = re.sub(rb"EHR0000000001", control_id.encode(), self._sound, count=1)
        return self._of_a_patient(named)

    def _of_a_patient(self, body: bytes) -> bytes:
        """The same about the patient and the study of this part of the run, as long as before."""
        part = self._left // _OF_A_PATIENT
        body = body.replace(b"MRN10042", b"MRN%05d" % part)
        return body.replace(b"RA-20261122-0042", b"RA-20261122-%04d" % part)


def _msa(answer: bytes) -> tuple[str, bytes]:
    """MSA-1 and MSA-2 as they stand: a mutated header comes back in the answer's own."""
    (line,) = [each for each in answer.split(b"\r") if each.startswith(b"MSA")]
    fields = line.split(answer[3:4])
    return fields[1].decode("latin-1"), fields[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = Fuzz(Path(folder), options.frames, options.seed).run()
    spent = time.perf_counter() - start
    print(f"{options.frames} frames in {spent:.0f} s, seed {options.seed}")
    print(f"answers: {dict(found.codes)}; streams refused and closed: {found.closed}")
    for fault in found.faults:
        print(f"FAULT {fault}")
    judged = judge(found.memory)
    print(judged)
    if found.faults or not judged.is_flat:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
