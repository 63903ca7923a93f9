"""Live dictation over real sockets, with the embedded speech model."""

from __future__ import annotations

import json
import struct
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from adapter.demo.site import Service
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import load_vocabulary
from adapter.reporting.written_form import write
from tests.fakes.receivers import poll
from tests.flows.hospital import AUDIO, Hospital

Json = dict[str, Any]
CHUNK = 1600  # samples of 100 ms
SECOND_UTTERANCE_MS = 2000  # where DEMO-CXR-1 has said its first sentence
BEGIN = 64_000  # bytes of two seconds: somebody speaks already, and not yet to the end
HEADER = 44


def pcm(audio: str) -> bytes:
    with wave.open(str(AUDIO / f"{audio}.wav")) as file:
        return file.readframes(1 << 30)


class Speaker:
    """Sends as a microphone would and writes down what is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[Json] = []

    def start(self, session: str | None = None) -> Json:
        self.socket.send(json.dumps({"type": "start", "session": session, "rate": 16000}))
        return self.until("ready")

    def say(self, body: bytes, first: int = 0) -> int:
        """Send `body` from sample `first` on, 100 ms a frame; returns what is acknowledged."""
        have = first
        for at in range(first, len(body) // 2, CHUNK):
            frame = body[2 * at : 2 * (at + CHUNK)]
            self.socket.send(struct.pack(">Q", at) + frame)
            have = self.until("ack")["have"]
        return have

    def stop(self) -> Json:
        self.socket.send('{"type": "stop"}')
        return self.until("final")

    def until(self, kind: str) -> Json:
        while True:
            told = dict(json.loads(self.socket.recv(timeout=30)))
            assert told["type"] != "error", told
            self.heard.append(told)
            if told["type"] == kind:
                return told

    def written(self) -> str:
        """The written text that a page shows behind the confirmed words."""
        text = ""
        for told in self.heard:
            if told["type"] in ("confirmed", "final") and told["written"] is not None:
                text = text[: told["written"]["from"]] + told["written"]["text"]
        return text

    def partial(self, after_ms: int = 0) -> None:
        """Wait until a partial with words that begin after this time has been told."""
        while not any(
            told["type"] == "partial" and told["words"] and told["words"][0]["ms"][0] > after_ms
            for told in self.heard
        ):
            self.until("partial")

    def confirmed(self) -> list[str]:
        """The confirmed words; told again they must be the same."""
        words: list[str] = []
        for told in (each for each in self.heard if each["type"] == "confirmed"):
            new = [word["text"] for word in told["words"]]
            known = words[told["from"] : told["from"] + len(new)]
            assert told["from"] <= len(words)
            assert new[: len(known)] == known
            words += new[len(known) :]
        return words


@contextmanager
def speaker(url: str, accession: str) -> Iterator[Speaker]:
    address = f"{url.replace('http', 'ws')}/api/studies/{accession}/dictate"
    with connect(address) as socket:
        yield Speaker(socket)


def transcript(http: httpx.Client, accession: str) -> str:
    """The transcript of the study's one dictation, once it is there."""

    def made() -> str:
        told = http.get(f"/api/studies/{accession}").json()
        assert len(told["dictations"]) <= 1
        return "".join(each["text"] for each in told["transcripts"])

    poll(lambda: bool(made()))
    return made()


def written(spoken: str) -> str:
    return write(spoken, load_vocabulary(MappingFiles(), "en")).text


def audio(http: httpx.Client, accession: str) -> bytes:
    """The samples of its first dictation."""
    return http.get(f"/api/studies/{accession}/dictations/d-1/audio").content[HEADER:]


def test_words_while_speaking_are_those_of_the_report(hospital: Hospital) -> None:
    hospital.order("LIVE-1")
    body = pcm("DEMO-CXR-1")
    with speaker(hospital.service.http_url, "LIVE-1") as dr:
        dr.start()
        have = dr.say(body[:BEGIN])
        dr.partial()
        assert dr.say(body, have) == len(body) // 2
        final = dr.stop()
    assert final["dictation"] == "d-1"
    spoken = transcript(hospital.http, "LIVE-1")
    assert " ".join(dr.confirmed()) == final["text"] == spoken
    assert dr.written() == final["written"]["text"] == written(spoken) != spoken
    assert audio(hospital.http, "LIVE-1") == body
    preliminary = hospital.ris.wait("LIVE-1", "P")
    assert b"lungs are clear" in preliminary.body


def test_a_connection_cut_in_the_middle_loses_no_sample(hospital: Hospital) -> None:
    body = pcm("DEMO-CXR-2")
    url = hospital.service.http_url
    with speaker(url, "LIVE-2") as first:
        session = first.start()["session"]
        half = len(body) // 4
        first.say(body[: 2 * half])
        first.socket.send(struct.pack(">Q", half) + body[2 * half : 2 * half + 800])  # no answer
        first.socket.socket.close()
    with speaker(url, "LIVE-2") as second:
        have = second.start(session)["have"]
        assert have >= half
        second.say(body, have)
        final = second.stop()
    assert audio(hospital.http, "LIVE-2") == body
    second.heard = [*first.heard, *second.heard]
    assert " ".join(second.confirmed()) == final["text"] == transcript(hospital.http, "LIVE-2")
    second.heard = second.heard[len(first.heard) :]  # the second connection is told all of it
    assert second.written() == written(final["text"])


def test_a_half_open_connection_keeps_nobody_out(hospital: Hospital) -> None:
    """The old connection neither reads nor ends; its speaker comes back from another place."""
    body = pcm("DEMO-CXR-2")
    url = hospital.service.http_url
    with speaker(url, "LIVE-6") as old:
        session = old.start()["session"]
        have = old.say(body[:BEGIN])
        with speaker(url, "LIVE-6") as new:
            assert new.start(session)["have"] == have
            new.say(body, have)
            final = new.stop()
        assert " ".join(new.confirmed()) == final["text"] == transcript(hospital.http, "LIVE-6")
        assert new.written() == written(final["text"])
    assert audio(hospital.http, "LIVE-6") == body


def test_a_pause_tells_what_was_said_last(hospital: Hospital) -> None:
    body = pcm("DEMO-CXR-1")
    with speaker(hospital.service.http_url, "LIVE-7") as dr:
        dr.start()
        have = dr.say(body[: 3 * BEGIN // 2])
        dr.socket.send('{"type": "pause"}')
        assert have == 3 * BEGIN // 4
        dr.partial(SECOND_UTTERANCE_MS)  # for which no further sound comes
        dr.stop()


def test_two_speakers_at_once(hospital: Hospital) -> None:
    def dictate(accession: str, recording: str) -> Speaker:
        with speaker(hospital.service.http_url, accession) as dr:
            dr.start()
            body = pcm(recording)
            have = dr.say(body[:BEGIN])
            dr.partial()
            dr.say(body, have)
            dr.stop()
        return dr

    with ThreadPoolExecutor(2) as pool:
        speakers = list(pool.map(dictate, ("LIVE-3", "LIVE-4"), ("DEMO-CXR-1", "DEMO-CTH-3")))
    for dr, accession in zip(speakers, ("LIVE-3", "LIVE-4"), strict=True):
        assert " ".join(dr.confirmed()) == transcript(hospital.http, accession)


def test_kill_and_restart_in_the_middle(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    try:
        hospital.wait_ready()
        body = pcm("DEMO-CXR-2")
        with speaker(hospital.service.http_url, "LIVE-5") as before:
            session = before.start()["session"]
            have = before.say(body[:200_000])
            hospital.service.kill()
        hospital.service = Service(tmp_path, hospital.env)
        hospital.wait_ready()
        with speaker(hospital.service.http_url, "LIVE-5") as after:
            assert after.start(session)["have"] == have == 100_000
            after.say(body, have)
            final = after.stop()
        assert audio(hospital.http, "LIVE-5") == body
        after.heard = [*before.heard, *after.heard]
        assert " ".join(after.confirmed()) == final["text"] == transcript(hospital.http, "LIVE-5")
    finally:
        hospital.close()
