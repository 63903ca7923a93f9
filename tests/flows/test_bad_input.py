"""Each bad input gets its protocol's refusal with a reason, is kept, and the service goes on."""

from __future__ import annotations

import socket
import wave
from collections.abc import Iterator
from io import BytesIO

import pytest

from adapter.demo.mllp import fields
from tests.fakes.receivers import poll
from tests.flows.hospital import AUDIO, JSON, Hospital, ai_findings, order_message


@pytest.fixture(autouse=True)
def goes_on(hospital: Hospital, request: pytest.FixtureRequest) -> Iterator[None]:
    """After each of them an order is taken as ever."""
    yield
    hospital.order(f"AFTER-{abs(hash(request.node.nodeid)) % 10**9}")
    assert hospital.http.get("/readyz").is_success


def wire(hospital: Hospital, data: bytes) -> bytes:
    """Raw bytes on a new connection; returns all that comes until the service closes it."""
    with socket.create_connection(("127.0.0.1", hospital.service.mllp_port), timeout=20) as sock:
        sock.sendall(data)
        answer = b""
        while part := sock.recv(65536):
            answer += part
            if answer.endswith(b"\x1c\r"):
                break
        return answer


def refusal(answer: bytes) -> tuple[str, str]:
    """(MSA-1, ERR-8 or MSA-3) of a framed answer."""
    body = answer.strip(b"\x0b\x1c\r")
    err = fields(body, "ERR")
    return fields(body, "MSA")[1], (err[8] if len(err) > 8 else "") or fields(body, "MSA")[3]


def kept(hospital: Hospital, reason: str) -> bool:
    return any(reason in each["reason"] for each in hospital.refused())


def test_unframed_bytes(hospital: Hospital) -> None:
    code, reason = refusal(wire(hospital, b"GET / HTTP/1.1\r\n\r\n"))
    assert code == "AR"
    assert "MLLP frame" in reason
    assert poll(lambda: kept(hospital, "MLLP frame"))


def test_oversize_frame(hospital: Hospital) -> None:
    body = order_message("BAD-2") + b"NTE|1||" + b"x" * 70_000
    code, reason = refusal(wire(hospital, b"\x0b" + body + b"\x1c\r"))
    assert code == "AR"
    assert "65536" in reason
    assert "mllp_max_frame_bytes" in reason
    assert poll(lambda: kept(hospital, "mllp_max_frame_bytes"))


def test_wrong_msh(hospital: Hospital) -> None:
    code, reason = refusal(wire(hospital, b"\x0bPID|1||X\rMSH|^~\\&|A\r\x1c\r"))
    assert code == "AR"
    assert "MSH" in reason
    assert poll(lambda: kept(hospital, "MSH"))


def test_unknown_type(hospital: Hospital) -> None:
    body = order_message("BAD-4", kind="ZZZ^Z99")
    code, reason = refusal(wire(hospital, b"\x0b" + body + b"\x1c\r"))
    assert code == "AR"
    assert "ZZZ" in reason
    assert "ORM" in reason  # what is taken instead
    assert poll(lambda: kept(hospital, "ZZZ^Z99"))


def test_missing_accession(hospital: Hospital) -> None:
    body = order_message("").replace(b"NW-", b"NW-BAD-5")
    answer = wire(hospital, b"\x0b" + body + b"\x1c\r")
    code, reason = refusal(answer)
    assert code == "AE"
    assert "accession" in reason
    assert poll(lambda: kept(hospital, "accession"))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "JSON"),
        (b'{"resourceType": "Patient"}', 422, "ServiceRequest"),
        (
            b'{"resourceType": "ServiceRequest", "status": "nonsense", "intent": "order",'
            b' "subject": {"reference": "Patient/1"}}',
            422,
            "status",
        ),
        (
            b'{"resourceType": "ServiceRequest", "status": "active", "intent": "order",'
            b' "subject": {"reference": "Patient/1"}, "wrong": 1}',
            422,
            "wrong",
        ),
    ],
    ids=["not-json", "other-type", "unknown-code", "unknown-element"],
)
def test_invalid_fhir(hospital: Hospital, body: bytes, status: int, words: str) -> None:
    headers = {"Content-Type": "application/fhir+json"}
    response = hospital.http.post("/fhir/ServiceRequest", content=body, headers=headers)
    assert response.status_code == status, response.text
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    issue = outcome["issue"][0]
    assert issue["severity"] == "error"
    assert words in response.text
    assert poll(lambda: any(each["protocol"] == "fhir" for each in hospital.refused()))


def test_empty_audio(hospital: Hospital) -> None:
    headers = {"Content-Type": "audio/wav"}
    response = hospital.http.post("/api/studies/BAD-7/dictations", content=b"", headers=headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert "no bytes" in response.json()["detail"]


def silence(seconds: int) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * 16000 * seconds))
    return out.getvalue()


@pytest.mark.parametrize(
    ("accession", "audio", "words"),
    [
        ("BAD-8", b"%PDF-1.7 this is no recording", "audio"),
        ("BAD-9", silence(3), "speech"),
        ("BAD-10", (AUDIO / "DEMO-CXR-1.wav").read_bytes()[:60], ""),
    ],
    ids=["not-audio", "silence", "cut-off"],
)
def test_audio_without_speech_is_kept_and_refused(
    hospital: Hospital, accession: str, audio: bytes, words: str
) -> None:
    hospital.order(accession)
    headers = {"Content-Type": "audio/wav"}
    url = f"/api/studies/{accession}/dictations"
    response = hospital.http.post(url, content=audio, headers=headers)
    if response.status_code == 415:  # refused at the door
        assert words in response.json()["detail"]
        return
    assert response.is_success
    poll(lambda: hospital.study(accession)["dictations"][0]["state"] == "refused")
    one = hospital.study(accession)["dictations"][0]
    assert words in one["reason"]
    assert one["size_bytes"] == len(audio)
    assert hospital.deliveries(accession) == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (ai_findings(colour="blue"), 422, "colour"),
        (ai_findings(probability=7), 422, "probability"),
        (b"[]", 422, ""),
        (b"no json", 400, "JSON"),
    ],
    ids=["unknown-field", "out-of-range", "no-object", "not-json"],
)
def test_wrong_ai_json(hospital: Hospital, body: bytes, status: int, words: str) -> None:
    url = "/api/studies/BAD-11/ai-findings"
    response = hospital.http.post(url, content=body, headers=JSON)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.text
    assert hospital.http.get("/api/studies/BAD-11").status_code == 404


def test_the_address_of_nothing(hospital: Hospital) -> None:
    response = hospital.http.get("/api/studies/NOBODY/report")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
