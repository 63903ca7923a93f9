from __future__ import annotations

import asyncio
import io
import json
import struct
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Word
from adapter.errors import Conflict
from adapter.reporting.live_text import GrowingText
from adapter.reporting.written_form import write
from adapter.speech.pieces import Piece
from adapter.speech.streaming import Confirmed, LiveHearing, Partial
from adapter.speech.utterances import CutRule
from adapter.store import dictations
from adapter.store.live_audio import LiveAudio
from adapter.web.app import build_app
from adapter.web.live import PLACE, _Teller
from adapter.workflow import live_dictation
from adapter.workflow.live_session import Heard, LiveSession
from tests.web.conftest import MAX_BODY, Site

ROOT = Path(__file__).resolve().parents[2]
KINDS = ["start", "pause", "stop", "ready", "ack", "partial", "confirmed", "final", "error"]
PATH = "/api/studies/A1/dictate"
Json = dict[str, Any]


class Speaker:
    """One connection."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket

    def tell(self, **message: Any) -> Json:
        self.socket.send_text(json.dumps(message))
        return self.told()

    def start(self, **more: Any) -> Json:
        return self.tell(type="start", **more)

    def say(self, first: int, pcm: bytes) -> Json:
        self.socket.send_bytes(struct.pack(">Q", first) + pcm)
        return self.told()

    def told(self) -> Json:
        return dict(json.loads(self.socket.receive_text()))

    def closed(self) -> int:
        with pytest.raises(WebSocketDisconnect) as caught:
            self.socket.receive_text()
        return caught.value.code


@contextmanager
def speaker(site: Site, path: str = PATH, **headers: str) -> Iterator[Speaker]:
    with site.client.websocket_connect(f"ws://localhost{path}", headers=headers) as socket:
        yield Speaker(socket)


def stored(site: Site, accession: str = "A1") -> list[bytes]:
    with site.workflow.database.read() as tx:
        found = dictations.of_study(tx, accession)
    paths = [site.parts.house.audio.path(each.audio_sha256) for each in found]
    return [wave.open(io.BytesIO(path.read_bytes())).readframes(1 << 30) for path in paths]


PCM = bytes(range(200))


@pytest.fixture(autouse=True)
def room(site: Site) -> None:
    object.__setattr__(site.workflow.house, "audio_limit", MAX_BODY)


def test_a_dictation_from_start_to_final(site: Site) -> None:
    with speaker(site, PATH + "?author=123") as dr:
        ready = dr.start(session=None, rate=16000)
        assert (ready["type"], ready["have"]) == ("ready", 0)
        assert dr.say(0, PCM) == {"type": "ack", "have": 100}
        assert dr.tell(type="pause") == {"type": "ack", "have": 100}
        assert dr.say(100, PCM) == {"type": "ack", "have": 200}
        final = dr.tell(type="stop")
        assert (final["type"], final["dictation"], final["text"]) == ("final", "d-1", "")
        assert final["written"]["text"] == ""
        assert dr.closed() == 1000
    assert stored(site) == [PCM + PCM]
    listed = site.client.get("/api/studies/A1").json()
    assert site.workflow.events("A1")[-1] == "dictated"
    assert [each["author"] for each in listed["dictations"]] == ["123"]


def test_a_lost_connection_loses_no_sample(site: Site) -> None:
    with speaker(site) as dr:
        session = dr.start()["session"]
        dr.say(0, PCM)
    with speaker(site) as dr:
        assert dr.start(session=session) == {"type": "ready", "session": session, "have": 100}
        assert dr.say(50, PCM)["have"] == 150  # what it is not sure of it sends again
        dr.tell(type="stop")
    assert stored(site) == [PCM + PCM[100:]]


def test_a_final_that_did_not_arrive_is_told_again(site: Site) -> None:
    with speaker(site) as dr:
        session = dr.start()["session"]
        dr.say(0, PCM)
        final = dr.tell(type="stop")
    with speaker(site) as dr:
        assert dr.start(session=session) == final
        assert dr.closed() == 1000
    with speaker(site, "/api/studies/A2/dictate") as dr:
        assert dr.start(session=session)["code"] == "session"


def test_an_older_connection_cannot_add(site: Site) -> None:
    with speaker(site) as old, speaker(site) as new:
        session = old.start()["session"]
        new.start(session=session)
        assert old.told()["code"] == "taken"  # at once, not with the next sample
        assert old.closed() == 1008
        assert new.say(0, PCM)["have"] == 100


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "frame"),
        (b"1234567", "frame"),
        (bytes(8), "frame"),
        (bytes(8) + b"odd", "frame"),
        (struct.pack(">Q", 7) + PCM, "gap"),
        (bytes(8) + bytes(320_002), "frame"),
        ("not json", "message"),
        ('{"type": "sing"}', "message"),
        ('{"type": "stop", "now": true}', "message"),
        ('{"type": "stop", "x": "' + "y" * 5000 + '"}', "message"),
        ('{"type": "start"}', "start"),
    ],
)
def test_what_is_no_dictation_is_refused_and_the_audio_kept(
    site: Site, frame: bytes | str, code: str
) -> None:
    with speaker(site) as dr:
        session = dr.start()["session"]
        dr.say(0, PCM[:10])
        if isinstance(frame, str):
            dr.socket.send_text(frame)
        else:
            dr.socket.send_bytes(frame)
        told = dr.told()
        assert (told["type"], told["code"]) == ("error", code)
        assert dr.closed() == 1008
    with speaker(site) as dr:
        assert dr.start(session=session)["have"] == 5


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type": "stop"}', "start"),
        ('{"type": "start", "rate": 8000}', "rate"),
        ('{"type": "start", "session": "../../../etc/passwd"}', "session"),
        ('{"type": "start", "session": "' + "0" * 32 + '"}', "session"),
    ],
)
def test_a_wrong_beginning_is_refused(site: Site, first: str, code: str) -> None:
    with speaker(site) as dr:
        dr.socket.send_text(first)
        assert dr.told()["code"] == code
        assert dr.closed() == 1008


def test_a_dictation_that_is_too_long_ends_there(site: Site) -> None:
    longest = site.parts.live.longest_samples = 250
    with speaker(site) as dr:
        dr.start()
        dr.say(0, PCM)
        dr.say(100, PCM)
        told = dr.say(200, PCM)
        assert (told["type"], told["code"]) == ("error", "too-long")
        assert str(longest) in told["detail"]
        assert dr.told()["dictation"] == "d-1"
        assert dr.closed() == 1000
    assert stored(site) == [PCM + PCM]


def test_too_many_speakers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_dictation, "MOST_SESSIONS", 1)
    with speaker(site) as first, speaker(site) as second:
        first.start()
        assert second.start()["code"] == "try-again"
        assert second.closed() == 1013


def test_pages_of_other_sites_and_rebound_names_are_refused(site: Site) -> None:
    refused = [("origin", "https://evil.example"), ("origin", "null")]
    for name, value in refused:
        with pytest.raises(WebSocketDisconnect), speaker(site, **{name: value}):
            pass
    with speaker(site, origin="http://localhost") as dr:
        assert dr.start()["type"] == "ready"
    client = TestClient(build_app(site.parts), base_url="http://127.0.0.1")
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://127.0.0.1{PATH}", headers={"host": "evil.example"}),
    ):
        pass


def test_a_slash_in_the_accession(site: Site) -> None:
    with speaker(site, "/api/studies/A%2F1/dictate") as dr:
        dr.start()
        dr.say(0, PCM)
        assert dr.tell(type="stop")["dictation"] == "d-1"
    assert stored(site, "A/1") == [PCM]


def test_an_accession_that_is_none(site: Site) -> None:
    with speaker(site, "/api/studies/%20/dictate") as dr:
        assert dr.told()["code"] == "accession"
        assert dr.closed() == 1008


class Script:
    """Ears that hear what they are told to, one saying an utterance."""

    rule = CutRule(longest=200, bridge=6, margin=6)
    language = "en"

    def __init__(self, sayings: Iterable[str]) -> None:
        self.words: tuple[Word, ...] = ()
        self._sayings = iter(sayings)

    def hear(self, pieces: list[Piece]) -> None:
        (piece,) = pieces
        said = next(self._sayings, "").split()
        self.words += tuple(Word(each, piece.begin_ms, piece.end_ms, 0.9) for each in said)

    def sketch(self, piece: Piece) -> tuple[Word, ...]:
        return (Word("scratch", piece.begin_ms, piece.end_ms, 0.9),)


class Page:
    """What a page shows that does what the protocol says."""

    def __init__(self) -> None:
        self.text, self.words = "", []
        self.commands: list[Json] = []
        self.shown: list[str] = []

    def read(self, told: Json) -> None:
        written = told.get("written")
        if written is None:
            return
        text = self.text[: written["from"]] + written["text"]
        commands = self.commands[: written["commands_from"]] + written["commands"]
        self.shown.append(text)
        if told["type"] != "partial":
            self.text, self.commands = text, commands
        if told["type"] == "confirmed":
            self.words[told["from"] :] = [each["text"] for each in told["words"]]


SAYINGS = (
    "small right pneumothorax period measures three point two",
    "by two centimeters period there is a mass",
    "scratch that",
    "no effusion period go to impression",
)


def test_what_is_written_and_done_is_told_while_it_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wave.open(str(ROOT / "adapter/demo_data/audio/DEMO-CXR-1.wav")) as file:
        body = file.readframes(1 << 30) * 2
    hearing = LiveHearing(Script(SAYINGS))
    monkeypatch.setattr(site.parts.live, "_listen", lambda *given: hearing)
    page = Page()
    with speaker(site) as dr:
        dr.start()
        for at in range(0, len(body), 64_000):
            dr.socket.send_bytes(struct.pack(">Q", at // 2) + body[at : at + 64_000])
        dr.socket.send_text('{"type": "stop"}')
        while (told := dr.told())["type"] != "final":
            page.read(told)
    spoken = " ".join(page.words)
    assert told["text"] == spoken == " ".join(SAYINGS)
    whole = write(spoken, site.parts.house.tables.vocabulary("en"))
    assert told["written"]["text"] == page.text == whole.text
    assert page.text == "Small right pneumothorax. Measures 3.2 x 2 cm. No effusion."
    assert page.commands == told["written"]["commands"]
    done = [(each["name"], each["argument"], each["at"]) for each in page.commands]
    assert done == [(each.name, each.argument, each.out_at) for each in whole.commands]
    assert all(0 <= each["ms"][0] < each["ms"][1] <= len(body) // 32 for each in page.commands)
    assert any("There is a mass" in each for each in page.shown)
    assert not any(word in each for each in page.shown for word in ("cratch", "Go", "go"))


class SlowLine:
    """A line whose other side reads one message whenever `read` is called."""

    def __init__(self) -> None:
        self.told: list[Json] = []
        self._reads = asyncio.Semaphore(0)

    async def send(self, message: Json) -> None:
        await self._reads.acquire()
        self.told.append(message)

    async def read(self) -> Json:
        count = len(self.told)
        self._reads.release()
        while len(self.told) == count:
            await asyncio.sleep(0)
        return self.told[-1]


async def test_hearing_waits_for_nobody_and_slow_readers_are_told_the_newest(site: Site) -> None:
    tables = site.parts.house.tables
    audio = LiveAudio(site.workflow.folder / "live", 16_000)
    session = LiveSession("s", Accession("A1"), "", audio, None, tables.vocabulary, 0, holder=1)
    growing = GrowingText(tables.vocabulary("en"))
    line = SlowLine()
    telling = asyncio.create_task(_Teller(line, session, 1).keep_telling())  # type: ignore[arg-type]

    def hear(text: str, sure: bool) -> None:
        words = tuple(Word(each, 0, 100, 0.9) for each in text.split())
        if sure:
            session.take(Heard(Confirmed(len(session.words), words), growing.add(words)))
        else:
            session.take(Heard(Partial(words), growing.look(words)))

    hear("small", sure=False)
    await asyncio.sleep(0.01)  # the first partial is under way when the others come
    hear("small right", sure=False)
    hear("small right mass", sure=True)
    hear("measures two", sure=False)
    hear("measures two by three centimeters period", sure=True)
    hear("no", sure=False)
    hear("no effusion", sure=False)
    page = Page()
    for _ in range(3):
        page.read(await line.read())
    assert [told["type"] for told in line.told] == ["partial", "confirmed", "partial"]
    assert [len(told["words"]) for told in line.told] == [1, 9, 2]
    assert page.text == growing.now.text == "Small right mass measures 2 x 3 cm."
    assert page.shown[-1] == "Small right mass measures 2 x 3 cm. No effusion"
    session.holder = 2
    session.tell()
    with pytest.raises(Conflict):
        await telling


async def test_a_long_dictation_is_told_again_in_parts(site: Site) -> None:
    tables = site.parts.house.tables
    audio = LiveAudio(site.workflow.folder / "live", 16_000)
    session = LiveSession("s", Accession("A1"), "", audio, None, tables.vocabulary, 0, holder=1)
    growing = GrowingText(tables.vocabulary("en"))
    words = [Word(f"w{n}", n, n + 1, 0.9) for n in range(1200)]
    for first in range(0, len(words), 100):
        more = tuple(words[first : first + 100])
        session.take(Heard(Confirmed(first, more), growing.add(more)))
    line, page = SlowLine(), Page()
    telling = asyncio.create_task(_Teller(line, session, 1).tell())  # type: ignore[arg-type]
    for _ in range(3):
        page.read(await line.read())
    await telling
    assert [told["from"] for told in line.told] == [0, 500, 1000]
    assert [told["written"] is None for told in line.told] == [True, True, False]
    assert page.text == growing.now.text


def test_the_document_names_the_socket(site: Site) -> None:
    document = site.client.get("/openapi.json").json()
    assert PLACE in document["info"]["description"]
    assert f"`WS {PLACE}`" in (ROOT / "README.md").read_text()
    protocol = (ROOT / "deploy" / "live_dictation.md").read_text()
    assert f"`WS {PLACE}?" in protocol
    assert all(f'"type": "{kind}"' in protocol for kind in KINDS)
