"""The wrong-patient guard: a context that changes asks, and audio stays where it was begun."""

from __future__ import annotations

import asyncio
from typing import Any

from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import dictations
from tests.browser.conftest import Desk, assert_accessible, look
from tests.fhircast.running import running_hub

PERSON = {"id": "123", "family": "Gray", "given": "Ada"}


async def ask(desk: Desk, what: str, **body: Any) -> Any:
    """As another program of the session."""
    client = desk.site.client
    answer = await asyncio.to_thread(
        client.post, f"/api/context/{what}", json={"topic": "t", **body}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_context_that_changes_never_moves_the_dictation(desk: Desk) -> None:
    site, page = desk.site, desk.page
    for accession in ("A1", "A2"):
        site.workflow.order(accession)
    with running_hub() as (url, _):
        hub = FhircastHub.model_validate({"name": "h", "url": url})
        site.parts.contexts.contexts._hubs["h"] = hub  # type: ignore[index]
        await ask(desk, "join", hub="h", person=PERSON)
        await ask(desk, "open", accession="A1")
        await desk.open("/studies/A1")
        await page.wait_for_selector("body[data-ready]")
        await page.keyboard.down("F4")
        await page.wait_for_selector('body[data-voice="talking"]')
        await ask(desk, "open", accession="A2")
        dialog = page.locator("#dialog[open]")
        await dialog.get_by_text("stays with this study").wait_for()
        assert await page.evaluate("() => document.activeElement.textContent") == "Stay with A1"
        await assert_accessible(page)
        await look(page, "report-context")
        await page.keyboard.press("Enter")
        await dialog.wait_for(state="detached")
        assert await page.get_attribute("body", "data-voice") == "talking"
        await page.keyboard.up("F4")
        await page.wait_for_selector('body[data-voice="idle"]')
        with site.workflow.database.read() as tx:
            made = [len(dictations.of_study(tx, accession)) for accession in ("A1", "A2")]
        assert made == [1, 0]
        site.workflow.clock.forward(1)
        await ask(desk, "open", accession="A1")
        await ask(desk, "open", accession="A2")
        await dialog.get_by_role("button", name="Open A2").click()
        await page.wait_for_url("**/studies/A2")
        await page.wait_for_selector("body[data-ready]")
        await ask(desk, "leave")


async def test_a_dictation_that_begins_under_another_context_asks_first(desk: Desk) -> None:
    site, page = desk.site, desk.page
    for accession in ("A1", "A2"):
        site.workflow.order(accession)
    with running_hub() as (url, _):
        hub = FhircastHub.model_validate({"name": "h", "url": url})
        site.parts.contexts.contexts._hubs["h"] = hub  # type: ignore[index]
        await ask(desk, "join", hub="h", person=PERSON)
        await ask(desk, "open", accession="A2")
        refused = "**/api/context/open"  # the hub does not let this page lead
        await page.route(refused, lambda route: route.fulfill(status=204))
        async with page.expect_response(refused):
            await desk.open("/studies/A1")
            await page.wait_for_selector("body[data-ready]")
        await page.keyboard.down("F4")
        dialog = page.locator("#dialog[open]")
        await dialog.get_by_text("The other programs show").wait_for()
        await page.wait_for_selector('body[data-voice="talking"]')
        await asyncio.sleep(0.5)  # a key that is held for less is a tap: the dictation goes on
        await page.keyboard.up("F4")
        assert site.client.get("/api/studies/A1").json()["dictations"] == []
        await page.keyboard.press("Enter")
        await page.wait_for_selector('body[data-voice="idle"]')
        with site.workflow.database.read() as tx:
            assert len(dictations.of_study(tx, "A1")) == 1
        await ask(desk, "leave")
