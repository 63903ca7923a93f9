"""kill -9 of the service at random moments, with a reporting system that does all it should not.

Senders repeat until they are answered, as real ones do. At the end a ledger kept by the receivers
proves what must hold. The long form: READOUT_CHAOS_KILLS and READOUT_CHAOS_STUDIES.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.demo.fhir_server import FhirStore
from adapter.demo.mllp import exchange, fields
from adapter.demo.site import Service
from tests.fakes.receivers import ACCEPT, CUT, ERROR, HANG, LOST, Arrival
from tests.flows.hospital import AUDIO, PERSON, Hospital, order_message

Json = dict[str, Any]

KILLS = int(os.environ.get("READOUT_CHAOS_KILLS", "8"))
STUDIES = int(os.environ.get("READOUT_CHAOS_STUDIES", "6"))
_ADDENDUM_EACH = 4
_DURING_START = 0.3  # this share of the kills strikes before the service is ready
_LONGEST_LIFE_S = 2.5
_TROUBLE = {ERROR: 0.1, CUT: 0.1, LOST: 0.1, HANG: 0.05}
_BUSY = 0.1
_STAGES = {"P": 0, "F": 1, "C": 2}
_STATUSES = {"P": "preliminary", "F": "final", "C": "appended"}


class FlakyStore(FhirStore):
    """An EHR that is sometimes busy, and sometimes fails after it has done the transaction."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)

    def transaction(self, body: bytes) -> tuple[int, Json]:
        chance = self._random.random()
        if chance < _BUSY:
            return 503, {}
        done = super().transaction(body)
        return (500, {}) if chance < 2 * _BUSY else done


class Unstable:
    """A hospital whose service is killed and started again; the doors move each time."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self.hospital = Hospital(folder, ris_profile="on_error: retry", jobs_poll_seconds="0.5")
        self.hospital.ris.choose = self._answer
        self.hospital.ehr.server.store = FlakyStore(seed + 3)
        self._answers = random.Random(seed + 1)
        self.kills = self.starts = 0
        self.service = self.hospital.service
        self.stable = threading.Event()

    def kill_often(self, kills: int) -> None:
        """Kill the process so many times, then leave it running."""
        while self.kills < kills:
            if self._random.random() >= _DURING_START:
                self.service.wait_ready()
                self.starts += 1
                time.sleep(self._random.uniform(0.05, _LONGEST_LIFE_S))
            else:
                time.sleep(self._random.uniform(0.05, 1.5))
            self.service.kill()
            self.kills += 1
            self.service = Service(self.hospital.folder, self.hospital.env)
        self.service.wait_ready()
        self.hospital.service = self.service
        self.hospital.wait_ready()
        self.stable.set()

    def until(self, what: str, ask: Any) -> Any:
        """Ask again and again, wherever the doors are now, until there is an answer."""
        deadline = time.monotonic() + 60 + 10 * KILLS
        while time.monotonic() < deadline:
            service = self.service
            if service.http_url:
                try:
                    if answer := ask(service):
                        return answer
                except (OSError, TimeoutError, httpx.HTTPError):
                    pass  # just killed, or not there yet: a real sender tries again too
            time.sleep(0.1)
        raise AssertionError(f"{what} was never answered")

    def close(self) -> None:
        self.service.stop()
        self.hospital.close()

    def _answer(self, _accession: str, _kind: str) -> str:
        answers, weights = zip(*_TROUBLE.items(), strict=True)
        rest = 1 - sum(weights)
        return self._answers.choices([*answers, ACCEPT], [*weights, rest])[0]


class Sender:
    """All that people and systems send for one study, each thing until it is taken."""

    def __init__(self, unstable: Unstable, number: int) -> None:
        self._unstable = unstable
        self.accession = f"CHAOS-{number}"
        self.kinds = ["P", "F", "C"] if number % _ADDENDUM_EACH == 0 else ["P", "F"]
        self._audio = (AUDIO / ("DEMO-CXR-2.wav", "DEMO-CXR-1.wav")[number % 2]).read_bytes()

    def send_all(self) -> None:
        until, name = self._unstable.until, self.accession
        until(f"the order of {name}", self._order)
        until(f"the dictation of {name}", self._dictation)
        until(f"the signature of {name}", self._sign)
        if "C" in self.kinds:
            until(f"the addendum of {name}", self._add)

    def _order(self, service: Service) -> bool:
        message = order_message(self.accession)
        answer = asyncio.run(exchange("127.0.0.1", service.mllp_port, message, 5.0))
        return fields(answer, "MSA")[1] == "AA"

    def _dictation(self, service: Service) -> bool:
        headers = {"Content-Type": "audio/wav"}
        return self._post(service, "dictations", content=self._audio, headers=headers)

    def _sign(self, service: Service) -> bool:
        report = httpx.get(f"{service.http_url}/api/studies/{self.accession}/report", timeout=5)
        if report.status_code != 200 or report.json()["status"] == "draft":
            return False
        if report.json()["status"] != "preliminary":  # signed before, and the answer was lost
            return True
        asked = {"person": PERSON, "version": report.json()["version"]}
        return self._post(service, "report/sign", json=asked)

    def _add(self, service: Service) -> bool:
        asked = {"person": PERSON, "text": "Addendum under fire."}
        url = f"{service.http_url}/api/studies/{self.accession}/report/addendum"
        response = httpx.post(url, json=asked, timeout=5)
        return response.is_success or response.json().get("code") == "duplicate"

    def _post(self, service: Service, what: str, **request: Any) -> bool:
        url = f"{service.http_url}/api/studies/{self.accession}/{what}"
        return httpx.post(url, timeout=5, **request).is_success


@pytest.mark.chaos
@pytest.mark.timeout(180 + 12 * KILLS)
def test_nothing_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("READOUT_CHAOS_SEED", "7"))
    began = time.monotonic()
    unstable = Unstable(tmp_path, seed)
    senders = [Sender(unstable, number) for number in range(STUDIES)]
    spread = random.Random(seed + 2)
    try:
        with ThreadPoolExecutor(STUDIES + 1) as pool:
            killing = pool.submit(unstable.kill_often, KILLS)
            sending = [pool.submit(_later, spread.uniform(0, KILLS), each) for each in senders]
            for each in [killing, *sending]:
                each.result()
        _wait_until_delivered(unstable.hospital, senders)
        _check_ledger(unstable.hospital, senders)
        _print_figures(unstable, senders, time.monotonic() - began)
    finally:
        unstable.close()


def _later(seconds: float, sender: Sender) -> None:
    time.sleep(seconds)
    sender.send_all()


def _wait_until_delivered(hospital: Hospital, senders: list[Sender]) -> None:
    def owed() -> list[str]:
        return [
            each.accession
            for each in senders
            if len(hospital.deliveries(each.accession, "acknowledged")) < 2 * len(each.kinds)
        ]

    deadline = time.monotonic() + 120
    while owed():
        assert time.monotonic() < deadline, f"never delivered: {owed()}"
        time.sleep(0.2)


def _check_ledger(hospital: Hospital, senders: list[Sender]) -> None:
    listed = {
        row["accession"] for row in hospital.http.get("/api/studies?limit=500").json()["studies"]
    }
    assert {each.accession for each in senders} <= listed
    for receiver in (hospital.ris, hospital.ehr):
        bodies = defaultdict(set)
        for arrival in receiver.arrivals:
            bodies[arrival.control_id].add(arrival.body)
        assert {len(each) for each in bodies.values()} == {1}, "two bodies under one control id"
    for sender in senders:
        came = hospital.ris.of(sender.accession)
        taken = [each for each in came if each.processed]
        assert list(dict.fromkeys(each.kind for each in taken)) == sender.kinds
        assert len({each.control_id for each in came}) == len(sender.kinds), "an extra message"
        stages = [_STAGES[each.kind] for each in taken]
        assert stages == sorted(stages), f"{sender.accession} came out of order"
        statuses = list(dict.fromkeys(each.kind for each in hospital.ehr.of(sender.accession)))
        assert statuses == [_STATUSES[kind] for kind in sender.kinds]
    _check_records(hospital.ehr.server.store, senders)


def _check_records(store: FhirStore, senders: list[Sender]) -> None:
    """Each report stands once in the EHR, in its last state, however often it was sent."""
    stored = {
        resource["basedOn"][0]["identifier"]["value"]: resource["status"]
        for (kind, _), resource in store.resources.items()
        if kind == "DiagnosticReport"
    }
    assert stored == {each.accession: _STATUSES[each.kinds[-1]] for each in senders}
    kinds = Counter(kind for kind, _ in store.resources)
    assert kinds["DiagnosticReport"] == len(senders)
    tags = [
        each["meta"]["tag"][0]["code"]
        for (kind, _), each in store.resources.items()
        if kind == "Provenance"
    ]
    assert len(tags) == len(set(tags)) > 0


def _print_figures(unstable: Unstable, senders: list[Sender], seconds: float) -> None:
    arrivals: list[Arrival] = unstable.hospital.ris.arrivals
    owed = sum(len(each.kinds) for each in senders)
    identifiers = {each.control_id for each in arrivals}
    taken = Counter(each.control_id for each in arrivals if each.processed)
    again = sum(number - 1 for number in taken.values())
    print(
        f"\nkills {unstable.kills} (ready before the kill {unstable.starts}), studies {STUDIES}, "
        f"reports owed to the reporting system {owed}, arrived {len(taken)}, "
        f"lost {owed - len(taken)}, extra identifiers {len(identifiers) - owed}, "
        f"taken again under the same identifier {again}, "
        f"answers {dict(Counter(each.answer for each in arrivals))}, {seconds:.0f} s"
    )
