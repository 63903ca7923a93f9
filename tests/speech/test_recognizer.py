import re
import shutil
import statistics
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import ConfigurationError, Malformed, TooLarge, Unsupported
from adapter.ports import Recognizer, SpeechContext
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.decoder import HeardWord
from adapter.speech.model_store import EMBEDDED
from adapter.speech.recognizer import WhisperRecognizer, timed_words
from tests.speech.sounds import music

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
CONTEXT = SpeechContext(phrases=("pneumothorax", "pleural effusion", "consolidation"))
NOISE_SECONDS = 12


def noises():
    generator = np.random.default_rng(7)
    time = np.arange(NOISE_SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    white = generator.normal(0, 1, len(time))
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.arange(1, len(white) // 2 + 2)))
    chord = sum(np.sin(2 * np.pi * f * time + f) for f in (220, 277.2, 329.6, 440))
    return {
        "silence": np.zeros_like(time),
        "quiet hiss": white * 0.002,
        "white noise": white * 0.2,
        "pink noise": pink / np.abs(pink).max() * 0.5,
        "mains hum": 0.2 * np.sin(2 * np.pi * 50 * time) + 0.1 * np.sin(2 * np.pi * 150 * time),
        "beeps": 0.5 * np.sin(2 * np.pi * 1000 * time) * (time % 1 < 0.2),
        "music bed": 0.1 * chord * (1 + np.sin(2 * np.pi * 0.5 * time)),
        "music": music(generator, len(time)),
        "clicks": (generator.random(len(time)) < 0.0002) * 0.9,
    }


@pytest.fixture(scope="module")
def prompted(tmp_path_factory) -> WhisperRecognizer:
    """The embedded weights declared as a model that takes prompts and full windows."""
    folder = tmp_path_factory.mktemp("models") / "prompted"
    shutil.copytree(EMBEDDED, folder)
    (folder / "readout-model.json").unlink()
    return WhisperRecognizer(folder, threads=1)


def spoken(recognized):
    return " ".join(word.text for word in recognized.words)


def test_it_is_a_recognizer(recognizer):
    port: Recognizer = recognizer
    assert port is recognizer


@pytest.mark.parametrize("name", ["DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3", "DEMO-CTA-4"])
def test_demonstration_dictations_are_heard(name, recognizer):
    heard = recognizer.recognize(DEMO / f"{name}.wav", CONTEXT)
    said = (DEMO / f"{name}.txt").read_text().strip()
    assert jiwer.wer(said, spoken(heard)) <= 0.25
    assert heard.language == "en"
    assert re.fullmatch(r"[\w.-]+@[0-9a-f]{12}", heard.model)
    with wave.open(str(DEMO / f"{name}.wav")) as file:
        assert heard.duration_ms == file.getnframes() * 1000 // file.getframerate()


def test_words_have_times_in_the_recording_and_confidences(recognizer):
    heard = recognizer.recognize(DEMO / "DEMO-CTA-4.wav", CONTEXT)
    last = 0
    for word in heard.words:
        assert last <= word.start_ms <= word.end_ms <= heard.duration_ms
        assert 0.0 <= word.confidence <= 1.0
        assert word.text == word.text.strip() != ""
        assert " " not in word.text
        last = word.end_ms
    assert heard.words[-1].start_ms > 0.8 * heard.duration_ms


def test_silence_before_speech_shifts_the_times_by_itself(recognizer, dictation, write_sound):
    plain = recognizer.recognize(write_sound(dictation, "plain.wav"), CONTEXT)
    quiet = np.zeros(15 * 32 * 16 * 10 * 2, np.float32)  # whole windows of 32 ms: 9.6 s
    late = recognizer.recognize(write_sound(np.concatenate([quiet, dictation])), CONTEXT)
    assert spoken(late) == spoken(plain)
    moved = [b.start_ms - a.start_ms for a, b in zip(plain.words, late.words, strict=True)]
    assert statistics.median(moved) == 9600
    assert all(abs(each - 9600) <= 500 for each in moved)  # a piece may be cut a window later


@pytest.mark.parametrize("name", noises())
def test_no_words_come_out_of_noise(name, recognizer, prompted, write_sound):
    sound = write_sound(noises()[name].astype(np.float32))
    for engine in (recognizer, prompted):
        heard = engine.recognize(sound, CONTEXT)
        assert heard.words == ()
        if name != "music":
            assert heard.quarantined == ()
        assert heard.duration_ms == NOISE_SECONDS * 1000


def test_the_same_recording_gives_the_same_words(recognizer):
    first = recognizer.recognize(DEMO / "DEMO-CXR-1.wav", CONTEXT)
    assert recognizer.recognize(DEMO / "DEMO-CXR-1.wav", CONTEXT) == first


def test_several_threads_load_once_and_hear_the_same(recognizer, monkeypatch):
    fresh = WhisperRecognizer(threads=1)
    loads = []
    monkeypatch.setattr(
        "adapter.speech.recognizer.find_model",
        lambda *given: loads.append(given) or fresh_model(*given),
    )
    files = [DEMO / "DEMO-CXR-1.wav", DEMO / "DEMO-CTH-3.wav"] * 2
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda file: fresh.recognize(file, CONTEXT), files))
    assert heard == [recognizer.recognize(file, CONTEXT) for file in files]
    assert len(loads) == 1


def fresh_model(*given):
    from adapter.speech.model_store import find_model

    return find_model(*given)


def test_a_model_that_takes_prompts_is_given_those_that_fit(prompted):
    phrases = tuple(f"finding number {i}" for i in range(200))
    heard = prompted.recognize(DEMO / "DEMO-CXR-1.wav", SpeechContext(phrases=phrases))
    assert heard.duration_ms > 10_000


def test_a_piece_in_which_the_model_loops_is_heard_in_halves(prompted, monkeypatch):
    """The real decoder, made to loop on whatever is longer than eight seconds."""
    prompted.load()
    decoder = prompted._loaded[1]
    real = decoder.decode
    asked = []

    def loops(pieces, *rest):
        asked.extend(len(piece) / SAMPLE_RATE for piece in pieces)
        looped = [HeardWord(" no", i / 10, i / 10 + 0.1, 0.9) for i in range(40)]
        found = real(pieces, *rest)
        return [
            looped if len(piece) > 8 * SAMPLE_RATE else words
            for piece, words in zip(pieces, found, strict=True)
        ]

    monkeypatch.setattr(decoder, "decode", loops)
    heard = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    assert asked[0] > 8 > min(asked)
    assert len(asked) <= 7
    assert not heard.quarantined
    assert heard.words[0].start_ms < 1000
    assert heard.words[-1].start_ms > 6000


def test_what_the_model_skips_is_heard_again(prompted, monkeypatch):
    """The real decoder, made to skip all but the first three seconds of a long piece."""
    whole = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    decoder = prompted._loaded[1]
    real = decoder.decode

    def skips(pieces, *rest):
        return [
            [word for word in words if len(piece) <= 8 * SAMPLE_RATE or word.end < 3]
            for piece, words in zip(pieces, real(pieces, *rest), strict=True)
        ]

    monkeypatch.setattr(decoder, "decode", skips)
    heard = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    assert len(heard.words) > 0.8 * len(whole.words)
    assert heard.words[-1].start_ms > 10_000


def test_speech_in_which_no_word_is_recognised_is_told(prompted, monkeypatch):
    whole = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    assert whole.unheard == ()
    monkeypatch.setattr(prompted._loaded[1], "decode", lambda pieces, *rest: [[] for _ in pieces])
    deaf = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    assert deaf.words == ()
    missed = sum(end - begin for begin, end in deaf.unheard)
    assert 0.5 * deaf.duration_ms < missed <= deaf.duration_ms


def test_a_loop_that_cannot_be_split_is_quarantined(prompted, monkeypatch):
    prompted.load()
    looped = [HeardWord(" no", i / 100, i / 100 + 0.1, 0.9) for i in range(40)]
    monkeypatch.setattr(
        prompted._loaded[1], "decode", lambda pieces, *rest: [looped for _ in pieces]
    )
    heard = prompted.recognize(DEMO / "DEMO-CTH-3.wav", SpeechContext())
    assert len(heard.words) < 8
    assert len(heard.quarantined) > 39 * len(heard.words) - 40


def test_progress_tells_how_far_it_is(recognizer):
    seen = []
    recognizer.recognize(DEMO / "DEMO-CTA-4.wav", CONTEXT, lambda *now: seen.append(now))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with wave.open(str(DEMO / "DEMO-CTA-4.wav")) as file:
        assert {total for _, total in seen} == {file.getnframes() * 1000 // file.getframerate()}


@pytest.mark.parametrize("language", ["en", "en-US", "EN", ""])
def test_an_english_model_hears_english(language, recognizer):
    assert recognizer.recognize(DEMO / "DEMO-CXR-1.wav", SpeechContext(language)).language == "en"


def test_an_english_model_does_not_make_english_of_german(recognizer):
    with pytest.raises(ConfigurationError, match="does not hear language 'de'"):
        recognizer.recognize(DEMO / "DEMO-CXR-1.wav", SpeechContext("de"))


def test_bad_input_is_refused_before_a_model_is_loaded(tmp_path):
    engine = WhisperRecognizer("/no/such/model")
    cases = {b"": Malformed, b"%PDF-1.7": Unsupported, b"\x03ds2\x00": Unsupported}
    for body, error in cases.items():
        path = tmp_path / "input"
        path.write_bytes(body)
        with pytest.raises(error):
            engine.recognize(path, CONTEXT)
    assert not engine.is_loaded


def test_a_recording_over_the_limit_is_refused():
    engine = WhisperRecognizer(threads=1, longest_minutes=0.1)
    with pytest.raises(TooLarge):
        engine.recognize(DEMO / "DEMO-CXR-1.wav", CONTEXT)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"model": "/no/such/model"}, "does not exist"),
        ({"compute_type": "int3"}, "READOUT_SPEECH_COMPUTE_TYPE=int3"),
        ({"device": "tpu"}, "READOUT_SPEECH_DEVICE=tpu"),
    ],
)
def test_wrong_settings_say_what_to_do(options, reason):
    with pytest.raises(ConfigurationError, match=reason):
        WhisperRecognizer(**options).load()


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json"])
def test_a_broken_model_file_is_a_configuration_error(name, tmp_path):
    folder = Path(shutil.copytree(EMBEDDED, tmp_path / "broken"))
    (folder / name).write_bytes(b"broken")
    with pytest.raises(ConfigurationError, match="broken"):
        WhisperRecognizer(folder).load()


@pytest.mark.parametrize("full_window", [False, True])
def test_recordings_heard_at_once_share_batches_and_keep_their_words(
    full_window, recognizer, prompted, tmp_path, monkeypatch
):
    """Four recordings with phrases of their own, and a broken one among them."""
    alone = prompted if full_window else recognizer
    model = "" if not full_window else prompted._setting
    shared = WhisperRecognizer(model, threads=1, batch=4)
    shared.load()
    decoder, sizes = shared._loaded[1], []
    encode = decoder._whisper.encode
    monkeypatch.setattr(
        decoder._whisper, "encode", lambda sound: sizes.append(len(sound)) or encode(sound)
    )
    files = [DEMO / f"{name}.wav" for name in ("DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3")]
    files.append(tmp_path / "broken.wav")
    files[-1].write_bytes(files[0].read_bytes()[:40])
    contexts = [SpeechContext(phrases=("lung",) if full_window else ()) for _ in files]
    with ThreadPoolExecutor(len(files)) as pool:
        made = [pool.submit(shared.recognize, *each) for each in zip(files, contexts, strict=True)]
    with pytest.raises(Unsupported):
        made.pop().result()
    for path, context, each in zip(files, contexts, made, strict=False):
        expected = alone.recognize(path, context)
        assert spoken(each.result()) == spoken(expected)
        assert each.result().duration_ms == expected.duration_ms
    assert max(sizes) <= 4
    assert not full_window or max(sizes) > 1


def test_nothing_heavy_is_imported_before_the_first_recording():
    code = (
        "import sys; from adapter.speech.recognizer import WhisperRecognizer; WhisperRecognizer();"
        "print([m for m in ('numpy', 'av', 'ctranslate2', 'faster_whisper') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MEMORY = """
import sys
from pathlib import Path
from adapter.ports import SpeechContext
from adapter.speech.recognizer import WhisperRecognizer
def megabytes(key):
    line = next(l for l in open("/proc/self/status") if l.startswith(key))
    return int(line.split()[1]) / 1024
engine = WhisperRecognizer(threads=1)
for path in sys.argv[1:]:
    heard = engine.recognize(Path(path), SpeechContext())
    print(heard.duration_ms, len(heard.words), megabytes("VmRSS"), megabytes("VmHWM"))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux /proc")
def test_memory_does_not_grow_with_the_length_of_a_recording(dictation, write_sound):
    """A quarter of an hour with speech now and then is 60 MB of samples; few may be held."""
    pause = np.zeros(2 * 60 * SAMPLE_RATE, np.float32)
    short = write_sound(np.tile(dictation, 3), "short.wav")
    long = write_sound(np.tile(np.concatenate([dictation, pause]), 7), "long.wav")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, short, short, long],
        capture_output=True,
        text=True,
        check=True,
    )
    _, warm, after = [[float(x) for x in line.split()] for line in done.stdout.splitlines()]
    assert after[0] > 15 * 60_000
    assert after[1] > 1.5 * warm[1]
    assert after[3] - warm[3] < 25
    assert after[3] < 400


@given(
    st.lists(st.builds(HeardWord, st.just(" no"), *[st.floats(-1, 40)] * 2, st.floats(-1, 2))),
    st.integers(0, 5000),
    st.integers(0, 5000),
)
def test_timed_words_ascend_inside_their_piece(heard, begin, length):
    last = begin
    words = timed_words(heard, begin, begin + length)
    assert len(words) == len(heard)
    for word in words:
        assert last <= word.start_ms <= word.end_ms <= begin + length
        assert 0.0 <= word.confidence <= 1.0
        last = word.end_ms
