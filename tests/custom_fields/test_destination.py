from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from adapter.custom_fields.destination import CustomFieldsDestination
from adapter.custom_fields.message import build_fields
from adapter.domain.delivery import Answer, Delivery, DeliveryKind, Outcome
from adapter.domain.identifiers import Accession, ControlId
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.custom_fields_profile import CustomFieldsProfile
from adapter.mapping.destinations import DestinationProfile
from tests.fhir.samples import FINAL


class Hands:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class PortalProcess:
    def __init__(self, port: str) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def control(self, **told: Any) -> None:
        httpx.post(f"{self.url}/control", json=told, trust_env=False)

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/control", trust_env=False).json()
        return found


@pytest.fixture(scope="module")
def running() -> Iterator[PortalProcess]:
    command = [sys.executable, "-m", "tests.fakes.custom_field_portal"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield PortalProcess(process.stdout.readline().strip())
        process.terminate()


@pytest.fixture
def portal(running: PortalProcess, monkeypatch: pytest.MonkeyPatch) -> PortalProcess:
    monkeypatch.setenv("PORTAL_USER", "service")
    monkeypatch.setenv("PORTAL_PASSWORD", "p&ss=word")
    running.control(expire=True)
    return running


def profile(portal: PortalProcess, **changed: Any) -> CustomFieldsProfile:
    told = {
        "base_url": f"{portal.url}/RadPortal/",
        "allowed_hosts": ("127.0.0.1",),
        "username_env": "PORTAL_USER",
        "password_env": "PORTAL_PASSWORD",
        "fields": {"Findings": "findings", "Impression": "impression"},
    }
    return CustomFieldsProfile(**(told | changed))


def delivery(accession: str = "A1", body: bytes = b"") -> Delivery:
    fields = b'{"accession": "%b", "fields": {"Impression": "No nodule."}}' % accession.encode()
    kind = DeliveryKind.PRELIMINARY
    return Delivery(ControlId("C1"), "portal", Accession(accession), kind, body or fields)


async def send(
    portal: PortalProcess, one: Delivery | None = None, clock: Hands | None = None, **changed: Any
) -> Answer:
    destination = CustomFieldsDestination(profile(portal, **changed), clock or Hands())
    try:
        return await destination.send(one or delivery())
    finally:
        await destination.close()


async def test_sections_stand_in_the_fields_of_the_order(portal: PortalProcess) -> None:
    order = replace(FINAL.order, accession=Accession("A1"))
    message = replace(FINAL, order=order)
    body = build_fields(message, profile(portal))
    answer = await send(portal, delivery("A1", body))
    assert (answer.outcome, answer.code) == (Outcome.ACCEPTED, "200")
    values = portal.told()["values"]
    assert values["501/Impression"]
    assert values["501/Findings"].isascii()
    assert portal.told()["open"] == 0  # signed out

    gone = build_fields(replace(message, kind=DeliveryKind.RETRACTION), profile(portal))
    await send(portal, delivery("A1", gone))
    assert portal.told()["values"]["501/Impression"] == ""


def test_values_are_ascii_and_the_same_each_time(portal: PortalProcess) -> None:
    section = FINAL.report.sections[0]
    statement = replace(section.statements[0], text="Ø 10–12 mm² – “größer”\x00 & 5 < 6")
    report = replace(FINAL.report, sections=(replace(section, statements=(statement,)),))
    told = profile(portal, fields={"Findings": section.id, "Other": "absent", "All": "report"})
    body = build_fields(replace(FINAL, report=report), told)
    assert body == build_fields(replace(FINAL, report=report), told)
    assert b'O 10-12 mm^2 - \\"grosser\\"  & 5 < 6' in body.replace(b"groesser", b"grosser")
    assert b'"Other": ""' in body


async def test_a_session_that_is_over_is_opened_anew_once(portal: PortalProcess) -> None:
    destination = CustomFieldsDestination(profile(portal), Hands())
    before = portal.told()["signed_in"]
    for _ in range(2):
        assert (await destination.send(delivery())).outcome is Outcome.ACCEPTED
    assert portal.told()["signed_in"] == before + 1
    portal.control(expire=True)
    assert (await destination.send(delivery())).outcome is Outcome.ACCEPTED
    assert portal.told()["signed_in"] == before + 2
    await destination.close()


async def test_an_idle_session_is_not_trusted(portal: PortalProcess) -> None:
    clock = Hands()
    destination = CustomFieldsDestination(profile(portal), clock)
    before = portal.told()["signed_in"]
    await destination.send(delivery())
    clock.time += timedelta(minutes=26)
    await destination.send(delivery())
    assert portal.told()["signed_in"] == before + 2
    await destination.close()


async def test_refusals_wait_for_a_person_and_say_why(portal: PortalProcess) -> None:
    missing = await send(portal, delivery("NONE"))
    assert (missing.outcome, missing.code) == (Outcome.HOLD, "not-found")
    assert (await send(portal, delivery("NONE"), on_missing="retry")).outcome is Outcome.RETRY
    assert (await send(portal, delivery("A2"))).code == "not-unique"
    unknown = await send(portal, delivery("A1", b'{"accession": "A1", "fields": {"X": ""}}'))
    assert unknown.outcome is Outcome.HOLD
    assert "'X' unknown" in unknown.text
    assert (await send(portal, longest=5)).code == "too-long"


async def test_a_wrong_password_waits_for_a_person(
    portal: PortalProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_PASSWORD", "hunter2")
    answer = await send(portal)
    assert answer.outcome is Outcome.HOLD
    assert "hunter2" not in answer.text


async def test_a_portal_that_is_away_is_tried_again(portal: PortalProcess) -> None:
    portal.control(fail=503)
    with pytest.raises(TryAgain):
        await send(portal)
    with pytest.raises(TryAgain):
        await send(portal, base_url="http://127.0.0.1:9/RadPortal")


def test_what_cannot_be_called_shows_at_start(
    portal: PortalProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("http://portal.example/x", "https://10.1.2.3/x", "https://169.254.169.254/"):
        with pytest.raises(ConfigurationError, match="custom_fields"):
            CustomFieldsDestination(profile(portal, base_url=url, allowed_hosts=()), Hands())
    monkeypatch.delenv("PORTAL_USER")
    with pytest.raises(ConfigurationError, match="PORTAL_USER"):
        CustomFieldsDestination(profile(portal), Hands())


def test_a_destination_needs_the_section_of_its_protocol() -> None:
    with pytest.raises(ValidationError, match="custom_fields"):
        DestinationProfile(name="x", protocol="custom_fields")
