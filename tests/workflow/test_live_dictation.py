from __future__ import annotations

import asyncio
import io
import wave
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Word
from adapter.errors import Conflict, Malformed, NotFound, TryAgain
from adapter.ports import SpeechContext
from adapter.reporting.live_text import LiveText
from adapter.speech.pieces import Piece
from adapter.speech.streaming import LiveHearing, Memory
from adapter.speech.utterances import CutRule
from adapter.store import dictations
from adapter.store.live_audio import LiveAudio
from adapter.workflow import live_dictation
from adapter.workflow.live_dictation import IDLE_S, Final, LiveDictations
from adapter.workflow.live_session import LiveSession
from tests.fakes.house import Workflow

A1 = Accession("A1")
RATE = 16_000


def samples(count: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).integers(-50, 50, count).astype("<i2").tobytes()


def live(workflow: Workflow, **values: object) -> LiveDictations:
    object.__setattr__(workflow.house, "audio_limit", 10_000_000)
    audio = LiveAudio(workflow.folder / "live", RATE)
    listen = values.pop("listen", None)
    return LiveDictations(workflow.house, workflow.dictations, audio, listen, **values)  # type: ignore[arg-type]


def stored(workflow: Workflow, accession: str = "A1") -> list[bytes]:
    """The samples of each dictation of a study."""
    with workflow.database.read() as tx:
        found = dictations.of_study(tx, accession)
    bodies = [workflow.house.audio.path(each.audio_sha256).read_bytes() for each in found]
    assert {each.media_type for each in found} <= {"audio/wav"}
    return [wave.open(io.BytesIO(body)).readframes(1 << 30) for body in bodies]


async def begun(made: LiveDictations, accession: Accession = A1) -> LiveSession:
    return (await made.attach(accession, None, "123"))[0]


async def test_a_dictation_is_what_was_sent(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    body = samples(1000)
    assert await session.append(session.holder, 0, body[:600]) == 300
    assert await session.append(session.holder, 300, body[600:]) == 1000
    assert await made.stop(session) == Final("d-1", "", LiveText())
    assert stored(workflow) == [body]
    assert workflow.events("A1")[-1] == "dictated"
    assert [path.suffix for path in (workflow.folder / "live").iterdir()] == [".json"]


async def test_samples_sent_again_are_kept_once(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    body = samples(1000)
    for first, end in [(0, 400), (200, 300), (0, 400), (350, 800), (800, 1000)]:
        await session.append(session.holder, first, body[2 * first : 2 * end])
    await made.stop(session)
    assert stored(workflow) == [body]


async def test_a_gap_is_refused_and_nothing_kept_of_it(workflow: Workflow) -> None:
    session = await begun(live(workflow))
    await session.append(session.holder, 0, samples(100))
    with pytest.raises(Malformed, match="send from 100"):
        await session.append(session.holder, 101, samples(10))
    assert session.have == 100


async def test_a_newer_connection_takes_over(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    old = session.holder
    await session.append(old, 0, samples(100))
    again, holder = await made.attach(A1, session.id, "123")
    assert again is session
    assert holder == session.holder != old
    with pytest.raises(Conflict):
        await session.append(old, 100, samples(10))
    made.detach(session, old)
    assert session.holder == holder
    assert await session.append(session.holder, 100, samples(10)) == 110


async def test_a_session_outlives_the_process(workflow: Workflow) -> None:
    first = live(workflow)
    session = await begun(first)
    body = samples(1000)
    await session.append(session.holder, 0, body[:1000])
    with (workflow.folder / "live" / f"{session.id}.pcm").open("ab") as file:
        file.write(b"\x01")  # half a sample: the process was killed while it wrote
    second = live(workflow)
    again, _ = await second.attach(A1, session.id, "123")
    assert again.have == 500
    await again.append(again.holder, 500, body[1000:])
    await second.stop(again)
    assert stored(workflow) == [body]


async def test_what_is_left_behind_becomes_a_dictation_once(workflow: Workflow) -> None:
    session = await begun(live(workflow))
    body = samples(500)
    await session.append(session.holder, 0, body)
    after = live(workflow)
    workflow.clock.moment = _now(workflow.folder, session.id)
    assert await after.sweep() == 0  # its speaker may still come back
    workflow.clock.forward(IDLE_S + 1)
    assert await after.sweep() == 1
    assert await after.sweep() == 0
    assert stored(workflow) == [body]
    assert await after.settled(A1, session.id) == Final("d-1", "", LiveText())


async def test_sweeping_outlives_an_outage_of_the_database(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, swept = live(workflow), asyncio.Event()
    answers = iter([sa.exc.OperationalError("gone", None, Exception())])

    async def sweep() -> int:
        if error := next(answers, None):
            raise error
        swept.set()
        return 0

    monkeypatch.setattr(made, "sweep", sweep)
    monkeypatch.setattr(live_dictation, "_SWEEP_S", 0.01)
    sweeping = asyncio.create_task(made.keep_sweeping())
    async with asyncio.timeout(30):
        await swept.wait()
    sweeping.cancel()


async def test_a_connected_session_is_not_swept(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    await session.append(session.holder, 0, samples(500))
    workflow.clock.moment = _now(workflow.folder, session.id)
    workflow.clock.forward(IDLE_S + 1)
    assert await made.sweep() == 0
    made.detach(session, session.holder)
    assert await made.sweep() == 1


async def test_killed_between_dictation_and_settling(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    await session.append(session.holder, 0, samples(500))
    made._store(session.id)  # and then the process is killed
    after = live(workflow)
    again, _ = await after.attach(A1, session.id, "")
    assert (await after.stop(again)).dictation == "d-1"
    assert len(stored(workflow)) == 1


async def test_nothing_said_is_no_dictation(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    nothing = Final(None, "", LiveText())
    assert await made.stop(session) == nothing
    assert await made.settled(A1, session.id) == nothing


async def test_sessions_of_others_and_unknown_ones(workflow: Workflow) -> None:
    made = live(workflow)
    session = await begun(made)
    for accession, id_ in [("A2", session.id), ("A1", "0" * 32), ("A1", "../../etc/passwd")]:
        with pytest.raises(NotFound):
            await made.settled(Accession(accession), id_)


async def test_too_many_speakers_are_asked_to_wait(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_dictation, "MOST_SESSIONS", 2)
    made = live(workflow)
    first = await begun(made)
    await begun(made)
    with pytest.raises(TryAgain):
        await begun(made)
    await made.attach(A1, first.id, "")  # but who is in may come again
    made.detach(first, first.holder)
    await begun(made)


class Ears:
    """Hears every piece as one word, and writes down whose turn it was."""

    rule = CutRule(longest=200, bridge=6, margin=6)
    language = "en"

    def __init__(self, name: str, turns: list[str]) -> None:
        self.words: tuple[Word, ...] = ()
        self._name = name
        self._turns = turns

    def hear(self, pieces: list[Piece]) -> None:
        self._turns.append(self._name)

    def sketch(self, piece: Piece) -> tuple[()]:
        return ()


async def test_two_speakers_take_turns(
    workflow: Workflow, dictation: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 0.0)  # all turns are as long
    turns: list[str] = []
    names = iter("AB")

    def listen(context: SpeechContext, memory: Memory) -> LiveHearing:
        return LiveHearing(Ears(next(names), turns))  # type: ignore[arg-type]

    made = live(workflow, listen=listen)
    sessions = [await begun(made, Accession(name)) for name in ("A1", "A2")]
    for session in sessions:
        await session.append(session.holder, 0, dictation)
    await asyncio.gather(*(made.stop(session) for session in sessions))
    assert turns.count("A") == turns.count("B") >= 3
    first_done = min(len(turns) - 1 - turns[::-1].index(name) for name in "AB")
    assert set(turns[: first_done - 1]) == {"A", "B"}  # nobody is heard through first


@pytest.fixture(scope="module")
def dictation() -> bytes:
    audio = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
    with wave.open(str(audio / "DEMO-CXR-1.wav")) as file:
        return file.readframes(1 << 30)


class Sayings(Ears):
    """Hears a new word in each piece."""

    def hear(self, pieces: list[Piece]) -> None:
        super().hear(pieces)
        (piece,) = pieces
        said = Word(f"w{len(self._turns)}", piece.begin_ms, piece.end_ms, 0.9)
        self.words = (*self.words, said)


async def test_what_was_confirmed_is_not_heard_again_after_a_crash(
    workflow: Workflow, dictation: bytes
) -> None:
    turns: list[str] = []

    def listen(context: SpeechContext, memory: Memory) -> LiveHearing:
        return LiveHearing(Sayings("A", turns), memory)  # type: ignore[arg-type]

    first = live(workflow, listen=listen)
    session = await begun(first)
    half = len(dictation) // 4 * 2
    await session.append(session.holder, 0, dictation[:half])
    while session.heard < session.have or len(session.words) < 2:
        await asyncio.sleep(0.01)
    before = list(session.words)
    words = workflow.folder / "live" / f"{session.id}.words"
    words.write_bytes(words.read_bytes() + b'\n{"ms": [17')  # killed while it wrote
    again, _ = await (second := live(workflow, listen=listen)).attach(A1, session.id, "")
    await again.append(again.holder, half // 2, dictation[half:])
    final = await second.stop(again)
    assert again.words[: len(before)] == before
    assert [word.text for word in again.words] == [f"w{n}" for n in range(1, len(turns) + 1)]
    assert len(turns) > len(before)
    assert final.spoken == " ".join(word.text for word in again.words)
    assert not words.exists()


async def test_a_model_that_fails_costs_no_audio(workflow: Workflow) -> None:
    def listen(context: SpeechContext, memory: Memory) -> LiveHearing:
        raise RuntimeError("the model is gone")

    made = live(workflow, listen=listen)
    session = await begun(made)
    body = samples(1000)
    await session.append(session.holder, 0, body)
    assert await made.stop(session) == Final("d-1", "", LiveText())
    assert stored(workflow) == [body]


async def test_only_its_minutes_bound_a_session(workflow: Workflow) -> None:
    made = live(workflow, longest_minutes=10.0)
    assert made.longest_samples == 600 * RATE
    assert live(workflow, longest_minutes=1e6).longest_samples < 1 << 31  # a WAV file has an end
    session = await begun(made)
    body = bytes(10_000_002)  # larger than any body that HTTP takes
    await session.append(session.holder, 0, body)
    assert (await made.stop(session)).dictation == "d-1"
    assert stored(workflow) == [body]


async def test_only_who_outruns_speech_and_model_is_held_up(workflow: Workflow) -> None:
    session = await begun(live(workflow))
    session.listen = lambda: LiveHearing(Ears("A", []))  # type: ignore[arg-type]
    session.have = 61 * RATE
    assert session.runs_ahead(session.opened_at + 10)
    assert not session.runs_ahead(session.opened_at + 61)
    session.heard = 30 * RATE
    assert not session.runs_ahead(session.opened_at + 10)


def _now(folder: Path, id_: str) -> datetime:
    return datetime.fromtimestamp((folder / "live" / f"{id_}.pcm").stat().st_mtime, UTC)


async def test_other_nodes_know_who_speaks_until_the_end_or_the_death_of_the_node(
    workflow: Workflow,
) -> None:
    here, there = live(workflow, node="n1"), live(workflow, node="n2")
    session = await begun(here)
    assert here.speaking() == there.speaking() == {"A1"}
    here.detach(session, session.holder)
    async with asyncio.timeout(10):
        while there.speaking():
            await asyncio.sleep(0.01)
    _, holder = await here.attach(A1, session.id, "123")
    assert there.speaking() == {"A1"}
    workflow.clock.forward(3600)  # it was killed: nobody renews what it told
    assert there.speaking() == set()
    workflow.clock.forward(-7200)  # set back: it is no longer believed for that
    assert there.speaking() == set()
    assert here.speaking() == {"A1"}
    here.detach(session, holder)
