"""The main story by the fewest keys, and by keys that a person has chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from adapter.domain.order import Priority
from tests.browser.conftest import Desk, assert_accessible, look
from tests.browser.test_report_page import FINDING, SPOKEN, dictate, findings, follows, opened


@pytest_asyncio.fixture(loop_scope="session")
async def study(desk: Desk) -> AsyncIterator[Desk]:
    """A dictated study in which voice and AI disagree about the side."""
    desk.site.workflow.order("A1")
    findings(desk.site, "A1", FINDING)
    await dictate(desk, "A1", SPOKEN)
    await opened(desk, "A1")
    yield desk


async def test_four_keys_sign_a_report_with_a_conflict_and_open_the_next_study(study: Desk) -> None:
    page = study.page
    study.site.workflow.order("A2", priority=Priority.STAT)
    await page.keyboard.press("Shift+F9")
    await follows(study, page.locator(".conflict"), there=False)
    await page.keyboard.press("Control+Enter")
    await page.locator("#dialog .previews").wait_for()
    await page.keyboard.press("Enter")
    link = page.locator("#next a", has_text="Next: STAT")
    await link.wait_for()
    await page.locator("#banner", has_text="Final").wait_for()
    assert await link.evaluate("each => each === document.activeElement")
    await look(page, "report-next")
    await assert_accessible(page)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/studies/A2")


async def test_keys_are_those_that_the_person_has_chosen(study: Desk) -> None:
    study.expected.add("status of 422")
    page = await study.open("/help")
    box = page.get_by_label("Sign (report)")
    await box.focus()
    await page.keyboard.press("Alt+F2")
    assert await box.input_value() == "Alt F2"
    await page.keyboard.press("Backspace")
    assert await box.input_value() == "Ctrl Enter"
    await page.keyboard.press("F8")
    await page.keyboard.press("Enter")
    await page.get_by_text("F8 stands for two things").wait_for()
    await look(page, "help-clash")
    await assert_accessible(page)
    await box.focus()
    await page.keyboard.press("F2")
    await page.keyboard.press("Enter")
    await page.locator(".cards kbd", has_text="F2").wait_for()
    page = await opened(study, "A1")
    assert "F2" in await page.locator("#acts .main").inner_text()
    await page.keyboard.press("F2")
    await page.locator("#dialog", has_text="Sign the report").wait_for()
