"""Dictation while the network is cut: what was said is kept in the browser until it is stored."""

from __future__ import annotations

import asyncio
import wave
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from adapter.store import dictations
from tests.browser.conftest import Desk
from tests.browser.test_story import left_in_browser

RECORDED = """() => new Promise((done) => {
  const asked = indexedDB.open('readout-reporting');
  asked.onsuccess = () => {
    const found = asked.result.transaction('recordings').objectStore('recordings').getAll();
    found.onsuccess = () => done(found.result[0]?.length ?? 0);
  };
})"""
SECOND = 16_000  # samples


class Cable:
    """Between browser and service; cut, it carries nothing and lets nobody in."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self._ends: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    async def __aenter__(self) -> Cable:
        self._server = await asyncio.start_server(self._plug, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        self._is_cut = True
        for each in self._ends:
            each.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _plug(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {writer, far_writer}
        self._ends |= ends
        await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        self._ends -= ends


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def recorded(page: Any, samples: int) -> int:
    """Wait until the browser has recorded so many; how many it has."""
    async with asyncio.timeout(60):
        while (found := int(await page.evaluate(RECORDED))) < samples:
            await asyncio.sleep(0.1)
    return found


async def begin(desk: Desk, cable: Cable) -> Any:
    """Somebody holds the key, and the first second is stored at the service."""
    desk.expected.add("net::ERR_")
    desk.site.workflow.order("A1")
    await desk.page.goto(f"{cable.url}/studies/A1")
    await desk.page.wait_for_selector("body[data-ready]")
    await desk.page.keyboard.down("F4")
    await recorded(desk.page, SECOND)
    return desk.page


def stored(desk: Desk) -> list[int]:
    """Samples of each dictation of the study."""
    house = desk.site.workflow.house
    with house.database.read() as tx:
        found = dictations.of_study(tx, "A1")
    paths = [str(house.audio.path(each.audio_sha256)) for each in found]
    return [wave.open(each).getnframes() for each in paths]


async def test_what_is_said_while_the_network_is_cut_arrives_when_it_is_back(desk: Desk) -> None:
    async with Cable(desk.url) as cable:
        page = await begin(desk, cable)
        cable.cut()
        await page.locator("#line", has_text="kept in this browser").wait_for()
        said = await recorded(page, await recorded(page, 0) + 2 * SECOND)
        assert await page.get_attribute("body", "data-voice") == "talking"
        cable.mend()
        await page.keyboard.up("F4")
        await page.wait_for_selector('body[data-voice="idle"]')
        (samples,) = stored(desk)
        assert samples >= said
        assert await left_in_browser(page) == 0


async def test_a_tab_that_is_closed_meanwhile_loses_nothing(desk: Desk) -> None:
    async with Cable(desk.url) as cable:
        page = await begin(desk, cable)
        cable.cut()
        await page.locator("#line", has_text="kept in this browser").wait_for()
        said = await recorded(page, await recorded(page, 0) + 2 * SECOND)
        await page.close()
        cable.mend()
        again = await desk.context.new_page()
        await again.goto(f"{cable.url}/studies/A1")
        await again.wait_for_selector("body[data-ready]")
        async with asyncio.timeout(60):
            while await left_in_browser(again):
                await asyncio.sleep(0.1)
        (samples,) = stored(desk)
        assert samples >= said
