"""What holds on every page: readable by everybody, zoomed, in forced colours, and on paper."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page

from adapter.domain.order import Priority
from adapter.store import deliveries
from tests.browser.conftest import OUTPUT, Desk, assert_accessible, assert_fits, look
from tests.browser.test_report_page import FINDING, SPOKEN, dictate, findings, opened

ORDER = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "identifier": [{"value": "F1"}],
    "subject": {"display": "Doe, Ann"},
}


async def check(page: Page, name: str) -> None:
    """In both themes, at 200 % zoom, and as a picture to look at."""
    await look(page, name)
    await assert_accessible(page)
    await assert_fits(page)


@pytest.fixture
def site(desk: Desk) -> Desk:
    """A message that came in, an order to report."""
    work, client = desk.site.workflow, desk.site.client
    client.post("/fhir/ServiceRequest", content=json.dumps(ORDER),
                headers={"Content-Type": "application/fhir+json"})  # fmt: skip
    work.order("A1", priority=Priority.STAT)
    return desk


async def test_pages_of_one_message_errors_and_the_entrance(site: Desk) -> None:
    site.expected |= {f"status of {each}" for each in (401, 404, 422)}
    await dictate(site, "A1", SPOKEN)
    with site.site.workflow.database.read() as tx:
        sent = deliveries.of_study(tx, "A1")[0].delivery.control_id
    for path, name in (
        ("/", "worklist-tour"),
        ("/messages", "messages-in"),
        ("/messages/1", "message"),
        (f"/deliveries/{sent}", "delivery"),
        ("/no/such/page", "trouble"),
        ("/messages/999", "trouble-message"),
        ("/studies/NONE", "trouble-study"),
        ("/audit", "audit"),
        ("/audit/disclosures", "disclosures"),
        ("/break-glass?accession=A1", "break-glass"),
        ("/turnaround?since=2020-01-01&until=2019-01-01", "trouble-period"),
    ):
        await check(await site.open(path), name)
    await site.context.clear_cookies()
    page = await site.open("/sign-in")
    await check(page, "entrance")
    await page.get_by_label("Code").fill("wrong")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.get_by_role("alert").first.wait_for()
    await check(page, "entrance-wrong")
    await check(await site.open("/sign-in?code=something"), "entrance-code")


async def test_forced_colours_and_reduced_motion_keep_what_colours_told(site: Desk) -> None:
    page = await site.open("/")
    await page.emulate_media(forced_colors="active", reduced_motion="reduce")
    await page.keyboard.press("j")
    row = page.locator("#rows > tr", has_text="A1")
    assert await row.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    assert await row.evaluate("each => getComputedStyle(each).animationName") == "none"
    await page.screenshot(path=OUTPUT / "worklist-forced-colors.png")
    findings(site.site, "A1", FINDING)
    await dictate(site, "A1", SPOKEN)
    page = await opened(site, "A1")
    await page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.statement.danger')).borderBottomStyle"
        " === 'solid'"
    )
    await page.screenshot(path=OUTPUT / "report-forced-colors.png")


async def test_on_paper_stands_the_report_alone(site: Desk) -> None:
    await dictate(site, "A1", SPOKEN)
    page = await opened(site, "A1")
    await page.emulate_media(media="print")
    assert "DRAFT, NOT SIGNED" in await page.locator("#editor").evaluate(
        "each => getComputedStyle(each, '::before').content"
    )
    await page.emulate_media(media="screen")
    site.site.client.post("/api/studies/A1/report/sign", json={
        "person": {"id": "123", "family": "Gray", "given": "Ada"},
    })  # fmt: skip
    await page.locator("#banner", has_text="Final").wait_for()
    await page.emulate_media(media="print")
    shown = await page.evaluate("() => document.body.innerText")
    for each in ("Demo, Jane", "SYN1", "A1", "small right pneumothorax", "Signed by Ada Gray"):
        assert each in shown
    for each in ("Worklist", "Talk", "Checks", "Sign out", "Addendum", "Deliveries", "DRAFT"):
        assert each not in shown
    assert await page.locator("button:visible, input:visible, select:visible").count() == 0
    paper = await page.pdf(path=OUTPUT / "report.pdf", format="A4")
    assert paper.count(b"/Type /Page\n") == 1
