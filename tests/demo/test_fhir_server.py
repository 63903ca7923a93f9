"""The small FHIR server: conditional create and update, transactions, refusals."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapter.demo.fhir_server import FhirServer, FhirStore

Json = dict[str, Any]


def bundle(*entries: Json) -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    ).encode()


def report(status: str, value: str = "A1") -> Json:
    resource = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:x", "value": value}],
        "status": status,
    }
    request = {"method": "PUT", "url": f"DiagnosticReport?identifier=urn%3Ax%7C{value}"}
    return {"resource": resource, "request": request}


def provenance(code: str) -> Json:
    resource = {
        "resourceType": "Provenance",
        "meta": {"tag": [{"system": "urn:x", "code": code}]},
    }
    request = {"method": "POST", "url": "Provenance", "ifNoneExist": f"_tag=urn%3Ax%7C{code}"}
    return {"resource": resource, "request": request}


def statuses(answer: Json) -> list[str]:
    return [each["response"]["status"][:3] for each in answer["entry"]]


def test_a_report_is_created_then_updated() -> None:
    store = FhirStore()
    assert statuses(store.transaction(bundle(report("preliminary")))[1]) == ["201"]
    assert statuses(store.transaction(bundle(report("final")))[1]) == ["200"]
    assert [each["status"] for each in store.resources.values()] == ["final"]


def test_the_same_transaction_twice_creates_once() -> None:
    store = FhirStore()
    body = bundle(report("final"), provenance("c/1"), provenance("c/2"))
    assert statuses(store.transaction(body)[1]) == ["201", "201", "201"]
    assert statuses(store.transaction(body)[1]) == ["200", "200", "200"]
    assert len(store.resources) == 3


def test_reports_of_two_accessions_are_two() -> None:
    store = FhirStore()
    store.transaction(bundle(report("final", "A1"), report("final", "A2")))
    assert len(store.resources) == 2


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"resourceType": "Bundle", "type": "batch", "entry": []}', b'{"entry": [{}]}'],
)
def test_what_is_no_transaction_is_refused(body: bytes) -> None:
    status, answer = FhirStore().transaction(body)
    assert status == 400
    assert answer["resourceType"] == "OperationOutcome"


async def test_what_a_client_did_not_send_to_its_end_is_nothing_that_was_received() -> None:
    received: list[bytes] = []
    server = FhirServer(lambda body, *_: received.append(body))
    port = await server.start()
    whole = bundle(report("final"))
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(whole)}\r\n\r\n".encode()
    try:
        _, broken = await asyncio.open_connection("127.0.0.1", port)
        broken.write(head + whole[:-1])
        await broken.drain()
        broken.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + whole)
        assert (await reader.readline()).split()[1] == b"200"
        writer.close()
    finally:
        await server.stop()
    assert received == [whole]
