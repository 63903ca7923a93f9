"""Every way out: a finding in shadow is in none of them, one that was accepted is in each."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.ai_source import AiMode
from adapter.domain.decision import DecisionKind
from adapter.fhircast.context import Context
from adapter.fhircast.event import Json
from adapter.fhircast.workspace import Seat
from adapter.links import translate
from adapter.mapping.ai_sources import AiDefault, Registry
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.mapping.files import MappingFile
from adapter.store import changes, contexts, deliveries
from adapter.web import events
from adapter.web.app import ROUTERS
from adapter.web.change_feed import News
from adapter.workflow.contexts import Contexts
from adapter.workflow.study_flow import Route
from tests.fakes.destination import FakeDestination
from tests.fakes.house import DR_GRAY, tables
from tests.fhircast.samples import report_context
from tests.web.conftest import Site
from tests.web.test_plug_in import asked

NUMBERS = count(1)
MARK = "Qzx"
SEAT = Seat("h", "t")
MLLP = {"host": "127.0.0.1", "port": 1}
FHIR = {"base_url": "http://127.0.0.1:9/fhir"}
SYSTEMS = {"performer": "Radiology", "accession_system": "urn:a", "mrn_system": "urn:m"}
PORTAL = {"base_url": "http://127.0.0.1:9", "username_env": "X", "password_env": "Y"}
DESTINATIONS: dict[str, dict[str, Any]] = {
    "oru": {"protocol": "mllp", "mllp": MLLP | {"pdf": {}}},
    "pdf": {"protocol": "mllp", "mllp": MLLP | {"pdf": {}, "layout": "none"}},
    "mdm": {"protocol": "mllp", "mllp": MLLP | {"message_type": "MDM^T02^MDM_T02"}},
    "fhir": {"protocol": "fhir", "fhir": FHIR | {"pdf": True, "imaging_selections": True}},
    "r5": {"protocol": "fhir", "fhir": FHIR | {"fhir_version": "5.0"}},
    "imr": {"protocol": "fhir", "fhir": FHIR | SYSTEMS | {"profile": "imr", "patient": "logical"}},
    "document": {"protocol": "fhir", "fhir": FHIR | SYSTEMS | {"profile": "eu_document"}},
    "webhook": {
        "protocol": "webhook",
        "webhook": {"url": "http://127.0.0.1:9/", "secret_envs": ["X"]},
    },
    "portal": {"protocol": "custom_fields", "custom_fields": PORTAL | {"fields": {"T": "report"}}},
}
QUERIES = {
    "/": "queue=all",
    "/api/ai/ledger": "since=2026-03-01&until=2026-03-02&format=csv",
    "/api/studies/{accession}/report/preview": "kind=final",
    "/fhir/ServiceRequest": "identifier={}",
    "/studies/{accession}/evidence": "finding=a1",
}
OFTEN = ("/studies/{}", "/?queue=all", "/api/studies", "/api/studies/{}")
ENDLESS = ("/events",)
SHOWN = ("/studies/{}", "/api/studies/{}/report", "/api/studies/{}/report.pdf")
"""Where an accepted finding is to be read, that the search for it is one."""

words = st.lists(
    st.sampled_from(("left", "large", "pneumothorax", "7 mm", "no")), min_size=2, max_size=6
).map(" ".join)


@pytest.fixture(scope="module")
def wired(shared: Site) -> Site:
    """With a destination of each protocol and form, whose messages are the real ones."""
    routes: dict[str, Route] = dict(shared.workflow.house.routes)
    for name, told in DESTINATIONS.items():
        profile = DestinationProfile.model_validate({"name": name, **told})
        body = yaml.safe_dump({"name": name, **told}).encode()
        file = MappingFile(f"destinations/{name}.yaml", Path(f"{name}.yaml"), body)
        routes[name] = Route(profile, file, partial(translate, profile), FakeDestination())
    shared.workflow.house.routes.update(routes)  # type: ignore[attr-defined]
    with shared.workflow.database.write() as tx:
        contexts.join(tx, *SEAT, "node-1", "dr", shared.workflow.house.now())
    return shared


def govern(site: Site, mode: AiMode) -> None:
    default = AiDefault.model_validate({"schema": "ai-source-default/1", "mode": mode})
    changed = replace(tables(), ai_sources=Registry((), default))
    site.workflow.house.mappings.now = changed


def post(site: Site, accession: str, text: str) -> None:
    finding = {"id": "a1", "text": text, "model": "cxr", "version": "1", "side": "left"}
    finding |= {"finding": "pneumothorax", "evidence": [{"sop_uid": "1.2.3"}], "probability": 0.99}
    body = {"findings": [finding]}
    assert site.client.post(f"/api/studies/{accession}/ai-findings", json=body).is_success
    site.workflow.jobs.run()


def sign(site: Site, accession: str) -> None:
    who = {"person": {"id": DR_GRAY.id, "family": "Gray"}}
    signed = site.client.post(f"/api/studies/{accession}/report/sign", json=who)
    assert signed.is_success, signed.text
    site.workflow.jobs.run()


@given(words, st.sampled_from((AiMode.SHADOW, AiMode.OFF)), st.booleans())
@settings(max_examples=3, deadline=None)
def test_a_shadow_finding_leaves_by_no_outlet(
    wired: Site, text: str, mode: AiMode, before: bool
) -> None:
    """Nor is it told that there is one."""
    site, text = wired, f"{MARK} marker {text}."
    govern(site, AiMode.SUGGEST)
    accession = f"S{next(NUMBERS)}"
    site.workflow.order(accession)
    govern(site, mode)
    if before:
        post(site, accession, text)
        assert_silent(site, accession, OFTEN)
    site.dictate(accession, "the heart is normal in size period")
    if not before:
        post(site, accession, text)
    assert_silent(site, accession, OFTEN)
    sign(site, accession)
    assert_silent(site, accession, list(places()))
    sent = bodies(site, accession)
    assert set(sent) == {*DESTINATIONS, "ris"}
    assert not [name for name, each in sent.items() if MARK.encode() in each]


def test_an_accepted_finding_leaves_by_each(wired: Site) -> None:
    govern(wired, AiMode.SUGGEST)
    accession = f"S{next(NUMBERS)}"
    wired.workflow.order(accession)
    wired.dictate(accession, "the heart is normal in size period")
    post(wired, accession, f"{MARK} left pneumothorax.")
    wired.workflow.sign_off.decide(accession, DecisionKind.ACCEPT, "a1", DR_GRAY)
    wired.workflow.jobs.run()
    wired.workflow.clear(accession)
    sign(wired, accession)
    for place in SHOWN:
        assert MARK in wired.client.get(place.format(accession)).text, place
    sent = bodies(wired, accession)
    assert {name for name, each in sent.items() if MARK.encode() in each} == set(sent)
    assert MARK in str(shared_content(wired, accession))
    assert f'"{accession}", "what": "AI findings"' in told_by_events(wired)


def assert_silent(site: Site, accession: str, looked_at: Iterable[str]) -> None:
    """On no page, by no call, in no event and in no shared context."""
    for place in looked_at:
        shown = site.client.get(place.format(accession))
        assert shown.status_code < 500, place
        assert MARK not in shown.text, place
    study = site.client.get(f"/api/studies/{accession}").json()
    assert study["ai_findings"] == 0
    assert not any("AI" in each["event"] for each in study["history"])
    mine = [line for line in told_by_events(site).splitlines() if f'"{accession}"' in line]
    assert mine
    assert not [line for line in mine if "AI" in line]
    assert MARK not in str(shared_content(site, accession))
    text = site.client.get(f"/api/studies/{accession}/report").text
    assert MARK not in site.client.post("/v1/process", json=asked(text[:5_000])).text


def places() -> Iterator[str]:
    """Every GET of the application, with a study for its parts."""
    told = {"accession": "{}", "source": "cxr", "name": "ris", "id": "1"}
    every = (route for router in ROUTERS for route in router.routes)
    for route in every:
        if isinstance(route, APIRoute) and "GET" in route.methods and route.path not in ENDLESS:
            path = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: told.get(part[1], "x"), route.path)
            yield f"{path}?{QUERIES.get(route.path, '')}".rstrip("?")


def told_by_events(site: Site) -> str:
    """What a page that listens from the beginning is told by `GET /events`."""
    with site.workflow.database.read() as tx:
        found = changes.after(tx, 0, 100_000)
    return "".join(events.written(News(each.id, each)) for each in found)


def bodies(site: Site, accession: str) -> dict[str, bytes]:
    """What went to each destination, and what is Base64 in it."""
    with site.workflow.database.read() as tx:
        sent = deliveries.of_study(tx, accession)
    packed = re.compile(rb"[A-Za-z0-9+/]{80,}={0,2}")
    return {
        each.delivery.destination: each.delivery.body
        + b"".join(base64.b64decode(part + b"==") for part in packed.findall(each.delivery.body))
        for each in sent
    }


def shared_content(site: Site, accession: str) -> Json:
    """What we share in a context of this study (FHIRcast 2.10)."""
    hub = FhircastHub.model_validate({"name": "h", "url": "http://h"})
    desk = Contexts(site.workflow.house, {"h": hub}, set)
    told = report_context(1, accession=accession, mrn="SYN1", uid="")
    opened = Context("DiagnosticReport", "r1", tuple(told))
    assert desk.follow(SEAT, opened) == 200
    return dict(desk.wanted(SEAT, opened) or {})
