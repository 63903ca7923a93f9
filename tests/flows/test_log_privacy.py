"""The whole story of generated patients at log level DEBUG: no line names any of them."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from adapter.demo.mllp import acknowledgement, fields
from adapter.demo.processes import Child
from adapter.demo.site import Service
from tests.fakes.receivers import ERROR, Arrival, ReportingSystem, poll
from tests.fakes.trace_receiver import TraceReceiver
from tests.flows.hospital import JSON, PERSON, Hospital, order_message
from tests.flows.test_bad_input import wire

FHIR = {"Content-Type": "application/fhir+json"}
PATIENTS = 4
_LETTERS = string.ascii_uppercase + "ÄÖÜÉØŁ"


@dataclass(frozen=True)
class Generated:
    """A patient and a study that nobody has."""

    mrn: str
    family: str
    given: str
    birth: str
    street: str
    phone: str
    accession: str

    @classmethod
    def of(cls, seed: int) -> Generated:
        chance = random.Random(seed)

        def word(signs: str, length: int) -> str:
            return "".join(chance.choice(signs) for _ in range(length))

        digits = string.digits
        year, month = chance.randint(1920, 2015), chance.randint(1, 12)
        return cls(
            mrn=word(string.ascii_uppercase, 2) + word(digits, 8),
            family=word(_LETTERS, 9),
            given=word(_LETTERS, 8),
            birth=f"{year}{month:02}{chance.randint(1, 28):02}",
            street=word(string.ascii_uppercase, 10),
            phone=word(digits, 10),
            accession="ACC" + word(digits, 9),
        )

    @property
    def pid(self) -> str:
        name = f"{self.family}^{self.given}"
        return f"PID|1||{self.mrn}^^^TEST^MR||{name}||{self.birth}|F|||{self.street}||{self.phone}"

    def order(self) -> bytes:
        body = order_message(self.accession).decode()
        plain = "PID|1||SYN9001^^^TEST^MR||Test^Tilda||19700101|F"
        assert plain in body
        told = body.replace(plain, self.pid).replace("|P|2.3.1", "|P|2.3.1||||||UNICODE UTF-8")
        return told.encode()

    def resource(self, **changes: object) -> bytes:
        return json.dumps(
            {
                "resourceType": "ServiceRequest",
                "status": "active",
                "intent": "order",
                "code": {"text": "XR Chest 2 Views"},
                "subject": {
                    "display": f"{self.given} {self.family}",
                    "identifier": {"value": self.mrn},
                },
                "identifier": [{"value": self.accession}],
            }
            | changes
        ).encode()


class Loud(Service):
    """The service whose libraries say all that they can."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        Child.__init__(self, "loud", ["tests.fakes.loud_service", "serve", "--json"], folder, env)


class Quoting(ReportingSystem):
    """Says no, once a study, and quotes the patient while it does so."""

    async def _answer(self, body: bytes) -> bytes | None:
        obr, pid = fields(body, "OBR"), fields(body, "PID")
        first = not self.of(obr[18])
        answer = ERROR if first else "AA"
        self.note(Arrival(obr[18], obr[25], fields(body, "MSH")[9], body, answer))
        return acknowledgement(
            body, answer, f"patient {pid[3]} {pid[5]} not known" if first else ""
        )


@pytest.fixture(scope="module")
def traced() -> Iterator[TraceReceiver]:
    """Where the service sends the traces of these studies."""
    receiver = TraceReceiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, traced: TraceReceiver
) -> tuple[list[Generated], list[str]]:
    """The patients, and every line that the service wrote about the story of each."""
    folder = tmp_path_factory.mktemp("privacy")
    patients = [Generated.of(number) for number in range(PATIENTS)]
    hospital = Hospital(folder, log_level="DEBUG", traces_url=traced.url)
    hospital.ris.close()
    quoting = Quoting()
    profile = folder / "mappings" / "destinations" / "ris.yaml"
    hospital.service.stop()
    profile.write_text(profile.read_text().replace(str(hospital.ris.port), str(quoting.port)))
    hospital.ris = quoting
    hospital.service = Loud(folder, hospital.env)
    try:
        hospital.wait_ready()
        for number, patient in enumerate(patients):
            story(hospital, patient, number)
        with (folder / "data" / "readout.sqlite").open("rb") as held:
            assert patients[0].family.encode() in held.read() + wal(folder)  # they were there
    finally:
        hospital.close()
    return patients, (folder / "loud.log").read_text().splitlines()


def wal(folder: Path) -> bytes:
    path = folder / "data" / "readout.sqlite-wal"
    return path.read_bytes() if path.exists() else b""


def story(hospital: Hospital, patient: Generated, number: int) -> None:
    """Order, dictation, AI, signature, delivery; and everything that goes wrong on the way."""
    http, accession = hospital.http, patient.accession
    assert hospital.send(patient.order())[1] == "AA"
    poll(lambda: http.get(f"/api/studies/{accession}").is_success)
    malformed(hospital, patient)
    finding = {
        "id": "a1", "text": f"{patient.family} has a mass.", "model": "m", "version": "1",
    }  # fmt: skip
    hospital.post(
        accession, "ai-findings", content=json.dumps({"findings": [finding]}), headers=JSON
    )
    words = f"{patient.given} {patient.family} {patient.mrn} the lungs are clear"
    hospital.post(accession, "text", json={"person": PERSON, "text": words, "key": "k1"})
    if number == 0:
        hospital.dictate(accession)
        live(hospital, patient)
    poll(lambda: http.get(f"/api/studies/{accession}/report").is_success)
    poll(lambda: signed(hospital, accession))
    quoted = poll(lambda: hospital.deliveries(accession, "held"))
    hospital.http.post(f"/api/deliveries/{quoted[0]['control_id']}/resend").raise_for_status()
    hospital.ris.wait(accession, "F", answer="AA")
    for place in (f"/api/messages?patient={patient.mrn}", f"/studies/{accession}/{patient.family}"):
        http.get(place)
    http.post("/api/messages/search", json={"patient": patient.mrn, "text": patient.family})


def signed(hospital: Hospital, accession: str) -> bool:
    version = hospital.report(accession)["version"]
    asked = {"person": PERSON, "version": version}
    return hospital.http.post(f"/api/studies/{accession}/report/sign", json=asked).is_success


def malformed(hospital: Hospital, patient: Generated) -> None:
    """What the service refuses, each with the patient in it."""
    order = patient.order()
    wire(hospital, b"\x0b" + patient.pid.encode() + b"\r\x1c\r")
    wire(hospital, b"\x0b" + order.replace(b"ORM^O01", patient.family.encode()[:6]) + b"\x1c\r")
    wire(hospital, b"\x0b" + order.replace(b"UNICODE UTF-8", b"ASCII") + b"\x1c\r")
    wire(hospital, patient.pid.encode() + b"\r\n")
    http, studies = hospital.http, f"/api/studies/{patient.accession}"
    for body in (patient.resource(), patient.resource(status=patient.family), b"{" + order):
        http.post("/fhir/ServiceRequest", content=body, headers=FHIR)
    for body in (order, json.dumps({"findings": [{patient.family: patient.mrn}]}).encode()):
        http.post(f"{studies}/ai-findings", content=body, headers=JSON)
    http.post(f"{studies}/dictations", content=order, headers={"Content-Type": "audio/wav"})
    http.post(f"{studies}/report/accept", json={"person": PERSON, "target": patient.family})
    http.post(f"{studies}/report/sign", json={"person": patient.mrn, "version": patient.family})
    http.get("/api/studies", params={"q": patient.family, "limit": patient.mrn})
    http.get("/", headers={"Cookie": f"readout_session={patient.mrn}"})
    http.post("/api/check", json={"text": f"{patient.family} has no heart", "age": patient.mrn})
    with httpx.Client(base_url=str(http.base_url)) as other:
        other.get("/healthz", headers={"Host": patient.family.encode().hex()})


def live(hospital: Hospital, patient: Generated) -> None:
    """A live dictation whose frames hold what they must not."""
    url = hospital.service.http_url.replace("http", "ws", 1)
    with connect(f"{url}/api/studies/{patient.accession}/dictate?author={patient.mrn}") as socket:
        socket.send(json.dumps({"type": "start", "session": None, "rate": 16000}))
        socket.recv(timeout=10)
        socket.send(json.dumps({"type": patient.family}))
        socket.recv(timeout=10)


def test_no_line_names_a_patient(told: tuple[list[Generated], list[str]]) -> None:
    patients, lines = told
    places = {json.loads(line).get("place", "").split(" ")[0] for line in lines}
    assert {"sqlalchemy.engine.Engine", "uvicorn.error", "httpx", "dbos"} <= places
    for line in lines:
        shown = line + json.dumps(json.loads(line), ensure_ascii=False)
        for each in patients:
            for name, value in vars(each).items():
                assert value.casefold() not in shown.casefold(), f"{name} in {line}"


def test_no_trace_names_a_patient(
    told: tuple[list[Generated], list[str]], traced: TraceReceiver
) -> None:
    names = {each.name for each in traced.spans}
    assert {"study", "order", "dictation", "transcribe", "merge", "sign", "deliver"} <= names
    shown = b"\n".join(traced.bodies).decode("utf-8", "replace").casefold()
    for each in told[0]:
        for name, value in vars(each).items():
            assert value.casefold() not in shown, name


def test_every_line_is_json_and_says_where_it_comes_from(
    told: tuple[list[Generated], list[str]],
) -> None:
    for line in told[1]:
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()
