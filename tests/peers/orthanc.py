"""Orthanc with its DICOMweb plug-in, on free loopback ports, with a folder of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.peers import require_peer

INSTALL = "apt-get install orthanc orthanc-dicomweb"
PLUGINS = Path("/usr/share/orthanc/plugins")


@dataclass
class Orthanc:
    """A running archive."""

    http: str
    dicom_port: int

    @property
    def dicom_web(self) -> str:
        """Base of its DICOMweb interface."""
        return f"{self.http}/dicom-web"

    def store(self, *files: bytes) -> None:
        for each in files:
            httpx.post(f"{self.http}/instances", content=each, timeout=30).raise_for_status()

    def clear(self) -> None:
        for each in httpx.get(f"{self.http}/patients", timeout=30).json():
            httpx.delete(f"{self.http}/patients/{each}", timeout=30).raise_for_status()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def orthanc(folder: Path, modalities: dict[str, list[object]] | None = None) -> Iterator[Orthanc]:
    """Start it; `modalities`: name -> [AE title, host, port] that it may send to."""
    program = shutil.which("Orthanc")
    installed = program is not None and any(PLUGINS.glob("*DicomWeb*"))
    require_peer("Orthanc", installed, INSTALL)
    assert program is not None
    made = Orthanc(f"http://127.0.0.1:{free_port()}", free_port())
    settings = {
        "HttpPort": int(made.http.rpartition(":")[2]),
        "DicomPort": made.dicom_port,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGINS)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "DicomModalities": modalities or {},
        "ConcurrentJobs": 1,
    }
    config = folder / "orthanc.json"
    config.write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _is_up(made):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "Orthanc did not start"
            time.sleep(0.05)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_up(made: Orthanc) -> bool:
    try:
        return httpx.get(f"{made.dicom_web}/studies", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
