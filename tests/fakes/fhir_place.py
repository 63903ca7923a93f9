"""A FHIR server and our side of it, with fakes between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from adapter.fhir.bundles import read_orders
from adapter.fhir.source_server import SourceServer
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.fhir_sources import FhirSource
from adapter.store import links, studies
from adapter.workflow.fhir_fetching import Feed
from adapter.workflow.fhir_intake import FhirIntake
from adapter.workflow.fhir_sources import FhirSources
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import FETCH, TELL
from tests.fakes.fhir_source import SourceDouble
from tests.fakes.house import Workflow

SECRET = "s3cret"
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:mrn", "value": "M1"}],
    "name": [{"family": "Example"}],
}


def order(number: str, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": number,
        "identifier": [{"type": ACSN, "value": f"ACC-{number}"}],
        "status": "active",
        "intent": "order",
        "code": {"text": "XR chest"},
        "subject": {"reference": "Patient/p"},
        **elements,
    }


@dataclass
class Place:
    """Our side and the server's."""

    workflow: Workflow
    sources: FhirSources
    ehr: SourceDouble

    def turn(self) -> list[str]:
        """Let the waiting jobs run, those that are put off too."""
        self.workflow.jobs.pass_time()
        return self.run()

    def run(self) -> list[str]:
        """Run what is due; what tries again waits."""
        return self.workflow.jobs.run()

    def accessions(self) -> list[str]:
        with self.workflow.database.read() as tx:
            return sorted(each.order.accession for each in studies.listed(tx, None, 500, 0))

    def problem(self) -> str:
        with self.workflow.database.read() as tx:
            known = links.find(tx, links.LinkKind.FHIR_SERVER, "ehr")
        return known.problem if known else ""

    def hear(self, body: object = None, id: str = "", secret: str = SECRET) -> None:
        told = b"" if body is None else json.dumps(body).encode()
        self.sources.heard("ehr", f"Bearer {secret}", told, id)


def place_at(workflow: Workflow, ehr: SourceDouble, url: str, **rules: Any) -> Place:
    told = {
        "endpoint": "http://readout.example/fhir/subscription/ehr",
        "secret_env": "SECRET",
        "register": False,
        "topic": "urn:topic",
    }
    values = {"name": "ehr", "base_url": url, "search": "", "page_size": 2, "subscription": told}
    source = FhirSource.model_validate(values | {"tasks": {"create": True}} | rules)
    mapping = FhirOrderMapping()
    intake = Intake(workflow.house, {"fhir": lambda body: read_orders(body, mapping)})
    taking = FhirIntake(workflow.house, intake)
    server = SourceServer(source, workflow.clock)
    feeds = {"ehr": Feed(source, server, mapping, "fhir", SECRET)}
    sources = FhirSources(workflow.house, taking, feeds)
    workflow.jobs.handle(FETCH, sources.fetch)
    workflow.jobs.handle(TELL, sources.tasks.tell)
    sources.reconcile()
    return Place(workflow, sources, ehr)


def of_type(place: Place, kind: str) -> list[dict[str, Any]]:
    return [dict(each) for each in place.ehr.resources.values() if each["resourceType"] == kind]


def notification(kind: str, count: int, *events: tuple[int, str]) -> dict[str, Any]:
    parts = [
        {"name": "subscription", "valueReference": {"reference": "Subscription/s"}},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(count)},
    ]
    for number, order_id in events:
        focus = {"reference": f"ServiceRequest/{order_id}"} if order_id else None
        part = [{"name": "event-number", "valueString": str(number)}]
        part += [{"name": "focus", "valueReference": focus}] if focus else []
        parts.append({"name": "notification-event", "part": part})
    status = {"resourceType": "Parameters", "parameter": parts}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}
