"""A small hospital on loopback: the service, a reporting system and an EHR, each a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from adapter.demo.processes import Child, Event
from adapter.errors import ReadoutError

_START_S = 300.0  # who ends is noticed at once: for a machine that does much else
_KEPT = ("READOUT_SPEECH_MODEL", "READOUT_SPEECH_DEVICE", "READOUT_SPEECH_COMPUTE_TYPE")
_RIS = """\
name: ris
protocol: mllp
mllp: {{port: {port}, receiving_application: DEMORIS, receiving_facility: DEMO, processing_id: D}}
"""
_EHR = """\
name: ehr
protocol: fhir
fhir:
  base_url: http://127.0.0.1:{port}/fhir
  accession_system: urn:oid:2.999.3
  mrn_system: urn:oid:2.999.1
  practitioner_system: urn:oid:2.999.2
  performer: Demonstration Radiology
"""


def service_environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment in which the service touches nothing outside `folder`.

    The caller's own READOUT_ settings are left out, but for the choice of the speech model.
    """
    ours = {
        "READOUT_DATA_DIR": str(folder / "data"),
        "READOUT_MAPPINGS_DIR": str(folder / "mappings"),
        "READOUT_MLLP_PORT": "0",
        "READOUT_HTTP_PORT": "0",
        "READOUT_MONITOR_PORT": "0",
        "READOUT_SPEECH_PRELOAD": "true",
        "READOUT_LOG_LEVEL": "WARNING",
    }
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("READOUT_") or name in _KEPT
    }
    return inherited | ours | {f"READOUT_{name.upper()}": text for name, text in settings.items()}


def write_destinations(folder: Path, ris_port: int, ehr_port: int) -> None:
    """The mapping files that point the service at the peers."""
    destinations = folder / "mappings" / "destinations"
    destinations.mkdir(parents=True)
    (destinations / "ris.yaml").write_text(_RIS.format(port=ris_port))
    (destinations / "ehr.yaml").write_text(_EHR.format(port=ehr_port))


class Service(Child):
    """`readout serve` on free ports; `mllp_port` and `http_url` are known once it is ready."""

    mllp_port: int = 0
    http_url: str = ""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__("service", ["adapter", "serve", "--json"], folder, env)

    def wait_ready(self, seconds: float = _START_S) -> None:
        """Wait until its doors are open; raises ReadoutError with its last log lines."""
        ready = self.wait_for(lambda event: "http_port" in event, seconds, "the service to start")
        self.mllp_port = int(ready["mllp_port"])
        self.http_url = f"http://127.0.0.1:{ready['http_port']}"


class Site:
    """All three processes in one folder; a context manager that ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[Child] = []

    def __enter__(self) -> Site:
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_all(self) -> None:
        env = {**os.environ}
        self.ris = self._start(Child("ris", ["adapter.demo.peers", "ris"], self.folder, env))
        self.ehr = self._start(Child("ehr", ["adapter.demo.peers", "ehr"], self.folder, env))
        self.ris_port, self.ehr_port = _port(self.ris), _port(self.ehr)
        write_destinations(self.folder, self.ris_port, self.ehr_port)
        self.service = Service(self.folder, service_environment(self.folder))
        self._start(self.service)
        self.service.wait_ready()
        self.http = httpx.Client(base_url=self.service.http_url, timeout=120.0)

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all processes; may be called again."""
        for child in reversed(self._children):
            child.stop()

    def failure(self) -> str:
        """The last lines of the service's log, for a report of what went wrong."""
        return self.service.last_lines()

    def _start(self, child: Child) -> Child:
        self._children.append(child)
        return child


def _port(peer: Child) -> int:
    ready: Event = peer.wait_for(lambda event: event["event"] == "ready", _START_S, "to start")
    return int(ready["port"])


def asked(response: httpx.Response) -> dict[str, Any]:
    """The JSON of a success; raises ReadoutError with the service's reason otherwise."""
    if response.is_success:
        return dict(response.json()) if response.content else {}
    where = f"{response.request.method} {response.request.url.path}"
    raise ReadoutError(f"{where} was answered {response.status_code}: {response.text[:500]}")
