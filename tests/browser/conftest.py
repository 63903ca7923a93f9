"""The workspace in a real browser: one Chromium for the whole session, one house for each test.

Tests are coroutines of one loop. `desk` is a signed-in page with the house it shows; `look` keeps a
screenshot under test-output/; `assert_accessible` runs axe-core in both themes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from tests.fakes.house import DR_GRAY, ROLES
from tests.peers import require_peer
from tests.web import conftest as web
from tests.web.conftest import Site

playwright = pytest.importorskip("playwright.async_api")

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests/peers/axe/node_modules/axe-core/axe.min.js"
OUTPUT = ROOT / "test-output"
WIDE = {"width": 1440, "height": 900}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here runs in one loop, that of the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.peer)


def find_browser() -> str:
    """Path of the browser; without one the test is skipped by name."""
    program = os.environ.get("READOUT_TEST_BROWSER") or shutil.which("chromium")
    require_peer("Chromium", program is not None, "make peers")
    return program or ""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Any]:
    program = find_browser()
    async with playwright.async_playwright() as driver:
        started = await driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        await started.close()


@dataclass
class Desk:
    """A signed-in browser window, the house behind it, and its address."""

    page: Any
    site: Site
    url: str
    context: Any
    expected: set[str] = field(default_factory=lambda: {"status of 409"})
    """What the console tells as an error, and a page deals with."""

    async def open(self, path: str = "/") -> Any:
        """Go to a place; its page. Errors in its scripts fail the test at its end."""
        await self.page.goto(self.url + path)
        return self.page

    async def sign_in(self, roles: tuple[str, ...] = ROLES) -> None:
        """Begin a session; for the house's clock, which has gone on, the one before is over."""
        desk = self.site.parts.sign_in
        session, _ = desk.redeem(desk.new_code(DR_GRAY, roles))
        cookie = {"name": COOKIE, "value": session, "url": self.url}
        await self.context.add_cookies([cookie | {"sameSite": "Strict", "httpOnly": True}])

    async def in_house(self, call: Callable[..., Any], *values: Any) -> Any:
        """Call something of the house that runs a loop of its own."""
        return await asyncio.to_thread(call, *values)


@pytest.fixture
def house(tmp_path: Path, empty: Path) -> Iterator[tuple[Site, str]]:
    """A house with fakes at its edges, its HTTP interface on a real port."""
    for site in web.site_in(tmp_path, empty):
        with serving(site) as url:
            yield site, url


class serving:
    """The HTTP interface of a site on a free loopback port, in a thread."""

    def __init__(self, site: Site, door: socket.socket | None = None) -> None:
        self._site = site
        self._doors = [door] if door is not None else None
        config = uvicorn.Config(
            build_app(site.parts), port=0, log_config=None, lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=(self._doors,), daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        waited = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive()
            waited.wait(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._site.parts.changes.close()
        self._server.should_exit = True
        self._thread.join(10)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Any, house: tuple[Site, str]) -> AsyncIterator[Desk]:
    site, url = house
    async for each in seated(browser, site, url):
        yield each


async def seated(browser: Any, site: Site, url: str, **options: Any) -> AsyncIterator[Desk]:
    """A new window of a browser that has signed in; its script errors fail the test."""
    context = await browser.new_context(viewport=WIDE, **options)
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    desk = Desk(page, site, url, context)
    page.on("console", lambda line: wrong.append(line.text) if _is_wrong(line, desk) else None)
    await desk.sign_in()
    yield desk
    await context.close()
    assert not wrong, wrong


def _is_wrong(line: Any, desk: Desk) -> bool:
    """An error of the console, but for answers that are expected."""
    return line.type == "error" and not any(each in line.text for each in desk.expected)


async def look(page: Any, name: str) -> None:
    """Keep a screenshot of the page in both themes."""
    OUTPUT.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        await page.screenshot(path=OUTPUT / f"{name}-{theme}.png")
    await page.emulate_media(color_scheme="light")


async def assert_accessible(page: Any) -> None:
    """No serious or critical violation that axe-core finds, in either theme."""
    bad = await violations(page)
    assert not bad, bad


async def violations(page: Any) -> list[str]:
    """What axe-core finds that is serious; in the dark theme only colours can differ."""
    require_peer("axe-core", AXE.is_file(), "make peers")
    await page.evaluate(AXE.read_text())
    bad: list[str] = []
    for theme, only in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        await page.emulate_media(color_scheme=theme)
        how = {"resultTypes": ["violations"], **only}
        found = await page.evaluate("how => axe.run(document, how)", how)
        bad += [
            f"{theme}: {each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
    await page.emulate_media(color_scheme="light")
    return bad


async def assert_fits(page: Any, width: int = 640) -> None:
    """At 200 % zoom of a 1280 pixel window nothing has to be scrolled sideways (WCAG 1.4.10)."""
    await page.set_viewport_size({"width": width, "height": 512})
    wide = await page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    await page.set_viewport_size(WIDE)
    assert wide <= 0, f"{wide} pixels too wide"
