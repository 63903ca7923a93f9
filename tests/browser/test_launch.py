"""SMART EHR launch in a real browser: from the page of another site to the study, signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapter.clock import SystemClock
from adapter.mapping.ehr_launch import EhrLaunch, LaunchIssuer
from adapter.web.callers import COOKIE
from tests.browser.conftest import assert_accessible, look
from tests.fakes.smart_server import SmartServer, running_smart_server
from tests.web.conftest import Site
from tests.web.test_launch import ACSN, MR


@pytest.fixture
def ehr() -> Iterator[SmartServer]:
    with running_smart_server() as server:
        server.launch = {
            "patient": "p1",
            "fhirContext": [{"reference": "ImagingStudy/s1"}],
            "id_claims": {"fhirUser": f"{server.url}/Practitioner/dr1"},
        }
        server.resources = {
            "Patient/p1": {"identifier": [{"type": MR, "value": "SYN1"}]},
            "ImagingStudy/s1": {"identifier": [{"type": ACSN, "value": "A1"}]},
            "Practitioner/dr1": {
                "identifier": [{"system": "urn:npi", "value": "77"}],
                "name": [{"family": "Curie", "given": ["Marie"]}],
            },
        }
        for place, resource in server.resources.items():
            resource["resourceType"] = place.partition("/")[0]
        yield server


async def launched(browser: Any, house: tuple[Site, str], ehr: SmartServer) -> Any:
    """A page of the EHR, which is another site to the browser, sends it to us."""
    site, url = house
    ours = url.replace("127.0.0.1", "localhost")
    issuer = LaunchIssuer(iss=ehr.url, client_id="readout", practitioner_systems=("urn:npi",))
    launch = EhrLaunch(address=ours, issuers=(issuer,))
    object.__setattr__(site.parts, "ehr_launch", launch)
    object.__setattr__(site.parts.house, "clock", SystemClock())  # the EHR has the time of day
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{ehr.url}/.well-known/smart-configuration")
    await page.evaluate("place => location.assign(place)", f"{ours}/launch?iss={ehr.url}&launch=l")
    return page


async def test_the_ehr_opens_the_study_in_context_for_its_user(
    browser: Any, house: tuple[Site, str], ehr: SmartServer
) -> None:
    house[0].workflow.order("A1")
    page = await launched(browser, house, ehr)
    await page.wait_for_url("**/studies/A1")
    await page.wait_for_selector("body[data-ready]")
    assert "Demo, Jane" in await page.locator("#banner").inner_text()
    assert "Marie Curie" in await page.locator(".person").inner_text()
    await page.reload()
    await page.wait_for_selector("body[data-ready]")
    await page.context.close()


async def test_a_study_of_another_patient_is_not_opened(
    browser: Any, house: tuple[Site, str], ehr: SmartServer
) -> None:
    house[0].workflow.order("A1")
    ehr.resources["Patient/p1"]["identifier"][0]["value"] = "OTHER"
    page = await launched(browser, house, ehr)
    await page.get_by_text("not of the patient in context").wait_for()
    assert COOKIE not in {each["name"] for each in await page.context.cookies()}
    await look(page, "launch-refused")
    await assert_accessible(page)
    await page.context.close()
