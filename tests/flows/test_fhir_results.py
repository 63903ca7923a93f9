"""The life of a report, from order to retraction, on an R4 server of another maker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.domain.order import OrderAction, OrderStatus
from adapter.links import link, translate
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFile
from adapter.store import deliveries
from adapter.store.database import Database
from adapter.workflow.replay import replay
from tests.fakes.house import DR_GRAY, Workflow
from tests.peers.fhir_server import fhir_server

pytestmark = pytest.mark.peer
SPOKEN = "small right pneumothorax period 8 mm left lung nodule period no pleural effusion period"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with fhir_server() as url:
        yield url


@pytest.fixture
def workflow(
    base_url: str, sqlite: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Workflow:
    made = Workflow(sqlite, tmp_path)
    system = f"urn:readout:{request.param}"
    text = (
        f"name: ehr\nprotocol: fhir\nfhir: {{base_url: '{base_url}', update: {request.param}, "
        f"report_system: '{system}', mrn_system: 'urn:mrn'}}\n"
    )
    file = MappingFile("destinations/ehr.yaml", Path("ehr.yaml"), text.encode())
    profile = file.read(DestinationProfile)
    route = replace(
        made.house.routes["ris"],
        profile=profile,
        file=file,
        translate=partial(translate, profile),
        link=link(profile),
    )
    object.__setattr__(made.house, "routes", {"ehr": route})
    return made


class Ehr:
    """What the server holds of one study."""

    def __init__(self, base_url: str, workflow: Workflow, accession: str) -> None:
        fhir = workflow.house.routes["ehr"].profile.fhir
        assert fhir is not None
        self._base_url, self._number = base_url, f"{fhir.report_system}|{accession}"

    def report(self) -> dict[str, Any]:
        [found] = self._found("DiagnosticReport", self._number)
        return found

    def statuses(self) -> dict[str, str]:
        """Finding -> status of its Observation, for those that were ever told."""
        told = {}
        for key in ("pneumothorax/right", "pneumothorax/left", "lung_nodule/left"):
            for each in self._found("Observation", f"{self._number}/{key}"):
                told[key] = each["status"]
        return told

    def told(self) -> list[dict[str, Any]]:
        return self._found("Communication", f"{self._number}/c-1")

    def _found(self, kind: str, number: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self._base_url}/{kind}", params={"identifier": number}).json()
        return [each["resource"] for each in answer.get("entry", [])]


@pytest.mark.parametrize("workflow", ["if_match"], indirect=True)
def test_a_report_lives_as_one_resource_and_replays(base_url: str, workflow: Workflow) -> None:
    ehr = Ehr(base_url, workflow, "A1")
    workflow.order("A1")
    workflow.dictate("A1", SPOKEN)
    first = ehr.report()
    assert first["status"] == "preliminary"
    assert ehr.statuses() == {
        "pneumothorax/right": "preliminary",
        "lung_nodule/left": "preliminary",
    }

    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert ehr.report()["status"] == "final"

    workflow.tell("A1", "Dr. Ward")
    [told] = ehr.told()
    assert told["recipient"][0]["display"] == "Dr. Ward"
    assert told["about"] == [{"reference": f"DiagnosticReport/{first['id']}"}]

    workflow.sign_off.correct("A1", DR_GRAY, {"s1": "Small left pneumothorax."}, 3)
    workflow.jobs.run()
    assert ehr.report()["status"] == "corrected"
    assert ehr.statuses() == {
        "pneumothorax/right": "entered-in-error",
        "pneumothorax/left": "final",
        "lung_nodule/left": "final",
    }

    workflow.sign_off.addendum("A1", DR_GRAY, "Compared with the prior study.")
    workflow.sign_off.retract("A1", DR_GRAY, "wrong patient")
    workflow.jobs.run()
    last = ehr.report()
    assert (last["id"], last["status"]) == (first["id"], "entered-in-error")
    assert set(ehr.statuses().values()) == {"entered-in-error"}
    assert len(ehr.told()) == 1
    settled(workflow, "A1", 6)


@pytest.mark.parametrize("workflow", ["conditional"], indirect=True)
def test_a_cancelled_order_cancels_what_was_told(base_url: str, workflow: Workflow) -> None:
    ehr = Ehr(base_url, workflow, "A2")
    workflow.order("A2")
    workflow.dictate("A2", SPOKEN)
    workflow.order("A2", OrderAction.CANCEL, OrderStatus.CANCELLED)
    workflow.jobs.run()
    assert ehr.report()["status"] == "cancelled"
    assert set(ehr.statuses().values()) == {"cancelled"}
    workflow.order("A2", OrderAction.CHANGE, OrderStatus.SCHEDULED)
    workflow.jobs.run()
    assert ehr.report()["status"] == "preliminary"
    settled(workflow, "A2", 3)


def settled(workflow: Workflow, accession: str, count: int) -> None:
    """Every delivery is acknowledged, and comes out of a replay byte by byte."""
    with workflow.database.read() as tx:
        states = [each.delivery.state.value for each in deliveries.of_study(tx, accession)]
    assert states == ["acknowledged"] * count
    assert all(each.same for each in replay(workflow.database, accession, translate))
