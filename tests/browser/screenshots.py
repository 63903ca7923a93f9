"""Every page as its users see it, kept to be looked at: `python -m tests.browser.screenshots`.

One picture for each page, theme and width; 200 % zoom of a 1440 pixel window is a width of 720.
Words after the command choose the pages whose names begin so. What axe-core finds is printed below
the name of the page; the rest is for the eye.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.web.pages.help import TOUR
from tests.browser.conftest import (
    FLAGS,
    OUTPUT,
    WIDE,
    Desk,
    find_browser,
    playwright,
    seated,
    serving,
    violations,
)
from tests.browser.dialogs import DIALOGS
from tests.browser.scenery import Archive, DoubtfulRecognizer, Scenery, chapters
from tests.fakes.databases import migrated
from tests.web.conftest import site_in

FOLDER = OUTPUT / "pages"
THEMES = ("light", "dark")
SIZES = {"1440": (1440, 900), "1024": (1024, 768), "zoom": (720, 450), "390": (390, 844)}
WHOLE = ("390",)


async def shoot(page: Any, name: str) -> None:
    """The page in both themes and all widths, as one sees it; the narrowest in its whole length."""
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        if size in WHOLE:
            long = await page.evaluate("() => document.documentElement.scrollHeight")
            await page.set_viewport_size({"width": width, "height": long})
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            await page.evaluate("() => new Promise(requestAnimationFrame)")
            path = FOLDER / f"{name}.{size}.{theme}.png"
            await page.screenshot(path=path)
    await page.set_viewport_size(WIDE)
    for each in await violations(page):
        print(f"  {each}")


@asynccontextmanager
async def house() -> AsyncIterator[Desk]:
    """A browser that has signed in at a house in the middle of its day."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrated(f"sqlite:///{folder / 'empty.sqlite'}")
        for site in site_in(folder, folder / "empty.sqlite", DoubtfulRecognizer()):
            await asyncio.to_thread(Scenery(site).fill)
            site.parts = replace(site.parts, archive=Archive())
            with serving(site) as url:
                async with playwright.async_playwright() as driver:
                    browser = await driver.chromium.launch(
                        executable_path=find_browser(), args=list(FLAGS)
                    )
                    async for desk in seated(browser, site, url):
                        desk.expected |= {"status of", "ERR_", "response code"}
                        seen = {"name": TOUR, "value": "seen", "url": url}
                        await desk.context.add_cookies([seen])
                        yield desk
                    await browser.close()


async def main(wanted: Sequence[str]) -> None:
    """Take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)

    def is_wanted(name: str) -> bool:
        return not wanted or name.startswith(tuple(wanted))

    async with house() as desk:
        for name, path in filter(lambda each: is_wanted(each[0]), chapters()):
            page = await desk.open(path)
            if "/studies/" in path and name != "error-study":
                await page.wait_for_selector("body[data-ready]")
            await shoot(page, name)
            print(name)
        for name, act in DIALOGS.items():
            if is_wanted(name):
                await act(desk)
                await shoot(desk.page, name)
                print(name)
    print(f"{FOLDER}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
