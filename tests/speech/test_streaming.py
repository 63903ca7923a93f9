from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from adapter.domain.transcript import Word
from adapter.errors import TryAgain
from adapter.ports import SpeechContext
from adapter.speech.pieces import Piece
from adapter.speech.recognizer import WhisperRecognizer
from adapter.speech.streaming import Confirmed, LiveHearing, Partial, _agreed
from adapter.speech.utterances import CutRule
from tests.speech.conftest import DEMO

CHUNK = 3200  # bytes of 100 ms
CONTEXT = SpeechContext()
RECORDINGS = sorted(DEMO.glob("*.wav"))


def pcm(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(1 << 30)


def events(live: LiveHearing, body: bytes, size: int = CHUNK) -> Iterator[Confirmed | Partial]:
    """What is heard while `body` comes in chunks, and after it."""
    for at in range(0, len(body), size):
        live.feed(body[at : at + size])
        while (event := live.step()) is not None:
            yield event
    live.finish()
    while (event := live.step()) is not None:
        yield event


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_live_words_are_those_of_the_recording(recognizer: WhisperRecognizer, path: Path) -> None:
    live = LiveHearing(recognizer.hearing(CONTEXT))
    confirmed = [each for each in events(live, pcm(path)) if isinstance(each, Confirmed)]
    said = [word for each in confirmed for word in each.words]
    assert tuple(said) == live.words
    batch = recognizer.recognize(path, CONTEXT).words
    assert [word.text for word in said] == [word.text for word in batch]
    assert [word.start_ms for word in said] == [word.start_ms for word in batch]


def test_confirmed_words_follow_each_other_and_never_change(recognizer: WhisperRecognizer) -> None:
    live = LiveHearing(recognizer.hearing(CONTEXT))
    before = live.words
    for event in events(live, pcm(RECORDINGS[0])):
        assert live.words[: len(before)] == before
        if isinstance(event, Confirmed):
            assert event.first == len(before)
            assert live.words[event.first :] == event.words
        else:
            assert live.words == before
        before = live.words
    assert len(before) > 20


def test_chunks_of_any_size_confirm_the_same_words(recognizer: WhisperRecognizer) -> None:
    body = pcm(RECORDINGS[1])

    def heard(size: int) -> list[str]:
        live = LiveHearing(recognizer.hearing(CONTEXT))
        list(events(live, body, size))
        return [word.text for word in live.words]

    assert heard(254) == heard(CHUNK) == heard(len(body))


def test_text_appears_while_an_utterance_is_spoken(recognizer: WhisperRecognizer) -> None:
    """The audio itself is the clock: no second of speech goes by without a look at it."""
    live = LiveHearing(recognizer.hearing(CONTEXT))
    body = pcm(RECORDINGS[2])
    looks = []
    for at in range(0, len(body), CHUNK):
        live.feed(body[at : at + CHUNK])
        while (event := live.step()) is not None:
            if event.words:
                looks.append((at // 32, event.words))
    began = recognizer.recognize(RECORDINGS[2], CONTEXT).words[0].start_ms
    assert looks[0][0] <= began + 1000
    for (earlier, _), (later, words) in pairwise(looks):
        assert later - earlier <= 1000 or words[0].start_ms > earlier


def test_silence_is_never_looked_at(recognizer: WhisperRecognizer) -> None:
    live = LiveHearing(recognizer.hearing(CONTEXT))
    assert list(events(live, bytes(32_000 * 5))) == []


def test_who_is_behind_hears_what_has_ended_first(recognizer: WhisperRecognizer) -> None:
    live = LiveHearing(recognizer.hearing(CONTEXT))
    live.feed(pcm(RECORDINGS[0]))
    assert live.is_behind
    while live.is_behind:
        assert isinstance(live.step(), Confirmed)
    assert live.step(partials=False) is None


class Ears:
    """Hears one word for each half second; the last one is never sure before it has ended."""

    rule = CutRule(longest=400, bridge=60, margin=6)
    language = "en"

    def __init__(self) -> None:
        self.words: tuple[Word, ...] = ()

    def hear(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self.words += self.sketch(piece)

    def sketch(self, piece: Piece) -> tuple[Word, ...]:
        begin, end = piece.speech[0][0], piece.speech[-1][1]
        starts = range(begin, end, 500)
        return tuple(Word(f"w{at - begin}", at, min(at + 500, end), 0.9) for at in starts)


@pytest.fixture(scope="module")
def sentence() -> bytes:
    """Speech to its last word, without the pause behind it."""
    return pcm(RECORDINGS[0])[: 2 * 16 * 2000]


def told(live: LiveHearing, paused: bool = False) -> list[str]:
    words: list[str] = []
    while (event := live.step(paused=paused)) is not None:
        assert isinstance(event, Partial)
        words = [word.text for word in event.words]
    return words


def test_the_last_words_are_told_before_the_pause_is_long_enough_to_end_it(sentence: bytes) -> None:
    live = LiveHearing(Ears())
    words: list[str] = []
    for at in range(0, len(sentence) + 32_000, CHUNK):  # a second of silence; 1.9 s end it
        live.feed((sentence + bytes(32_000))[at : at + CHUNK])
        words = told(live) or words
    live.finish()
    event = live.step()
    assert isinstance(event, Confirmed)
    assert words == [word.text for word in event.words]
    assert len(words) >= 3


def test_a_word_is_told_when_two_looks_agree_or_it_ended_long_enough_ago() -> None:
    def words(*ends: tuple[int, float]) -> tuple[Word, ...]:
        return tuple(Word(f"w{n}", end - 100, end, sure) for n, (end, sure) in enumerate(ends))

    now = words((1000, 0.2), (1450, 0.95), (1500, 0.5), (1950, 0.99))
    assert _agreed((), now, 2000) == now[:3]
    assert _agreed((), now, 1900) == now[:2]
    assert _agreed((), now, 1600) == now[:1]
    assert _agreed(now[:3], now, 1600) == now[:3]
    assert _agreed(now, now[:2], 1500) == now[:2]
    assert _agreed((), now, 1400) == ()


def test_silence_behind_what_was_told_is_not_looked_at_again(sentence: bytes) -> None:
    ears = Ears()
    live = LiveHearing(ears)
    looks = []
    sketch = ears.sketch
    ears.sketch = lambda piece: looks.append(piece.end_ms) or sketch(piece)  # type: ignore[method-assign]
    live.feed(sentence)
    for _ in range(12):
        told(live)
        live.feed(bytes(CHUNK))
    assert len(looks) <= 3


def test_a_pause_tells_all_that_was_said(sentence: bytes) -> None:
    live = LiveHearing(Ears())
    live.feed(sentence)
    told(live)
    words = told(live, paused=True)
    assert live.step(paused=True) is None
    live.finish()
    event = live.step()
    assert isinstance(event, Confirmed)
    assert words == [word.text for word in event.words]


def test_what_could_not_be_decoded_is_heard_the_next_time(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hearing = recognizer.hearing(CONTEXT)
    live = LiveHearing(hearing)
    live.feed(pcm(RECORDINGS[0]))
    decode = hearing._decoder.decode

    def fail(*given: object) -> None:
        raise TryAgain("out of memory")

    monkeypatch.setattr(hearing._decoder, "decode", fail)
    with pytest.raises(TryAgain):
        live.step()
    monkeypatch.setattr(hearing._decoder, "decode", decode)
    live.finish()
    while live.step() is not None:
        pass
    assert live.words == recognizer.recognize(RECORDINGS[0], CONTEXT).words
