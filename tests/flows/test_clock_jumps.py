"""The service as a process whose clock is set back an hour and forward a day, while it works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from adapter.demo.mllp import fields
from tests.fakes.receivers import ACCEPT, CUT, Arrival, poll
from tests.flows.hospital import PERSON, Hospital
from tests.peers import require_peer

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
BACK, FORWARD = timedelta(hours=-1), timedelta(days=1)
_AT_MOST = timedelta(minutes=10)  # a busy machine


class Clock:
    """Of the service: `set` moves its time of day, not how long things last."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        require_peer("libfaketime", bool(found), "apt-get install faketime")
        self._file = folder / "clock"
        self.set(timedelta())
        patch.setenv("LD_PRELOAD", str(found[0]))
        patch.setenv("FAKETIME_TIMESTAMP_FILE", str(self._file))
        patch.setenv("FAKETIME_CACHE_DURATION", "1")  # seconds until the file is read again
        patch.setenv("DONT_FAKE_MONOTONIC", "1")
        patch.setenv("NO_FAKE_STAT", "1")
        patch.setenv("PYTHONPATH", str(Path(__file__).with_name("faked_clock")))

    def set(self, offset: timedelta) -> None:
        """From now on, against the real time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset.total_seconds():+.0f}\n")
        new.replace(self._file)


class Listener:
    """Keeps `/events` open and writes down what comes."""

    def __init__(self, url: str) -> None:
        self.lines: list[str] = []
        self.ended = False
        self._url = url
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with (
            suppress(httpx.HTTPError),  # it ends with the service
            httpx.stream("GET", f"{self._url}/events", timeout=None) as response,
        ):
            for line in response.iter_lines():
                self.lines.append(line)
        self.ended = True

    def heard(self, accession: str) -> bool:
        return any(accession in line for line in self.lines)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(tmp_path, monkeypatch)


@pytest.fixture
def hospital(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hospital]:
    hospital = Hospital(
        tmp_path, speech_preload="false", retry_base_seconds="1", retry_cap_seconds="2"
    )
    monkeypatch.undo()  # only the service has such a clock
    try:
        hospital.wait_ready()
        yield hospital
    finally:
        hospital.close()


def test_setting_the_clock_stops_nothing(hospital: Hospital, clock: Clock) -> None:
    listener, ris = Listener(hospital.service.http_url), hospital.ris
    ris.choose = lambda accession, _kind: ACCEPT if ris.of(accession) else CUT  # once
    for number, offset in enumerate((timedelta(), BACK, FORWARD, timedelta())):
        accession = f"CLOCK-{number}"
        _write(hospital, accession)
        poll(lambda name=accession: ris.of(name))  # type: ignore[misc] # a retry waits, by the clock of before
        clock.set(offset)
        hospital.acknowledged(accession, 2)
        poll(lambda name=accession: listener.heard(name))  # type: ignore[misc]
        _write(hospital, f"{accession}-AFTER")
        came = ris.wait(f"{accession}-AFTER", "P")
        assert abs(_told(came) - datetime.now(UTC) - offset) < _AT_MOST, "MSH-7 tells the clock"
        hospital.sign(accession)
        hospital.acknowledged(accession, 4)
    assert not listener.ended
    assert hospital.http.get("/readyz").is_success
    assert hospital.replay_all() == []
    done = hospital.readout("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def _write(hospital: Hospital, accession: str) -> None:
    hospital.order(accession)
    asked = {"person": PERSON, "text": "Right upper lobe nodule of 4 mm.", "key": "k"}
    hospital.post(accession, "text", json=asked)


def _told(message: Arrival) -> datetime:
    return datetime.strptime(fields(message.body, "MSH")[6][:14], "%Y%m%d%H%M%S").replace(
        tzinfo=UTC
    )
