"""The whole story in a real browser: an order arrives, somebody dictates, signs, sees the ACK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.conftest import find_browser, look, playwright
from tests.browser.radiologist import (
    PATIENCE_MS,
    Radiologist,
    at_work,
    demo_findings,
    demo_order,
    kill_and_start,
)
from tests.flows.hospital import JSON

pytestmark = pytest.mark.timeout(300)  # somebody speaks for half a minute

A1 = "DEMO-CXR-2"
PLAYED = """() => {
  const {play} = HTMLMediaElement.prototype;
  globalThis.played = [];
  HTMLMediaElement.prototype.play = function () {
    played.push({src: this.src, at: this.currentTime});
    return play.call(this);
  };
}"""
SAID = "right pneumothorax"  # a loaded machine may swallow a sample, not the finding


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest_asyncio.fixture(loop_scope="session")
async def reader(folder: Path) -> AsyncIterator[Radiologist]:
    program = find_browser()
    async with playwright.async_playwright() as driver, at_work(driver, program, folder, A1) as who:
        yield who
        assert not who.wrong, who.wrong


async def order(reader: Radiologist) -> None:
    hospital = reader.hospital
    assert (await asyncio.to_thread(hospital.send, demo_order(A1)))[1] == "AA"
    body = demo_findings(A1)
    await asyncio.to_thread(lambda: hospital.post(A1, "ai-findings", content=body, headers=JSON))


async def test_from_the_order_to_the_acknowledgement(reader: Radiologist) -> None:
    page: Any = reader.page
    await reader.sign_in()
    await order(reader)
    await page.get_by_text(A1).first.wait_for(timeout=PATIENCE_MS)  # the list follows by itself
    await reader.open(A1)
    await reader.talk()
    await reader.see("right pneumothorax", "#staging")
    await page.wait_for_function("() => document.getElementById('level').value > 0")
    await look(page, "report-talking")
    await reader.see("Impression", "#staging")
    await reader.see("Impression: Small right pneumothorax", "#staging")
    await reader.hush()
    await reader.see(SAID, "#editor .statement")
    await reader.see("dictated right pneumothorax, AI left pneumothorax", ".conflict")
    await look(page, "report-conflict")
    await page.evaluate(PLAYED)
    await page.locator("#section-impression .statement").first.focus()
    await page.keyboard.press("F7")
    heard = await (await page.wait_for_function("() => played[0]")).json_value()
    assert heard["src"].endswith("/audio")
    assert heard["at"] > 1  # the impression is the last that was said

    await page.keyboard.press("Control+Enter")
    await reader.see("Clear 1 first", "#dialog")
    assert await page.get_by_role("button", name="Sign as final").is_disabled()
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Keep dictated").click()
    await page.locator(".conflict").wait_for(state="detached", timeout=PATIENCE_MS)
    await page.keyboard.press("Control+Enter")
    await reader.see("PLEURA:", "#dialog .previews")
    await look(page, "report-sign")
    await page.get_by_role("button", name="Sign as final").click()
    acknowledged = page.locator('#deliveries li[data-kind="final"][data-state="acknowledged"]')
    for place in (acknowledged.nth(0), acknowledged.nth(1)):
        await place.wait_for(timeout=PATIENCE_MS)
    assert "AA" in " ".join(await acknowledged.all_inner_texts())
    await look(page, "report-signed")
    arrived = reader.hospital.ris.wait(A1, "F")
    assert SAID.encode() in arrived.body
    assert b"Left pneumothorax" not in arrived.body


async def test_a_kill_and_the_end_of_a_session_in_the_middle_lose_nothing(
    reader: Radiologist,
) -> None:
    page: Any = reader.page
    await order(reader)
    await reader.sign_in()
    await reader.open(A1)
    await reader.talk()
    await reader.see("right pneumothorax", "#staging")
    await page.evaluate("() => fetch('/sign-out', {method: 'POST', redirect: 'manual'})")
    await kill_and_start(reader.hospital)  # the line breaks, and nobody is let in again
    await reader.see("sign in to go on", "#line")
    await look(page, "report-signed-out")
    await reader.hush()
    assert await left_in_browser(page) > 0
    await reader.sign_in(f"/studies/{A1}")
    await page.wait_for_selector("body[data-ready]")
    for words in (SAID, "effusion", "heart size"):
        await reader.see(words, "#editor .statement")
    await page.wait_for_selector('body[data-voice="idle"]')
    assert await left_in_browser(page) == 0
    study = await asyncio.to_thread(reader.hospital.study, A1)
    assert len(study["dictations"]) == 1  # one recording, without a gap or a double


async def left_in_browser(page: Any) -> int:
    """Samples and recordings that the browser still keeps."""
    return int(
        await page.evaluate(
            """() => new Promise((resolve, reject) => {
              const asked = indexedDB.open('readout-reporting');
              asked.onerror = () => reject(asked.error);
              asked.onsuccess = () => {
                const tx = asked.result.transaction(['pieces', 'recordings']);
                const counts = ['pieces', 'recordings'].map((s) => tx.objectStore(s).count());
                tx.oncomplete = () => resolve(counts[0].result + counts[1].result);
              };
            })"""
        )
    )
