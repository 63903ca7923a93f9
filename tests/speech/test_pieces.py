from dataclasses import replace

import numpy as np

from adapter.speech.audio import SAMPLE_RATE, open_audio
from adapter.speech.model_store import ModelProperties
from adapter.speech.pieces import PieceReader, cut_rule

SENTENCES = ModelProperties(longest_seconds=8, bridged_pause_seconds=0.2)


def pieces_of(path, properties=SENTENCES):
    with open_audio(path) as audio:
        reader = PieceReader(audio, cut_rule(properties))
        return list(reader), reader.heard_ms


def test_pieces_are_the_audio_at_their_place(dictation, write_sound):
    pieces, heard_ms = pieces_of(write_sound(dictation))
    assert heard_ms == len(dictation) * 1000 // SAMPLE_RATE
    assert len(pieces) >= 4
    for piece in pieces:
        begin = piece.begin_ms * SAMPLE_RATE // 1000
        assert np.array_equal(piece.samples[:1000], dictation[begin : begin + 1000])
        assert piece.speech
        assert all(piece.begin_ms <= b < e <= piece.end_ms for b, e in piece.speech)
        assert piece.end_ms <= heard_ms
        assert len(piece.samples) <= 8 * SAMPLE_RATE


def test_a_real_whisper_gets_long_pieces(dictation, write_sound):
    path = write_sound(np.tile(dictation, 5))
    pieces, heard_ms = pieces_of(path, ModelProperties())
    assert len(pieces) < heard_ms / 10_000
    assert max(len(piece.samples) for piece in pieces) <= 28 * SAMPLE_RATE


def test_the_same_speech_is_cut_alike_wherever_it_lies(dictation, write_sound):
    gap = np.zeros(3 * SAMPLE_RATE, np.float32)
    once, _ = pieces_of(write_sound(np.concatenate([dictation, gap])))
    twice, _ = pieces_of(write_sound(np.concatenate([dictation, gap, dictation, gap])))
    assert len(twice) == 2 * len(once)
    for left, right in zip(once, twice[len(once) :], strict=True):
        assert abs(len(left.samples) - len(right.samples)) <= 0.1 * SAMPLE_RATE


def test_what_is_hardly_speech_is_not_sure(dictation, write_sound):
    pieces, _ = pieces_of(write_sound(dictation))
    assert all(piece.sure and piece.spoken == piece.speech for piece in pieces)
    doubtful = replace(pieces[0], sure=False)
    assert doubtful.spoken == ()


def test_halves_are_cut_in_the_longest_pause(dictation, write_sound):
    (piece,), _ = pieces_of(write_sound(dictation), ModelProperties())
    left, right = piece.halves()
    assert np.array_equal(np.concatenate([left.samples, right.samples]), piece.samples)
    assert left.speech + right.speech == piece.speech
    assert (left.begin_ms, left.end_ms, right.end_ms) == (
        piece.begin_ms,
        right.begin_ms,
        piece.end_ms,
    )
    assert left.speech[-1][1] < left.end_ms < right.speech[0][0]
    assert left.end_ms - left.begin_ms == len(left.samples) * 1000 // SAMPLE_RATE


def test_silence_has_no_pieces(write_sound):
    assert pieces_of(write_sound(np.zeros(SAMPLE_RATE, np.float32))) == ([], 1000)
