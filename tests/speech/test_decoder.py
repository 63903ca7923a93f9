import numpy as np
import pytest

from adapter.errors import ConfigurationError, TryAgain
from adapter.speech.decoder import HOTWORD_TOKENS, WhisperDecoder, _words
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


def test_a_batch_says_what_each_piece_says_alone(decoder, dictation):
    sentences = [(0.1, 2.1), (2.2, 4.9), (7.3, 10.0)]  # seconds, with the pauses around them
    pieces = [dictation[int(a * 16_000) : int(b * 16_000)] for a, b in sentences]
    alone = [decoder.decode([each], "en", "", 2)[0] for each in pieces]
    together = decoder.decode(pieces, "en", "", 2)
    assert [word.text for word in together[0]] == [word.text for word in alone[0]]
    assert len(together) == 3
    for words, samples in zip(together, pieces, strict=True):
        assert words
        assert all(0 <= word.start <= word.end <= len(samples) / 16_000 + 0.1 for word in words)


def test_a_moment_of_sound_does_not_break_it(decoder):
    for length in (1, 160, 512, 1600):
        assert isinstance(decoder.decode([np.zeros(length, np.float32)], "en", "", 2)[0], list)


def test_a_full_prompt_is_taken(decoder, dictation):
    prompt = "no " * (HOTWORD_TOKENS - 1)
    assert decoder.count_tokens(prompt.strip()) <= HOTWORD_TOKENS
    decoder.decode([dictation[:80_000]], "en", prompt, 1)


def test_it_is_english_only(decoder, dictation):
    assert not decoder.multilingual
    assert not decoder.on_gpu
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
