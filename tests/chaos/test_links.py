"""A bad link to the reporting system: the same bytes under the same MSH-10, in order, all there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from adapter.domain.identifiers import sha256_hex
from tests.chaos.proxy import BLACK_HOLE, CUT, CUT_ANSWER, DELAY, Proxy
from tests.fakes.receivers import ReportingSystem, poll
from tests.flows.hospital import PERSON, Hospital

ROUNDS = int(os.environ.get("READOUT_CHAOS_LINKS", "1"))
TROUBLES = (CUT, CUT_ANSWER, BLACK_HOLE, DELAY)


class FarSystem(ReportingSystem):
    """A reporting system behind the proxy."""

    def __init__(self) -> None:
        super().__init__()
        self.proxy = Proxy(self.port, islice(cycle(TROUBLES), ROUNDS * len(TROUBLES)))
        self.port = self.run(self.proxy.start())

    def close(self) -> None:
        self.run(self.proxy.stop())
        super().close()


@pytest.fixture
def far() -> FarSystem:
    return FarSystem()


@pytest.fixture
def hospital(tmp_path: Path, far: FarSystem) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path, ris=far, speech_preload="false")
    try:
        hospital.wait_ready()
        yield hospital
    finally:
        hospital.close()


@pytest.mark.chaos
@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_nothing_is_lost_on_a_bad_link(hospital: Hospital, far: FarSystem) -> None:
    names = [f"LINK-{number}" for number in range(1 + 2 * ROUNDS)]
    for name in names:
        hospital.order(name)
        text = f"Right upper lobe nodule of {3 + len(name)} mm. No pleural effusion."
        hospital.post(name, "text", json={"person": PERSON, "text": text, "key": "k"})
        poll(lambda name=name: hospital.study(name)["report_status"] == "preliminary")
        hospital.sign(name)
    for name in names:
        hospital.acknowledged(name, 4)
        _check(hospital, far, name)
    assert all(far.proxy.met[each] for each in TROUBLES), far.proxy.met


def _check(hospital: Hospital, far: FarSystem, name: str) -> None:
    owed = [each for each in hospital.deliveries(name) if each["destination"] == "ris"]
    came = [(each.control_id, sha256_hex(each.body)) for each in far.of(name)]
    order = [(each["control_id"], each["body_sha256"]) for each in owed]
    assert list(dict.fromkeys(came)) == order, f"{name}: lost, changed or out of order"
    places = [order.index(each) for each in came]
    assert places == sorted(places), f"{name}: an earlier report behind a later one"
