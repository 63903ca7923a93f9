"""What the FHIR endpoint answers, and what it asks of servers, as others' validators judge it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from adapter.domain.order import OrderAction, OrderStatus, Side
from adapter.fhir.subscriptions import write_subscription
from adapter.fhir.tasks import new_task
from adapter.mapping.fhir_sources import FhirSource
from tests.peers.fhir_server import fhir_server
from tests.web.conftest import Site
from tests.web.test_fhir_bundles import bundle, entry, message, order, post
from tests.web.test_fhir_endpoint import URL, numbered, send

pytestmark = pytest.mark.peer
SECRET = "s3cret"


@pytest.fixture(scope="module")
def validators() -> Iterator[str]:
    with fhir_server() as url:
        yield url


def errors(validators: str, resource: Any) -> list[Any]:
    issues = httpx.post(f"{validators}/validate", content=json.dumps(resource)).json()
    return [each for each in issues if each["severity"] == "error"]


def test_every_answer_is_valid(site: Site, validators: str) -> None:
    wrong = order("A3", intent="plan")
    site.workflow.order("H1", side=Side.LEFT, study_uid="1.2.3", scheduled_at="20260102103000")
    site.workflow.order("H1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    answers = [
        site.client.get("/fhir/metadata"),
        send(site, "POST", URL, numbered("A0")),
        send(site, "POST", URL, numbered("A0"), Prefer="return=OperationOutcome"),
        send(site, "POST", URL, {"resourceType": "Patient"}),
        post(site, bundle(entry(order("A1")), entry(order("A2")))),
        post(site, bundle(entry(order("A1")), entry(wrong), type="batch")),
        post(site, message(order("A1"))),
        post(site, message(wrong)),
        site.client.get(f"{URL}/A1"),
        site.client.get(f"{URL}?_id=A0,A1,H1"),
        site.client.get(f"{URL}?identifier=nobody"),
    ]
    for answer in answers:
        told = answer.json()
        assert errors(validators, told) == [], told
        if told["resourceType"] == "Bundle":
            Bundle.model_validate(told)


@pytest.mark.parametrize("topic", ["", "http://ehr.example/topic"])
@pytest.mark.parametrize("content", ["empty", "id-only", "full-resource"])
def test_subscriptions_and_tasks_are_valid(validators: str, topic: str, content: str) -> None:
    rule = {
        "endpoint": "https://readout.example/fhir/subscription/ehr",
        "secret_env": "SECRET",
        "topic": topic,
        "filters": ["ServiceRequest?status=active"] if topic else [],
        "content": content,
    }
    values = {"name": "ehr", "base_url": "https://ehr.example/fhir", "subscription": rule}
    source = FhirSource.model_validate(values)
    assert source.subscription is not None
    end = "2026-01-01T00:00:00.000+00:00"
    made = write_subscription(source, source.subscription, SECRET, end)
    assert errors(validators, made) == []
    task = new_task("ServiceRequest/1", ("urn:x", "ehr/1"), "rejected", "no accession", end)
    assert errors(validators, task) == []
