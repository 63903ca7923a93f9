"""All that people and systems send for one study, each thing until it is taken."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Any

import httpx

from adapter.demo.mllp import exchange, fields
from tests.chaos.site import Doors, Site
from tests.flows.hospital import AUDIO, PERSON, order_message

_ADDENDUM_EACH = 4
_HEARD = "no pleural effusion"
_SECONDS = 3
_HTTP = httpx.Client(timeout=5, verify=False)  # without TLS; one that is shared costs less to ask


class Sender:
    """One study; `number` decides its name and what is special about it."""

    def __init__(self, site: Site, number: int) -> None:
        self._site, self._number = site, number
        self.accession = f"CHAOS-{number}"
        self.finding = f"nodule of {3 + number % 7} mm"
        self.addendum = f"Addendum number {number} under fire."
        self.has_addendum = number % _ADDENDUM_EACH == 0

    def send_all(self) -> None:
        """An order, a dictation, typed words, a signature, and sometimes an addendum."""
        until, name = self._site.until, self.accession
        self.order_and_dictate()
        until(f"the words of {name}", self._words)
        until(f"the signature of {name}", self._sign)
        if self.has_addendum:
            until(f"the addendum of {name}", self._add)

    def order_and_dictate(self) -> None:
        """The first half."""
        self._site.until(f"the order of {self.accession}", self._order)
        self._site.until(f"the dictation of {self.accession}", self._dictation)

    def order_and_write(self) -> None:
        """Without speech: a preliminary report at once."""
        self._site.until(f"the order of {self.accession}", self._order)
        self._site.until(f"the words of {self.accession}", self._words)

    def _order(self, doors: Doors) -> bool:
        message = order_message(self.accession)
        answer = asyncio.run(exchange("127.0.0.1", doors.mllp_port, message, 5.0))
        return fields(answer, "MSA")[1] == "AA"

    def _dictation(self, doors: Doors) -> bool:
        headers = {"Content-Type": "audio/wav"}
        return self._post(doors, "dictations", content=recording(), headers=headers)

    def _words(self, doors: Doors) -> bool:
        text = f"Right upper lobe {self.finding}."
        asked = {"person": PERSON, "text": text, "key": "k"}
        response = self._posted(doors, "text", json=asked)
        return response.is_success

    def _sign(self, doors: Doors) -> bool:
        url = f"{doors.http_url}/api/studies/{self.accession}/report"
        response = _HTTP.get(url)
        if response.status_code != 200:
            return False
        report = response.json()
        if report["status"] in ("final", "addended"):  # signed before, and the answer was lost
            return True
        text = report["text"].lower()
        if report["status"] != "preliminary" or _HEARD not in text or self.finding not in text:
            return False
        for each in report["flags"]:
            if each["severity"] == "alert" and not each.get("dismissed"):
                aside = {"person": PERSON, "target": each["id"], "reason": "looked at"}
                return self._post(doors, "report/dismiss", json=aside) and False
        asked = {"person": PERSON, "version": report["version"]}
        return self._post(doors, "report/sign", json=asked)

    def _add(self, doors: Doors) -> bool:
        asked = {"person": PERSON, "text": self.addendum}
        response = self._posted(doors, "report/addendum", json=asked)
        return response.is_success or response.json().get("code") == "duplicate"

    def _post(self, doors: Doors, what: str, **request: Any) -> bool:
        return self._posted(doors, what, **request).is_success

    def _posted(self, doors: Doors, what: str, **request: Any) -> httpx.Response:
        url = f"{doors.http_url}/api/studies/{self.accession}/{what}"
        return _HTTP.post(url, **request)


def recording() -> bytes:
    """A few seconds of a shipped recording: speech, so that it is sent to the engine."""
    told = io.BytesIO()
    with wave.open(str(AUDIO / "DEMO-CXR-1.wav")) as source, wave.open(told, "wb") as copy:
        copy.setparams(source.getparams())
        copy.writeframes(source.readframes(_SECONDS * source.getframerate()))
    return told.getvalue()
