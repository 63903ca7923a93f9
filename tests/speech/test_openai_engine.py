"""The OpenAI engine against answers of every kind, and against a real server process."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import respx

from adapter.errors import ConfigurationError, Malformed, TryAgain, Unsupported
from adapter.ports import Recognized, Recognizer, SpeechContext
from adapter.settings import Settings
from adapter.speech.engines import open_engine
from adapter.speech.openai_engine import OpenAiRecognizer
from adapter.speech.recognizer import WhisperRecognizer
from tests.fakes.transcription import KEY, serving

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
SOUND = DEMO / "DEMO-CXR-1.wav"
URL = "http://127.0.0.1:9"
ENDPOINT = f"{URL}/v1/audio/transcriptions"


def engine(**values: Any) -> OpenAiRecognizer:
    return OpenAiRecognizer(Settings(speech_engine="openai", **{"speech_url": URL, **values}))


def answer(*words: tuple[str, float, float], **values: Any) -> dict[str, Any]:
    rows = [{"word": text, "start": start, "end": end} for text, start, end in words]
    return {"text": " ".join(row[0] for row in words), "words": rows, **values}


def hear(sound: Path = SOUND, context: SpeechContext | None = None, **values: Any) -> Recognized:
    return engine(**values).recognize(sound, context or SpeechContext())


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text(f"{KEY}\n")
    return tmp_path / "key"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


def test_the_setting_chooses_the_engine() -> None:
    assert isinstance(open_engine(Settings()), WhisperRecognizer)
    port: Recognizer = open_engine(Settings(speech_engine="openai", speech_url=URL))
    assert isinstance(port, OpenAiRecognizer)


@pytest.mark.parametrize("name", ["DEMO-CXR-1", "DEMO-CTH-3"])
def test_a_real_server_hears_what_the_embedded_engine_hears(
    name: str, server: str, key_file: Path, recognizer: WhisperRecognizer
) -> None:
    heard = hear(
        DEMO / f"{name}.wav",
        speech_url=server,
        speech_model="embedded",
        speech_api_key_file=key_file,
    )
    alone = recognizer.recognize(DEMO / f"{name}.wav", SpeechContext())
    assert [word.text for word in heard.words] == [word.text for word in alone.words]
    assert (heard.language, heard.duration_ms) == ("en", alone.duration_ms)
    assert heard.model == f"embedded@{server.removeprefix('http://')}"
    assert all(0 < word.confidence <= 1 for word in heard.words)
    pairs = zip(heard.words, alone.words, strict=True)
    assert max(abs(a.start_ms - b.start_ms) for a, b in pairs) <= 500


def test_a_real_server_that_refuses_is_told_apart(server: str, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not-the-key")
    wrong = {"speech_url": server, "speech_api_key_file": tmp_path / "wrong"}
    with pytest.raises(ConfigurationError, match="READOUT_SPEECH_API_KEY_FILE") as refused:
        hear(**wrong)
    assert "not-the" not in str(refused.value)
    (tmp_path / "wrong").write_text(KEY)
    with pytest.raises(ConfigurationError, match="no model whisper-1"):
        hear(**wrong)


@respx.mock
def test_the_request_is_that_of_the_interface(key_file: Path) -> None:
    route = respx.post(ENDPOINT).respond(200, json=answer())
    phrases = ("CT chest", "pneumothorax", *(f"finding number {n}" for n in range(200)))
    hear(context=SpeechContext("en-US", phrases), speech_api_key_file=key_file)
    request = route.calls.last.request
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    body = request.content
    for name, value in {
        "model": "whisper-1",
        "language": "en",
        "response_format": "verbose_json",
        "timestamp_granularities[]": "word",
        "temperature": "0",
        "prompt": "CT chest, pneumothorax, finding number 0",
    }.items():
        assert f'name="{name}"\r\n\r\n{value}'.encode() in body
    assert b"finding number 199" not in body
    with wave.open(io.BytesIO(body[body.index(b"RIFF") :])) as sound:
        form = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
    assert form == (16000, 1, 2)


@respx.mock
@pytest.mark.parametrize("base", [URL, f"{URL}/", f"{URL}/v1", f"{URL}/v1/"])
def test_the_address_may_be_written_in_any_usual_way(base: str) -> None:
    route = respx.post(ENDPOINT).respond(200, json=answer())
    assert hear(speech_url=base).words == ()
    assert route.called


@respx.mock
def test_confidence_is_of_the_word_else_of_its_segment_else_a_half() -> None:
    told = answer(("no", 1.0, 1.2), ("pneumothorax", 2.0, 2.8), ("left lung", 3.0, 3.4))
    told["words"][0]["probability"] = 0.9
    told["segments"] = [{"start": 1.9, "end": 2.9, "avg_logprob": -0.25}]
    respx.post(ENDPOINT).respond(200, json=told)
    words = hear().words
    assert [word.text for word in words] == ["no", "pneumothorax", "left", "lung"]
    assert [word.confidence for word in words] == [0.9, round(math.exp(-0.25), 4), 0.5, 0.5]


@respx.mock
def test_times_ascend_within_the_piece_whatever_the_server_says() -> None:
    told = answer(("b", 3.0, 2.0), ("a", 1.0, 4.0), ("c", 5.0, 900.0))
    respx.post(ENDPOINT).respond(200, json=told)
    heard = hear()
    words = sorted((*heard.words, *heard.quarantined), key=lambda word: word.start_ms)
    assert [word.text for word in words] == ["a", "b", "c"]
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(words))
    assert all(word.start_ms <= word.end_ms <= heard.duration_ms for word in words)


@respx.mock
def test_text_without_speech_under_it_is_set_apart(write_sound: Any, dictation: Any) -> None:
    pause = np.zeros(8 * 16000, np.float32)
    sound = write_sound(np.concatenate([dictation, pause, dictation]))
    middle = len(dictation) / 16000 + 4
    told = answer(("clear", 2.0, 2.4), ("effusion", middle, middle + 0.5))
    respx.post(ENDPOINT).respond(200, json=told)
    heard = hear(sound)
    assert [word.text for word in heard.words] == ["clear"]
    assert [word.text for word in heard.quarantined] == ["effusion"]


@respx.mock
def test_a_loop_and_a_recited_prompt_are_set_apart() -> None:
    texts = ["clear"] * 8 + ["pneumothorax", "effusion", "nodule"]
    told = answer(*((text, 1 + n / 4, 1.2 + n / 4) for n, text in enumerate(texts)))
    respx.post(ENDPOINT).respond(200, json=told)
    heard = hear(context=SpeechContext(phrases=("pneumothorax", "effusion", "nodule")))
    assert [word.text for word in heard.words] == ["clear"]
    assert len(heard.quarantined) == 10


@respx.mock
def test_silence_is_not_sent_at_all(write_sound: Any) -> None:
    route = respx.post(ENDPOINT)
    heard = hear(write_sound(np.zeros(20 * 16000, np.float32)))
    assert (heard.words, heard.duration_ms, route.called) == ((), 20_000, False)


@respx.mock
@pytest.mark.parametrize(("told", "code"), [("german", "de"), ("de", "de"), ("", "en")])
def test_the_language_is_the_servers_when_none_is_set(told: str, code: str) -> None:
    route = respx.post(ENDPOINT).respond(200, json=answer(("ja", 1.0, 1.5), language=told))
    assert hear(context=SpeechContext("")).language == code
    assert b'name="language"' not in route.calls.last.request.content


@respx.mock
@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_passing_trouble_is_tried_again_when_the_server_says(status: int) -> None:
    respx.post(ENDPOINT).respond(status, headers={"Retry-After": "17"})
    with pytest.raises(TryAgain, match=f"HTTP {status}") as again:
        hear()
    assert again.value.after == 17.0


@respx.mock
@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError])
def test_a_broken_link_is_tried_again(error: type[httpx.TransportError]) -> None:
    respx.post(ENDPOINT).mock(side_effect=error("gone"))
    with pytest.raises(TryAgain, match=error.__name__):
        hear()


def test_nobody_at_the_address_is_tried_again() -> None:
    with pytest.raises(TryAgain, match="ConnectError"):
        hear()


@respx.mock
@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (302, "redirects"),
        (401, "READOUT_SPEECH_API_KEY_FILE"),
        (403, "READOUT_SPEECH_API_KEY_FILE"),
        (404, "READOUT_SPEECH_MODEL"),
        (400, r"refuses the request \(no such model\)"),
        (413, "refuses the request"),
    ],
)
def test_a_refusal_says_what_to_do_and_loses_no_dictation(status: int, advice: str) -> None:
    """Not Rejected: the WAV is ours, so the set-up is wrong and the dictation waits for it."""
    headers = {"Location": "http://elsewhere.test/"}
    respx.post(ENDPOINT).respond(status, text="no such\nmodel", headers=headers)
    with pytest.raises(ConfigurationError, match=advice):
        hear()


@respx.mock
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"words": 3}', b'{"words": [{"word": "a", "start": NaN, "end": 1}]}'],
)
def test_an_answer_that_cannot_be_read_is_tried_again(body: bytes) -> None:
    respx.post(ENDPOINT).respond(200, content=body)
    with pytest.raises(TryAgain, match="no verbose_json"):
        hear()


@respx.mock
def test_text_without_word_times_is_never_dropped() -> None:
    respx.post(ENDPOINT).respond(200, json={"text": "no pneumothorax"})
    with pytest.raises(ConfigurationError, match="without word times"):
        hear()


@respx.mock
def test_what_is_not_audio_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    route = respx.post(ENDPOINT)
    for body, error in ((b"", Malformed), (b"%PDF-1.7 not a sound" * 50, Unsupported)):
        (tmp_path / "sound").write_bytes(body)
        with pytest.raises(error):
            hear(tmp_path / "sound")
    assert not route.called


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "needs READOUT_SPEECH_URL"),
        ("ftp://127.0.0.1", "http:// or https://"),
        ("http://", "http:// or https://"),
        ("http://me:secret@127.0.0.1", "no user"),
        ("http://127.0.0.1/?key=secret", "no user"),
        ("http://speech.test:8000", "would send recordings to speech.test"),
        ("http://127.0.0.1.speech.test", "would send recordings"),
        ("http://0.0.0.0", "would send recordings"),
    ],
)
def test_recordings_stay_inside_unless_the_host_is_listed(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as refused:
        engine(speech_url=url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://[::1]:8000", "http://127.9.9.9"])
def test_this_machine_needs_no_list(url: str) -> None:
    assert engine(speech_url=url).label.startswith("whisper-1@")


def test_a_listed_host_is_allowed_and_gets_a_key_only_over_tls(key_file: Path) -> None:
    listed = {"speech_url_allowed_hosts": "other.test, Speech.test"}
    assert engine(speech_url="http://speech.test", **listed).label == "whisper-1@speech.test"
    engine(speech_url="https://speech.test", speech_api_key_file=key_file, **listed)
    with pytest.raises(ConfigurationError, match="must be https"):
        engine(speech_url="http://speech.test", speech_api_key_file=key_file, **listed)


@pytest.mark.parametrize("body", [None, b"", b"two\nlines", b"\xff\xfe"])
def test_a_key_that_cannot_be_sent_shows_at_start(body: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(ConfigurationError, match="holds no key of one line"):
        engine(speech_api_key_file=path)


def test_a_proxy_of_the_environment_is_not_used(
    server: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    heard = hear(speech_url=server, speech_model="embedded", speech_api_key_file=key_file)
    assert heard.words
