"""The other side, as processes: `python -m adapter.demo.peers ris|ehr`, a JSON line an event.

Both begin with {"event": "ready", "port": …} and end when their standard input does. `ris` takes
ORU^R01 over MLLP. `ehr` takes FHIR transactions over HTTP, and sends the order of each line
{"order": FILE, "to": ADDRESS} on standard input: HL7 v2 to HOST:PORT, FHIR to a URL.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from adapter.demo.fhir_server import FhirServer, Json
from adapter.demo.mllp import MllpServer, acknowledgement, exchange, fields

_KINDS = {"P": "preliminary", "F": "final", "C": "addendum"}
_STATUSES = {"preliminary": "preliminary", "final": "final", "appended": "addendum"}


def tell(event: str, **values: Any) -> None:
    """One line of what happened, with the moment it did."""
    print(json.dumps({"event": event, "at": time.time(), **values}), flush=True)


async def reporting_system() -> None:
    """RIS: each ORU^R01 is told and answered AA; what is no ORU^R01 is answered AR."""

    async def answer(body: bytes) -> bytes:
        obr, msh = fields(body, "OBR"), fields(body, "MSH")
        wrong = len(obr) < 26 or not msh[8].startswith("ORU^R01")
        code = "AR" if wrong else "AA"
        if not wrong:
            tell(
                "received",
                accession=obr[18],
                kind=_KINDS.get(obr[25], obr[25]),
                control_id=msh[9],
                answer=code,
                body=body.decode("utf-8", "replace"),
            )
        return acknowledgement(body, code, "no ORU^R01 with an OBR" if wrong else "")

    server = MllpServer(answer)
    tell("ready", port=await server.start())
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


async def records_system() -> None:
    """EHR: each transaction with a DiagnosticReport is told; orders are sent as they are asked."""
    server = FhirServer(_told)
    tell("ready", port=await server.start())
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        file = Path(asked["order"])
        await _order(file.name, await asyncio.to_thread(file.read_bytes), asked["to"])
    await server.stop()


def _told(body: bytes, headers: dict[str, str], status: int, answer: Json) -> None:
    if status != 200:
        tell("refused", status=status, answer=answer)
        return
    report, response = next(
        (sent["resource"], done["response"])
        for sent, done in zip(json.loads(body)["entry"], answer["entry"], strict=True)
        if sent["resource"]["resourceType"] == "DiagnosticReport"
    )
    tell(
        "received",
        accession=report["basedOn"][0]["identifier"]["value"],
        kind=_STATUSES.get(report["status"], report["status"]),
        control_id=headers.get("x-request-id", ""),
        answer=response["status"][:3],
        body=body.decode(),
    )


async def _order(name: str, body: bytes, to: str) -> None:
    sent_at = time.time()
    try:
        if to.startswith("http"):
            answer, text = await _post(body, to)
        else:
            answer, text = await _send(body, to)
    except (OSError, TimeoutError, httpx.HTTPError) as error:
        answer, text = "none", repr(error)
    tell("ordered", file=name, sent_at=sent_at, answer=answer, text=text)


async def _post(body: bytes, to: str) -> tuple[str, str]:
    headers = {"Content-Type": "application/fhir+json"}
    async with httpx.AsyncClient() as client:
        response = await client.post(to, content=body, headers=headers)
    return str(response.status_code), "" if response.is_success else response.text


async def _send(body: bytes, to: str) -> tuple[str, str]:
    host, _, port = to.rpartition(":")
    segments = body.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    ack = await exchange(host, int(port), segments)
    msa = [*fields(ack, "MSA"), "", "", "", ""]
    return msa[1], msa[3]


if __name__ == "__main__":
    peer = {"ris": reporting_system, "ehr": records_system}[sys.argv[1]]
    asyncio.run(peer())
