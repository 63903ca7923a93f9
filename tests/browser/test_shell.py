"""The frame of the pages in a real browser: entrance, theme, policy, events."""

from __future__ import annotations

from typing import Any

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from tests.browser.conftest import Desk, assert_accessible, assert_fits, look
from tests.fakes.house import DR_GRAY, ROLES
from tests.web.conftest import Site


async def test_a_link_opens_the_workspace_once(browser: Any, house: tuple[Site, str]) -> None:
    site, url = house
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await look(page, "entrance")
    await assert_accessible(page)
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    await page.goto(f"{url}/sign-in?code={code}")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{url}/")
    (cookie,) = [each for each in await context.cookies() if each["name"] == "readout_session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.goto(url)
    assert "/sign-in" in page.url
    await context.close()


async def test_the_theme_switches_at_once_and_stays(desk: Desk) -> None:
    page = await desk.open("/")
    light = await page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    async with page.expect_response("**/theme"):
        await page.get_by_role("button", name="Dark").click()
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    assert await page.evaluate(ground) != light
    await page.reload()
    assert await page.evaluate(ground) != light


async def test_scripts_in_names_stay_text(desk: Desk) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    desk.site.workflow.order("A1", patient=Patient(Phi("X"), family=Phi(hostile)))
    page = await desk.open("/")
    assert await page.get_by_text(hostile).count() >= 1
    assert await page.locator("main img").count() == 0


async def test_the_menu_is_reached_by_keyboard_and_fits(desk: Desk) -> None:
    page = await desk.open("/messages")
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.className") == "skip"
    await assert_accessible(page)
    await assert_fits(page)
    await look(page, "messages")
