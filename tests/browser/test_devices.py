"""Buttons of a dictation microphone, by a device that reports as a PowerMic III does (WebHID)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.browser.conftest import Desk, look
from tests.browser.test_report_page import FINDING, SPOKEN, dictate, findings, follows, opened

POWERMIC = """
class Device extends EventTarget {
  vendorId = 1364; productId = 4097; productName = "PowerMic III"; opened = false;
  collections = [{usagePage: 1, usage: 0}];
  async open() { this.opened = true; }
  async close() { this.opened = false; }
  async sendReport() {}
  press(bits) {
    const event = new Event("inputreport");
    const data = new DataView(new ArrayBuffer(3));
    data.setUint16(1, bits, true);
    Object.assign(event, {device: this, reportId: 0, data});
    this.dispatchEvent(event);
  }
}
globalThis.device = new Device();
const hid = new EventTarget();
hid.getDevices = async () => [device];
hid.requestDevice = async () => [device];
Object.defineProperty(navigator, "hid", {value: hid});
"""
TAB_BACKWARD, RECORD, TAB_FORWARD, FORWARD, CUSTOM_RIGHT = 2, 4, 8, 32, 512


@pytest_asyncio.fixture(loop_scope="session")
async def microphone(desk: Desk) -> AsyncIterator[Desk]:
    desk.site.workflow.order("A1")
    findings(desk.site, "A1", FINDING)
    await dictate(desk, "A1", SPOKEN)
    await desk.page.add_init_script(POWERMIC)
    await opened(desk, "A1")
    await desk.page.wait_for_function("() => device.opened")
    yield desk


async def press(page: Any, bits: int) -> None:
    await page.evaluate("bits => device.press(bits)", bits)


async def test_the_record_button_talks_as_long_as_it_is_pressed(microphone: Desk) -> None:
    page = microphone.page
    await press(page, RECORD)
    await page.wait_for_selector('body[data-voice="talking"]')
    await look(page, "report-microphone")
    await press(page, 0)
    await page.wait_for_selector('body[data-voice="idle"]')


async def test_the_others_go_through_the_report_and_sign(microphone: Desk) -> None:
    page = microphone.page
    part = "() => document.activeElement.closest('.part')?.id"
    await press(page, TAB_FORWARD)
    first = await page.evaluate(part)
    await press(page, 0)
    await press(page, TAB_FORWARD)
    second = await page.evaluate(part)
    await press(page, TAB_BACKWARD)
    assert first != second
    assert await page.evaluate(part) == first
    await press(page, FORWARD)
    said = await page.evaluate("() => document.activeElement.textContent")
    assert "right pneumothorax" in said
    await page.keyboard.press("Shift+F9")
    await follows(microphone, page.locator(".conflict"), there=False)
    await press(page, CUSTOM_RIGHT)
    await page.locator("#dialog", has_text="Sign the report").wait_for()
