"""The neighbours of the service as processes that misbehave, and write down all that they saw.

`python -m tests.chaos.peer ris|ehr|speech PORT LEDGER TROUBLE SEED SLOW`. A line of the ledger is
written before anything is answered: it outlives a kill -9 of the process. TROUBLE: 0 none, 1 usual;
SLOW: seconds until the reporting system answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from adapter.demo.fhir_server import FhirServer, FhirStore
from adapter.demo.mllp import END, START, MllpServer, acknowledgement, fields
from tests.fakes.receivers import ACCEPT, CUT, ERROR, HANG, LOST

Json = dict[str, Any]

LATE = "late"  # processed, but answered when nobody waits any more
TWICE = "twice"  # processed, and answered once too often
TAKEN = (ACCEPT, LOST, LATE, TWICE)
_TROUBLE = {ERROR: 0.1, CUT: 0.08, LOST: 0.08, HANG: 0.02, LATE: 0.04, TWICE: 0.08}
_BUSY = 0.1
_LATE_S = 1.5  # a second is what the mapping file grants
_SAID = "There is no pleural effusion. The heart is normal in size."


class Ledger:
    """One line an arrival."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **values: Any) -> None:
        """With the moment; whole when it returns, whatever becomes of this process."""
        os.write(self._file, json.dumps({"at": time.time(), **values}).encode() + b"\n")


class ReportingSystem:
    """Takes ORU^R01."""

    def __init__(self, ledger: Ledger, trouble: float, seed: int, slow: float) -> None:
        self._ledger, self._random, self._slow = ledger, random.Random(seed), slow
        self._trouble = {answer: chance * trouble for answer, chance in _TROUBLE.items()}
        self._open = 0

    async def answer(self, body: bytes) -> bytes | None:
        """As luck will have it."""
        obr, msh = fields(body, "OBR"), fields(body, "MSH")
        rest = 1 - sum(self._trouble.values())
        answer = self._random.choices([*self._trouble, ACCEPT], [*self._trouble.values(), rest])[0]
        self._open += 1
        self._ledger.write(
            accession=obr[18],
            kind=obr[25],
            control_id=msh[9],
            body=body.decode(),
            answer=answer,
            open=self._open,
        )
        wait = {HANG: 3600.0, LATE: _LATE_S}.get(answer, self._slow)
        try:
            await asyncio.sleep(wait)
        finally:
            self._open -= 1
        if answer in (CUT, LOST):
            return None
        told = acknowledgement(body, ERROR if answer == ERROR else ACCEPT)
        return told + END + START + told if answer == TWICE else told


class RecordsSystem(FhirStore):
    """An EHR that is sometimes busy, and sometimes fails after it has done the transaction."""

    def __init__(self, ledger: Ledger, trouble: float, seed: int) -> None:
        super().__init__()
        self._ledger, self._random = ledger, random.Random(seed)
        self._busy = _BUSY * trouble

    def transaction(self, body: bytes) -> tuple[int, Json]:
        """Its answer, written down."""
        chance = self._random.random()
        if chance < self._busy:
            return 503, {}
        status, answer = super().transaction(body)
        self._ledger.write(body=body.decode(), answer=ACCEPT if status == 200 else str(status))
        return (500, {}) if chance < 2 * self._busy else (status, answer)

    def remember(self, path: Path) -> None:
        """Do again what it had done before it was killed."""
        for line in path.read_text().splitlines() if path.exists() else ():
            super().transaction(json.loads(line)["body"].encode())


class SpeechServer(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that hears the same sentence in everything."""

    protocol_version = "HTTP/1.1"
    trouble = 0.0
    random = random.Random()

    def do_POST(self) -> None:
        """`verbose_json`, or busy."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        busy = self.random.random() < _BUSY * self.trouble
        told = b"{}" if busy else json.dumps(_heard(body)).encode()
        self.send_response(503 if busy else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def _heard(form: bytes) -> Json:
    with wave.open(BytesIO(form[form.index(b"RIFF") :])) as file:
        seconds = file.getnframes() / file.getframerate()
    words = _SAID.split()
    each = seconds / len(words)
    return {
        "language": "english",
        "duration": seconds,
        "text": _SAID,
        "words": [
            {"word": word, "start": place * each, "end": (place + 1) * each, "probability": 0.99}
            for place, word in enumerate(words)
        ],
        "segments": [],
    }


async def _reporting_system(system: ReportingSystem, port: int) -> None:
    await MllpServer(system.answer).start(port)
    await asyncio.Event().wait()


async def _records_system(port: int, path: Path, trouble: float, seed: int) -> None:
    server = FhirServer(lambda *_received: None)
    server.store = store = RecordsSystem(Ledger(path), trouble, seed)
    store.remember(path)
    await server.start(port)
    await asyncio.Event().wait()


def _main(kind: str, port: int, path: Path, trouble: float, seed: int, slow: float) -> None:
    if kind == "ris":
        system = ReportingSystem(Ledger(path), trouble, seed, slow)
        asyncio.run(_reporting_system(system, port))
    elif kind == "ehr":
        asyncio.run(_records_system(port, path, trouble, seed))
    else:
        SpeechServer.trouble, SpeechServer.random = trouble, random.Random(seed)
        ThreadingHTTPServer(("127.0.0.1", port), SpeechServer).serve_forever()


if __name__ == "__main__":
    _kind, _port, _path, _trouble_told, _seed, _slow = sys.argv[1:]
    _main(_kind, int(_port), Path(_path), float(_trouble_told), int(_seed), float(_slow))
