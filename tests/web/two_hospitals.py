"""A house with two hospitals that may not see each other's studies, and people of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from starlette.testclient import TestClient

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.people import Practitioner
from adapter.hl7v2.message import Header
from adapter.mapping.access import AccessRules
from adapter.store import contexts
from adapter.store.sessions import Ticket
from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site, site_in

OWN, FOREIGN = "NORTH1", "SOUTH1"
UIDS = {OWN: "1.2.3.1", FOREIGN: "1.2.3.2"}
NAMES = {OWN: "Northern", FOREIGN: "Southern"}
DR_NORTH = Practitioner("321", "North", "Nora")
HERE = "http://localhost"
RULES = AccessRules.model_validate(
    {
        "labels": {
            "north": {"title": "North", "when": [{"facility": ["NORTH"]}]},
            "south": {"title": "South", "when": [{"facility": ["SOUTH"]}], "break_glass": True},
            "sealed": {"title": "Sealed", "when": [{"confidentiality": ["V"]}]},
        },
        "seen_by": [
            {"claim": "groups", "values": ["rad-north"], "labels": ["north"]},
            {"claim": "groups", "values": ["rad-all"], "labels": ["*"]},
        ],
        "break_glass_reasons": {"emergency": "Emergency"},
    }
)


def order(accession: str, facility: str, vip: str = "") -> bytes:
    """An HL7 v2 order with its place of origin."""
    return (
        f"MSH|^~\\&|HIS|{facility}|RO|RO|20260301||ORM^O01|M-{accession}|P|2.5.1\r"
        f"PID|1||P-{accession}^^^SYN^MR||{NAMES.get(accession, 'Nobody')}^Jane\r"
        f"PV1|1|I|WARD|||||||||||||{vip}\r"
        f"ORC|NW|O-{accession}|F-{accession}\r"
        f"OBR|1|O-{accession}|F-{accession}|XRCH2^Chest radiograph, two views^L"
        f"||||||||||||||{accession}||||||CR\r"
        f"ZDS|{UIDS.get(accession, '')}\r"
    ).encode()


def adt(control_id: str, facility: str, number: str) -> bytes:
    """A patient's data as they come without a study."""
    return (
        f"MSH|^~\\&|HIS|{facility}|RO|RO|20260301||ADT^A08|{control_id}|P|2.5.1\r"
        f"PID|1||{number}^^^SYN^MR||Doe^Jane\r"
    ).encode()


def received(site: Site, body: bytes) -> InboundMessage:
    """As it comes through the listener."""
    header = Header.parse(body)
    return InboundMessage(
        "hl7v2", "10.0.0.1:5", header.sender, header.control_id, header.type, body,
        sha256_hex(body), site.parts.house.now(),
    )  # fmt: skip


def receive(site: Site, body: bytes) -> None:
    """As the listener takes it, and settled at once."""
    site.parts.intake.take(received(site, body))


def two_hospitals(folder: Path, empty: Path) -> Iterator[Site]:
    """A signed and sent report of each; the shared context shows the other hospital's study."""
    for site in site_in(folder, empty, rules=RULES):
        for accession in (OWN, FOREIGN):
            receive(site, order(accession, accession[:-1]))
            site.workflow.dictate(accession, "The lungs are clear. There is no pneumothorax.")
            site.workflow.clear(accession)
            site.parts.sign_off.sign(accession, DR_GRAY)
            site.workflow.jobs.run()
        while site.parts.log.index():
            pass
        now = site.parts.house.now()
        with site.parts.house.database.write() as tx:
            contexts.join(tx, "hub", "topic", "node-1", "", now)
            contexts.change(tx, "hub", "topic", now, accession=FOREIGN)
        yield site


def who_sees(site: Site, *labels: str, person: Practitioner = DR_NORTH) -> TestClient:
    """A browser with every role, that sees studies with these labels alone."""
    roles = tuple(site.parts.roles.roles)
    session = site.parts.sign_in.open(Ticket(person, "", roles, labels=labels))
    client = TestClient(
        build_app(site.parts), base_url=HERE, headers={"Origin": HERE}, follow_redirects=False
    )
    client.cookies.set(COOKIE, session)
    return client
