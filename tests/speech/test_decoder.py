import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from adapter.errors import ConfigurationError, TryAgain
from adapter.speech.decoder import HOTWORD_TOKENS, WhisperDecoder, _words, runs_on_gpu
from adapter.speech.model_store import find_model


@pytest.fixture(scope="module")
def decoder() -> WhisperDecoder:
    return WhisperDecoder(find_model(""), "cpu", "int8", 1)


def piece(text, start, end, probability=0.9):
    return {"word": text, "start": start, "end": end, "probability": probability}


def test_parts_of_one_written_word_are_glued_with_the_lowest_confidence():
    aligned = [
        piece(" L4", 0.0, 0.4, 0.9),
        piece("-L5", 0.4, 0.8, 0.3),
        piece(" is", 0.8, 1.0),
        piece(" 3", 1.0, 1.2),
        piece(".2", 1.2, 1.5, 0.6),
        piece(" cm", 1.5, 1.8),
        piece(".", 1.8, 1.9),
        piece("", 1.9, 1.9),
    ]
    heard = [(w.text.strip(), w.start, w.end, w.probability) for w in _words(aligned, "en")]
    assert heard == [
        ("L4-L5", 0.0, 0.8, 0.3),
        ("is", 0.8, 1.0, 0.9),
        ("3.2", 1.0, 1.5, 0.6),
        ("cm.", 1.5, 1.9, 0.9),
    ]


def test_languages_without_blanks_keep_their_pieces():
    assert len(_words([piece("肺", 0, 1), piece("炎", 1, 2)], "ja")) == 2


SENTENCES = [(0.1, 2.1), (2.2, 4.9), (7.3, 10.0), (0.1, 2.1)]  # seconds, with pauses around them
PROMPTS = ["", "no mass", "no lung", ""]


@pytest.mark.parametrize("full_window", [False, True])
@pytest.mark.parametrize("beam", [1, 5])
def test_recordings_heard_together_say_what_each_says_alone(
    dictation, tmp_path, monkeypatch, full_window, beam
):
    """Pieces of four recordings with prompts of their own, asked for from four threads."""
    model = find_model("")
    properties = model.properties.model_copy(update={"full_window": full_window})
    decoder = WhisperDecoder(replace(model, properties=properties), "cpu", "int8", 1, batch=4)
    pieces = [dictation[int(a * 16_000) : int(b * 16_000)] for a, b in SENTENCES]
    asked = list(zip(pieces, PROMPTS, strict=True))
    alone = [decoder.decode([piece], "en", prompt, beam) for piece, prompt in asked]
    sizes, begun, go = [], threading.Event(), threading.Event()
    encode = decoder._whisper.encode

    def slow(features):
        begun.set()
        go.wait(10)
        sizes.append(len(features))
        return encode(features)

    monkeypatch.setattr(decoder._whisper, "encode", slow)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(decoder.decode, pieces[:1], "en", "", beam)
        assert begun.wait(10)  # it has the engine before the others ask
        made = [pool.submit(decoder.decode, [piece], "en", prompt, beam) for piece, prompt in asked]
        while len(decoder._engine._waiting) < len(asked):
            time.sleep(0.001)
        go.set()
        together = [each.result() for each in made]
    assert texts(first.result()) == texts(alone[0])
    assert [texts(each) for each in together] == [texts(each) for each in alone]
    for one, other in zip(chain(*chain(*together)), chain(*chain(*alone)), strict=True):
        assert abs(one.start - other.start) < 0.041
        assert abs(one.probability - other.probability) < 0.01
    assert sizes == [1, 2, 2]  # prompts of one length go together, and so do none


def texts(heard):
    return [[word.text for word in words] for words in heard]


def test_a_piece_that_the_engine_refuses_harms_no_neighbour(decoder, dictation, monkeypatch):
    good = dictation[1600:33_600]
    alone = decoder.decode([good], "en", "", 1)
    encode = decoder._whisper.encode

    def picky(features):
        if np.abs(features).max() > 50:
            raise RuntimeError("not a number")
        return encode(features)

    monkeypatch.setattr(decoder._whisper, "encode", picky)
    monkeypatch.setattr(decoder._engine, "_most", 4)
    extractor = decoder._whisper.feature_extractor
    loud = good.copy()
    loud[0] = 7.0

    def features(piece):
        return extractor(piece) + (100 if piece[0] == 7.0 else 0)

    monkeypatch.setattr(decoder._whisper, "feature_extractor", features)
    with pytest.raises(TryAgain, match="not a number"):
        decoder.decode([good, loud, good], "en", "", 1)
    assert texts(decoder.decode([good, good], "en", "", 1)) == texts([*alone, *alone])


def test_a_moment_of_sound_does_not_break_it(decoder):
    for length in (1, 160, 512, 1600):
        assert isinstance(decoder.decode([np.zeros(length, np.float32)], "en", "", 2)[0], list)


def test_a_full_prompt_is_taken(decoder, dictation):
    prompt = "no " * (HOTWORD_TOKENS - 1)
    assert decoder.count_tokens(prompt.strip()) <= HOTWORD_TOKENS
    decoder.decode([dictation[:80_000]], "en", prompt, 1)


def test_it_is_english_only(decoder, dictation):
    assert not decoder.multilingual
    assert decoder.batch == 1
    assert not runs_on_gpu("cpu")
    assert runs_on_gpu("cuda")
    assert decoder.detect_language(dictation) == "en"
    decoder.check_language("en")
    with pytest.raises(ConfigurationError, match="multilingual"):
        decoder.check_language("fr")


def test_trouble_of_the_engine_may_pass(decoder, dictation, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(decoder._whisper, "encode", fail)
    with pytest.raises(TryAgain, match="CUDA out of memory"):
        decoder.decode([dictation[:16_000]], "en", "", 1)
