"""A message that names no study is shown by what it tells itself and by its patient's studies."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.acting import in_name_of
from adapter.domain.access import Sight
from adapter.domain.audit import OURSELVES
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.patient_event import PatientAction
from adapter.errors import NotFound
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import read_orders
from adapter.hl7v2.patients import read_patients
from adapter.mapping.access import AccessRules
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.store import message_keys, messages
from adapter.store.database import Database
from adapter.store.tables import message
from adapter.workflow import orders, patients
from adapter.workflow.message_log import Query, open_log
from tests.fakes.house import Workflow

RULES = AccessRules.model_validate(
    {
        "labels": {
            "north": {"title": "North", "when": [{"facility": ["NORTH"]}]},
            "south": {"title": "South", "when": [{"facility": ["SOUTH"]}]},
            "vip": {"title": "VIP", "when": [{"confidentiality": ["V"]}]},
        }
    }
)
FILES = MappingFiles()
EVERYBODY = Sight()
NORTH = Sight(frozenset({"north"}))
BOTH = Sight(frozenset({"north", "south"}))


class House:
    """A workflow with rules, and what its log shows to whom."""

    def __init__(self, database: Database, folder: Path, rules: AccessRules = RULES) -> None:
        self.flow = Workflow(database, folder, access=rules)
        self.log = open_log(database, self.flow.clock, FILES, rules)
        self.ids: dict[str, int] = {}

    def study(self, accession: str, facility: str, patient: str, visit: str = "") -> None:
        """An order that is applied, with its message."""
        body = order(accession, facility, patient, visit)
        self.take(accession, body)
        with self.flow.database.write() as tx:
            for event in read_orders(Message.parse(body), load_order_mapping(FILES)):
                orders.apply(self.flow.house, tx, event, "test")  # type: ignore[arg-type]

    def take(self, name: str, body: bytes) -> None:
        """A message that is stored and indexed."""
        head = (body.split(b"\r")[0] + b"|||||||||").split(b"|")
        told = InboundMessage(
            "hl7v2", "10.0.0.1:5", "X|Y", name, head[8].decode(), body, sha256_hex(body),
            self.flow.house.now(),
        )  # fmt: skip
        with self.flow.database.write() as tx:
            messages.store(tx, [told])
            self.ids[name] = messages.id_of(tx, told)
        while self.log.index():
            pass

    def shown(self, sight: Sight, **query: str) -> set[str]:
        """Control ids that the log lists; each of them, and no other, can be opened."""
        with in_name_of(OURSELVES, "", sight):
            listed = {each.control_id for each in self.log.received(Query(**query), None, 50).rows}
            for name, id_ in self.ids.items() if not query else ():
                if name in listed:
                    assert self.log.open_received(id_).body
                else:
                    with pytest.raises(NotFound):
                        self.log.open_received(id_)
        return listed


def order(accession: str, facility: str, patient: str, visit: str = "") -> bytes:
    return (
        f"MSH|^~\\&|HIS|{facility}|RO|RO|20260301||ORM^O01|{accession}|P|2.5.1\r"
        f"PID|1||{patient}^^^SYN^MR||Doe^Jane\r"
        f"PV1|1|I|WARD|||||||||||||{visit}\r"
        f"ORC|NW|O-{accession}|F-{accession}\r"
        f"OBR|1|O-{accession}|F-{accession}|XRCH2^Chest radiograph, two views^L"
        f"||||||||||||||{accession}||||||CR\r"
    ).encode()


def adt(name: str, facility: str, patient: str, retired: str = "", visit: str = "") -> bytes:
    kind = "ADT^A40" if retired else "ADT^A08"
    return (
        f"MSH|^~\\&|HIS|{facility}|RO|RO|20260301||{kind}|{name}|P|2.5.1\r"
        f"PID|1||{patient}^^^SYN^MR||Doe^Jane\rPV1|1|I|WARD|||||||||||||{visit}\r"
        + (f"MRG|{retired}^^^SYN^MR\r" if retired else "")
    ).encode()


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)


def test_what_names_no_study_is_shown_with_all_of_its_patients_studies(house: House) -> None:
    house.study("A1", "NORTH", "P1")
    house.study("A2", "SOUTH", "P2")
    house.study("A3", "NORTH", "P3")
    house.study("A4", "SOUTH", "P3")
    for patient in ("P1", "P2", "P3", "P4"):
        house.take(f"ADT-{patient}", adt(f"ADT-{patient}", "HUB", patient))
    assert house.shown(NORTH) == {"A1", "A3", "ADT-P1", "ADT-P4"}
    assert house.shown(NORTH, patient="P3") == {"A3"}
    assert house.shown(NORTH, text="P2^^^SYN") == set()
    assert house.shown(EVERYBODY, text="P2^^^SYN") == {"A2", "ADT-P2"}
    every = {"A1", "A2", "A3", "A4", "ADT-P1", "ADT-P2", "ADT-P3", "ADT-P4"}
    assert house.shown(BOTH) == house.shown(EVERYBODY) == every
    opened = Sight(NORTH.labels, {"A4": "2999"})
    assert house.shown(opened) == {"A1", "A3", "A4", "ADT-P1", "ADT-P3", "ADT-P4"}


def test_another_issuer_of_the_same_number_hides_too(house: House) -> None:
    house.study("A2", "SOUTH", "P2")
    house.take("ADT", adt("ADT", "HUB", "P2").replace(b"^SYN^", b"^OTHER^"))
    assert house.shown(NORTH) == set()


def test_it_is_shown_by_what_it_tells_itself(house: House) -> None:
    house.take("N", adt("N", "NORTH", "P1"))
    house.take("S", adt("S", "SOUTH", "P2"))
    house.take("V", adt("V", "NORTH", "P3", visit="V"))
    house.take("NONE", adt("NONE", "HUB", "P4"))
    # an order that is refused begins no study
    house.take("REFUSED", order("A9", "SOUTH", "P5"))
    assert house.shown(NORTH) == {"N", "NONE"}
    assert house.shown(BOTH) == {"N", "S", "NONE", "REFUSED"}
    assert house.shown(EVERYBODY) == {"N", "S", "V", "NONE", "REFUSED"}


def test_what_cannot_be_read_is_shown_to_who_sees_everything(house: House) -> None:
    house.take("GARBAGE", b"MSH|broken Doe^Jane")
    house.take("NOBODY", b"MSH|^~\\&|HIS|NORTH|RO|RO|20260301||MFN^M02|NOBODY|P|2.5.1\r")
    assert house.shown(BOTH) == set()
    assert house.shown(EVERYBODY) == {"GARBAGE", "NOBODY"}


@pytest.mark.parametrize("merged_first", [True, False])
def test_a_number_that_was_merged_is_the_same_patient(house: House, merged_first: bool) -> None:
    def merge() -> None:
        body = adt("MERGE", "HUB", "NEW", retired="OLD")
        house.take("MERGE", body)
        mapping = load_order_mapping(FILES)
        with house.flow.database.write() as tx:
            for event in read_patients(Message.parse(body), PatientAction.MERGE, mapping):
                patients.apply(house.flow.house, tx, event, "test")

    if merged_first:
        merge()
    house.study("A2", "SOUTH", "OLD")
    if not merged_first:
        merge()
    for patient in ("OLD", "NEW"):
        house.take(patient, adt(patient, "HUB", patient))
    assert house.shown(NORTH) == set()
    assert house.shown(BOTH) == {"A2", "MERGE", "OLD", "NEW"}


def test_rules_made_later_count_once_studies_and_messages_are_labelled(
    database: Database, tmp_path: Path
) -> None:
    before = House(database, tmp_path, AccessRules())
    before.take("N", adt("N", "NORTH", "P1"))
    before.take("S", adt("S", "SOUTH", "P2"))
    after = House(database, tmp_path)
    after.ids = before.ids
    assert after.shown(NORTH) == set()  # of which nobody knows yet is hidden
    assert after.log.relabel() == 2
    assert after.shown(NORTH) == {"N"}
    assert after.shown(BOTH) == {"N", "S"}
    swapped = RULES.model_dump()
    swapped["labels"]["north"]["when"][0]["facility"] = ["SOUTH"]
    swapped["labels"]["south"]["when"][0]["facility"] = ["NORTH"]
    other = House(database, tmp_path, AccessRules.model_validate(swapped))
    other.ids = before.ids
    other.log.relabel()
    assert other.shown(NORTH) == {"S"}


def test_a_body_that_was_purged_keeps_its_labels(house: House) -> None:
    house.take("N", adt("N", "NORTH", "P1"))
    with house.flow.database.write() as tx:
        assert message_keys.access_of(tx, house.ids["N"]) == {"north"}
        tx.execute(sa.update(message).values(body=b""))
    house.log.relabel()
    with house.flow.database.read() as tx:
        assert message_keys.access_of(tx, house.ids["N"]) == {"north"}


def test_a_house_without_labels_keeps_none(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path, AccessRules())
    house.study("A1", "NORTH", "P1")
    house.take("N", adt("N", "NORTH", "P1"))
    assert house.shown(EVERYBODY) == {"A1", "N"}
    with house.flow.database.read() as tx:
        assert message_keys.access_of(tx, house.ids["N"]) is None
