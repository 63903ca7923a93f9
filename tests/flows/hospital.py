"""The service as its own process between real sockets, and short words for what people send it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from adapter.demo.mllp import exchange, fields
from adapter.demo.site import Service, service_environment
from adapter.links import translate
from adapter.store.database import Database
from adapter.workflow.replay import replay
from tests.fakes.receivers import RecordsSystem, ReportingSystem, poll

AUDIO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
PERSON = {"id": "1001", "family": "Tester", "given": "Toni"}
_RIS = "name: ris\nprotocol: mllp\nmllp: {{port: {port}, answer_seconds: 1, {more}}}\n"
_EHR = "name: ehr\nprotocol: fhir\nfhir: {{base_url: 'http://127.0.0.1:{port}/fhir'}}\n"

Json = dict[str, Any]


class Hospital:
    """One service with its receivers; everything lies in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        ris_profile: str = "",
        ris: ReportingSystem | None = None,
        **settings: str,
    ) -> None:
        self.folder = folder
        self.ris, self.ehr = ris or ReportingSystem(), RecordsSystem()
        destinations = folder / "mappings" / "destinations"
        destinations.mkdir(parents=True)
        more = ris_profile or "on_error: hold, on_reject: retry"
        (destinations / "ris.yaml").write_text(_RIS.format(port=self.ris.port, more=more))
        (destinations / "ehr.yaml").write_text(_EHR.format(port=self.ehr.port))
        quick = {"retry_base_seconds": "0.1", "retry_cap_seconds": "1"}
        self.env = service_environment(folder, **(quick | settings))
        self.service = Service(folder, self.env)

    def wait_ready(self) -> None:
        """Wait until the doors are open."""
        self.service.wait_ready()
        self.http = httpx.Client(base_url=self.service.http_url, timeout=30.0)

    def close(self) -> None:
        """End everything."""
        self.service.stop()
        self.ris.close()
        self.ehr.close()

    def send(self, body: bytes) -> list[str]:
        """One HL7 v2 message over MLLP; returns MSA, index n is MSA-n."""
        answer = asyncio.run(exchange("127.0.0.1", self.service.mllp_port, body))
        return [*fields(answer, "MSA"), "", "", ""]

    def order(self, accession: str, **changes: str) -> bytes:
        """Order a study and wait until it is listed; returns the message."""
        body = order_message(accession, **changes)
        assert self.send(body)[1] == "AA"
        poll(lambda: self.http.get(f"/api/studies/{accession}").is_success)
        return body

    def dictate(self, accession: str, audio: str = "DEMO-CXR-1") -> Json:
        """Post one of the shipped recordings."""
        body = (AUDIO / f"{audio}.wav").read_bytes()
        headers = {"Content-Type": "audio/wav"}
        return self.post(accession, "dictations", content=body, headers=headers)

    def post(self, accession: str, what: str, **request: Any) -> Json:
        """POST that must succeed."""
        response = self.http.post(f"/api/studies/{accession}/{what}", **request)
        assert response.is_success, response.text
        return dict(response.json())

    def sign(self, accession: str) -> Json:
        """Sign the version that stands now, once what stands in its way is put aside."""
        for each in self._blockers(accession):
            asked = {"person": PERSON, "target": each["id"], "reason": "looked at"}
            self.post(accession, "report/dismiss", json=asked)
        poll(lambda: not self._blockers(accession))
        version = self.report(accession)["version"]
        asked = {"person": PERSON, "version": version}
        return self.post(accession, "report/sign", json=asked)

    def _blockers(self, accession: str) -> list[Json]:
        flags = self.report(accession)["flags"]
        return [e for e in flags if e["severity"] == "alert" and not e.get("dismissed")]

    def study(self, accession: str) -> Json:
        """Everything that is known of a study."""
        return self._get(f"/api/studies/{accession}")

    def report(self, accession: str) -> Json:
        """The latest version of its report."""
        return self._get(f"/api/studies/{accession}/report")

    def deliveries(self, accession: str, state: str = "") -> list[Json]:
        """What is owed to the reporting system and the EHR for a study."""
        told = self.study(accession)["deliveries"]
        return [each for each in told if state in ("", each["state"])]

    def refused(self) -> list[Json]:
        """Messages that were refused and kept, newest first."""
        return list(self._get("/api/messages?state=refused")["messages"])

    def acknowledged(self, accession: str, count: int) -> None:
        """Wait until so many deliveries of a study are acknowledged."""
        poll(lambda: len(self.deliveries(accession, "acknowledged")) >= count)

    def replay_all(self) -> list[str]:
        """Every study's report rebuilt from what is stored; returns what differs."""
        database = Database(f"sqlite:///{self.folder / 'data' / 'readout.sqlite'}")
        rows = self._get("/api/studies?limit=200")["studies"]
        told = [row["accession"] for row in rows if row["report_status"] != "none"]
        assert told
        results = [each for one in told for each in replay(database, one, translate)]
        database.close()
        return [each.what for each in results if not each.same]

    def readout(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "adapter", *arguments],
            env={**self.env, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _get(self, path: str) -> Json:
        response = self.http.get(path)
        assert response.is_success, response.text
        return dict(response.json())


def order_message(
    accession: str,
    *,
    control: str = "NW",
    control_id: str = "",
    kind: str = "ORM^O01",
    procedure: str = "XRCH2^XR Chest 2 Views^L",
) -> bytes:
    """A synthetic order."""
    segments = [
        rf"MSH|^~\&|TESTEHR|TEST|READOUT|RAD|20260105080000||{kind}"
        rf"|{control_id or f'{control}-{accession}'}|P|2.3.1",
        "PID|1||SYN9001^^^TEST^MR||Test^Tilda||19700101|F",
        f"ORC|{control}|PLC-{accession}|||||||20260105080000",
        f"OBR|1|PLC-{accession}||{procedure}{'|' * 14}{accession}{'|' * 6}DX",
    ]
    return ("\r".join(segments) + "\r").encode()


def ai_findings(**changes: Any) -> bytes:
    """One AI finding as a model posts it."""
    finding = {
        "id": "a1",
        "text": "Small left pneumothorax.",
        "finding": "pneumothorax",
        "side": "left",
        "probability": 0.9,
        "model": "test-model",
        "version": "1",
    }
    return json.dumps({"findings": [finding | changes]}).encode()


JSON = {"Content-Type": "application/json"}
