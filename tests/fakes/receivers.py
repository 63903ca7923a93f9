"""A reporting system and an EHR on real sockets, in threads, that answer as a test tells them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from adapter.demo.fhir_server import FhirServer
from adapter.demo.mllp import MllpServer, acknowledgement, fields

Result = TypeVar("Result")

ACCEPT, ERROR, REJECT = "AA", "AE", "AR"
HANG = "hang"  # never answers
CUT = "cut"  # the connection is cut before the message is processed
LOST = "lost"  # processed, but the answer is lost
_PROCESSED = (ACCEPT, LOST)
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Arrival:
    """One message as it came, and how it was answered."""

    accession: str
    kind: str  # OBR-25 letter, or DiagnosticReport.status
    control_id: str
    body: bytes
    answer: str

    @property
    def processed(self) -> bool:
        """Whether the receiver has taken it over."""
        return self.answer in _PROCESSED


class Receiver:
    """Its arrivals, oldest first, and an event loop of its own."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._loop = asyncio.new_event_loop()
        self._changed = threading.Condition()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def wait(
        self, accession: str, kind: str, *, answer: str = "", seconds: float = _PATIENCE_S
    ) -> Arrival:
        """The first arrival of this kind; an AssertionError tells what came instead."""
        found: list[Arrival] = []

        def seen() -> bool:
            found[:] = [
                each
                for each in self.arrivals
                if (each.accession, each.kind) == (accession, kind) and answer in ("", each.answer)
            ]
            return bool(found)

        with self._changed:
            self._changed.wait_for(seen, seconds)
        came = [(each.accession, each.kind, each.answer) for each in self.arrivals]
        assert found, f"{accession} {kind} {answer} did not arrive in {seconds:g} s; came: {came}"
        return found[0]

    def of(self, accession: str) -> list[Arrival]:
        """What arrived for one study."""
        return [each for each in self.arrivals if each.accession == accession]

    def note(self, arrival: Arrival) -> None:
        """Write an arrival down."""
        with self._changed:
            self.arrivals.append(arrival)
            self._changed.notify_all()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do this on the receiver's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    def end_loop(self) -> None:
        """After the server has stopped."""
        self._loop.call_soon_threadsafe(self._loop.stop)


class ReportingSystem(Receiver):
    """Takes ORU^R01; `choose` says how each is answered (thread of the receiver)."""

    def __init__(
        self, choose: Callable[[str, str], str] = lambda accession, kind: ACCEPT, port: int = 0
    ) -> None:
        super().__init__()
        self.choose = choose
        self._server = MllpServer(self._answer)
        self.port = self.run(self._server.start(port))

    def close(self) -> None:
        """Close all connections."""
        self.run(self._server.stop())
        self.end_loop()

    async def _answer(self, body: bytes) -> bytes | None:
        obr = fields(body, "OBR")
        accession, kind = obr[18], obr[25]
        answer = self.choose(accession, kind)
        self.note(Arrival(accession, kind, fields(body, "MSH")[9], body, answer))
        if answer == HANG:
            await asyncio.sleep(3600)
        if answer in (CUT, LOST):
            return None
        return acknowledgement(body, answer, "" if answer == ACCEPT else "told by the test")


class RecordsSystem(Receiver):
    """An EHR that takes FHIR transactions and accepts them."""

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.server = FhirServer(self._received)
        self.port = self.run(self.server.start(port))

    def close(self) -> None:
        """Close all connections."""
        self.run(self.server.stop())
        self.end_loop()

    def _received(self, body: bytes, headers: dict[str, str], status: int, _answer: Any) -> None:
        report = json.loads(body)["entry"][0]["resource"]
        accession = report["basedOn"][0]["identifier"]["value"]
        answer = ACCEPT if status == 200 else str(status)
        control_id = headers.get("x-request-id", "")
        self.note(Arrival(accession, report["status"], control_id, body, answer))


def poll(what: Callable[[], Result | None], seconds: float = _PATIENCE_S) -> Result:
    """The first result that is true; an AssertionError names the last one."""
    deadline = time.monotonic() + seconds
    while not (result := what()):
        assert time.monotonic() < deadline, f"still {result!r} after {seconds:g} s"
        time.sleep(0.01)
    return result
