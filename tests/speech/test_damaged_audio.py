"""Recordings broken at random: they decode as far as they go, or are refused on purpose."""

import contextlib
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.errors import Rejected
from adapter.speech.audio import open_audio
from tests.speech.sounds import encode

KINDS = {
    "a.wav": ("pcm_s16le", 16_000),
    "a.flac": ("flac", 16_000),
    "a.mp3": ("libmp3lame", 16_000),
    "a.m4a": ("aac", 16_000),
    "a.ogg": ("libopus", 48_000),
    "a.webm": ("libopus", 48_000),
    "a.wma": ("wmav2", 44_100),
    "a.aiff": ("pcm_s16be", 16_000),
}
DAMAGE = st.lists(st.tuples(st.integers(0, 2**20), st.binary(max_size=40)), max_size=4)


@cache
def sound(name: str) -> bytes:
    codec, rate = KINDS[name]
    noise = np.random.default_rng(3).normal(0, 0.1, 16_000).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        encode(noise, path, codec, rate)
        return path.read_bytes()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(KINDS)), DAMAGE, st.integers(0, 2**20), st.booleans())
def test_damage_is_survived_or_refused(name, damage, cut, doubled) -> None:
    body = bytearray(sound(name))
    for place, patch in damage:
        at = place % len(body)
        body[at : at + len(patch)] = patch
    body = body[: len(body) - cut % len(body)] if cut % 3 == 0 else body
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(body) * (1 + doubled))
        file.flush()
        with contextlib.suppress(Rejected), open_audio(Path(file.name), 1.0) as audio:
            for block in audio.blocks():
                assert block.dtype == np.float32
                assert np.isfinite(block).all()
                assert np.abs(block).max(initial=0) <= 1.0


def test_a_stream_that_changes_its_rate_is_heard_to_its_end(tmp_path, dictation, write_sound):
    parts = [
        write_sound(dictation[:48_000], f"{rate}.mp3", "libmp3lame", rate).read_bytes()
        for rate in (16_000, 44_100, 8_000)
    ]
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join(parts))
    with open_audio(path) as audio:
        total = sum(len(block) for block in audio.blocks())
    assert total > 2.9 * 48_000
