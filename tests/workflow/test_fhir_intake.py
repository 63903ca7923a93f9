"""The same orders from many senders at one moment, on each database engine."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from adapter.fhir.bundles import read_orders
from adapter.fhir.json_body import read_object
from adapter.fhir.orders import read_order
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.store import studies
from adapter.workflow.fhir_intake import Arrival, Asked, FhirIntake, Taken
from adapter.workflow.intake import Intake
from tests.fakes.house import Workflow
from tests.fhir.samples import service_request

MAPPING = FhirOrderMapping()


def taking(workflow: Workflow) -> FhirIntake:
    readers = {"fhir": lambda body: read_orders(body, MAPPING)}
    return FhirIntake(workflow.house, Intake(workflow.house, readers))


def take(door: FhirIntake, body: dict[str, Any], **asked: str) -> Taken:
    def read(stored: bytes) -> list[Arrival]:
        resource = read_object(stored)
        return [Arrival(resource, read_order(resource, MAPPING), Asked(**asked))]

    message = door.message(json.dumps(body).encode(), "ehr", "", "ServiceRequest")
    (taken,) = door.take(message, read)
    return taken


def test_one_order_from_many_at_one_moment_is_taken_once(workflow: Workflow) -> None:
    door = taking(workflow)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: take(door, service_request()), range(16)))
    assert [each.created for each in done].count(True) == 1
    assert {each.version for each in done} == {1}


def test_orders_in_any_sequence_at_one_moment_are_taken_once(workflow: Workflow) -> None:
    """Two bundles that name the same studies in opposite order neither wait for each other."""
    door = taking(workflow)
    bodies = [service_request() | order_of(number) for number in range(6)]

    def send(turn: int) -> list[Taken]:
        def read(stored: bytes) -> list[Arrival]:
            told = bodies if turn % 2 else bodies[::-1]
            return [Arrival(each, read_order(each, MAPPING), Asked()) for each in told]

        return door.take(door.message(b"{}", f"ehr-{turn}", "", "Bundle"), read)

    with ThreadPoolExecutor(8) as pool:
        done = [each for taken in pool.map(send, range(12)) for each in taken]
    assert sorted(each.accession for each in done if each.created) == sorted(
        {each.accession for each in done}
    )
    assert {each.version for each in done} == {1}


def order_of(number: int) -> dict[str, Any]:
    """The identifiers of a further order."""
    told = json.dumps(service_request()["identifier"]).replace("ACC-2001", f"ACC-{number}")
    return {"identifier": json.loads(told)}


def test_of_updates_of_one_version_one_is_done(workflow: Workflow) -> None:
    door = taking(workflow)
    take(door, service_request())

    def update(number: int) -> bool:
        body = service_request() | {"note": [{"text": str(number)}], "priority": "routine"}
        try:
            return take(door, body, id="ACC-2001", if_match='W/"1"').changed
        except Exception as error:
            assert type(error).__name__ == "PreconditionFailed"  # noqa: PT017 - any other fails
            return False

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(update, range(12)))
    assert done.count(True) == 1
    with workflow.database.read() as tx:
        assert studies.get(tx, "ACC-2001").version == 2


def test_what_was_said_before_the_last_is_taken_anew(workflow: Workflow) -> None:
    door = taking(workflow)
    for priority in ("stat", "routine", "stat", "stat"):
        last = take(door, service_request() | {"priority": priority})
    assert (last.version, last.changed) == (3, False)
