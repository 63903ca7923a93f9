"""A radiologist in a real browser with a microphone that plays a recording, and a real service."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapter.demo.site import Service
from tests.browser.conftest import FLAGS, WIDE
from tests.flows.hospital import AUDIO, Hospital

DEMO = AUDIO.parent
PATIENCE_MS = 60_000


class Radiologist:
    """One window; `hospital` is the service with its receivers."""

    def __init__(self, hospital: Hospital, context: Any, page: Any) -> None:
        self.hospital = hospital
        self.context = context
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    @property
    def url(self) -> str:
        """Where the service listens."""
        return self.hospital.service.http_url

    async def sign_in(self, next_: str = "/") -> None:
        """By a new one-time link."""
        told = await asyncio.to_thread(self.hospital.readout, "sign-in", "--json")
        link = json.loads(told.stdout)["sign_in"]
        await self.page.goto(f"{self.url}{link[link.index('/sign-in') :]}&next={next_}")
        await self.page.get_by_role("main").get_by_role("button", name="Sign in").click()

    async def open(self, accession: str) -> None:
        """The page of a study, once it is ready."""
        await self.page.goto(f"{self.url}/studies/{accession}")
        await self.page.wait_for_selector("body[data-ready]")

    async def talk(self) -> None:
        """Hold the key."""
        await self.page.keyboard.down("F4")
        await self.page.wait_for_selector('body[data-voice="talking"]')

    async def hush(self) -> None:
        """Let the key go."""
        await self.page.keyboard.up("F4")

    async def see(self, words: str, place: str) -> None:
        """Wait until these words stand in a place."""
        found = self.page.locator(place, has_text=words).first
        await found.wait_for(timeout=PATIENCE_MS)


def demo_order(accession: str) -> bytes:
    """A shipped order."""
    return (DEMO / "orders" / f"{accession}.hl7").read_bytes()


def demo_findings(accession: str) -> bytes:
    """What a model found."""
    return (DEMO / "ai" / f"{accession}.json").read_bytes()


@asynccontextmanager
async def at_work(
    driver: Any, program: str, folder: Path, audio: str
) -> AsyncIterator[Radiologist]:
    """A browser whose microphone plays `audio` once, from when it is opened."""
    port = str(_free_port())  # the same after a restart: a browser keeps things by origin
    user = "1001,Tester,Toni"
    hospital = Hospital(folder, http_port=port, local_user=user)
    sound = f"--use-file-for-fake-audio-capture={AUDIO / f'{audio}.wav'}%noloop"
    browser = await driver.chromium.launch(executable_path=program, args=[*FLAGS, sound])
    try:
        await asyncio.to_thread(hospital.wait_ready)
        context = await browser.new_context(viewport=WIDE)
        yield Radiologist(hospital, context, await context.new_page())
    finally:
        await browser.close()
        await asyncio.to_thread(hospital.close)


async def kill_and_start(hospital: Hospital) -> None:
    """kill -9, and start again on what is on disk."""

    def again() -> None:
        hospital.service.kill()
        hospital.service = Service(hospital.folder, hospital.env)
        hospital.wait_ready()

    await asyncio.to_thread(again)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
