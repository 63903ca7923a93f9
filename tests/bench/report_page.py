"""The reporting page in a real browser: first paint, and from the key to the first sample.

The house holds 100,000 other studies (`STUDIES=…`).
The page is loaded over loopback in a new window each time; the key is pressed once with the
microphone closed, then again and again with it open.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from adapter.store.database import Database
from tests.bench.web import fill
from tests.browser.conftest import WIDE, find_browser, playwright
from tests.browser.radiologist import Radiologist, at_work, demo_findings, demo_order
from tests.flows.hospital import JSON

ROUNDS = 15
A1 = "DEMO-CXR-2"
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_KEY = """() => performance.getEntriesByName('readout-heard').at(-1).startTime
  - performance.getEntriesByName('readout-talk').at(-1).startTime"""


async def _paints(reader: Radiologist) -> list[float]:
    """Milliseconds to the first contentful paint, of a window each."""
    found = []
    for _ in range(ROUNDS):
        page = await reader.context.new_page()
        await page.goto(f"{reader.url}/studies/{A1}")
        await page.wait_for_function(_PAINT)
        found.append(float(await page.evaluate(_PAINT)))
        await page.close()
    return found


async def _keys(page: Any) -> list[float]:
    """Milliseconds from the key to the first samples; the first one opens the microphone."""
    found = []
    for _ in range(ROUNDS):
        await page.keyboard.down("F4")
        await page.wait_for_selector('body[data-voice="talking"]')
        found.append(float(await page.evaluate(_KEY)))
        await asyncio.sleep(0.5)
        await page.keyboard.up("F4")
        await page.wait_for_selector('body[data-voice="paused"]')
    return found


def crowd(folder: Path) -> None:
    """So many other studies in the service's database."""
    database = Database(f"sqlite:///{folder / 'data' / 'readout.sqlite'}")
    fill(database, int(os.environ.get("STUDIES", "100000")))
    database.close()


async def main() -> None:
    """Measure and print."""
    async with playwright.async_playwright() as driver:
        with tempfile.TemporaryDirectory() as folder:
            async with at_work(driver, find_browser(), Path(folder), A1) as reader:
                hospital, body = reader.hospital, demo_findings(A1)
                await asyncio.to_thread(hospital.send, demo_order(A1))
                await asyncio.to_thread(hospital.dictate, A1, A1)
                await asyncio.to_thread(
                    lambda: hospital.post(A1, "ai-findings", content=body, headers=JSON)
                )
                await asyncio.to_thread(hospital.acknowledged, A1, 2)
                await asyncio.to_thread(crowd, hospital.folder)
                await reader.page.set_viewport_size(WIDE)
                await reader.sign_in()
                paints = await _paints(reader)
                await reader.open(A1)
                first, *keys = await _keys(reader.page)
    print(f"first paint: median {median(paints):.0f} ms, longest {max(paints):.0f} ms")
    print(f"key to first sample, microphone closed: {first:.0f} ms")
    print(f"key to first sample, open: median {median(keys):.0f} ms, longest {max(keys):.0f} ms")


if __name__ == "__main__":
    asyncio.run(main())
