import os
import threading
from pathlib import Path

import numpy as np
import pytest

from adapter.errors import Malformed, NotFound, TooLarge, Unsupported
from adapter.speech.audio import BLOCK_SECONDS, SAMPLE_RATE, mixed, open_audio

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "speech" / "formats"

FORMATS = {
    "wav-pcm16": ("a.wav", "pcm_s16le", 16_000, "mono"),
    "wav-pcm16-stereo-44k": ("a.wav", "pcm_s16le", 44_100, "stereo"),
    "wav-pcm16-six-channels": ("a.wav", "pcm_s16le", 48_000, "5.1"),
    "wav-pcm24": ("a.wav", "pcm_s24le", 48_000, "mono"),
    "wav-pcm32": ("a.wav", "pcm_s32le", 48_000, "mono"),
    "wav-pcm8": ("a.wav", "pcm_u8", 16_000, "mono"),
    "wav-float": ("a.wav", "pcm_f32le", 16_000, "mono"),
    "wav-mu-law-8k": ("a.wav", "pcm_mulaw", 8_000, "mono"),
    "wav-a-law-8k": ("a.wav", "pcm_alaw", 8_000, "mono"),
    "wav-ima-adpcm": ("a.wav", "adpcm_ima_wav", 16_000, "mono"),
    "wav-ms-adpcm": ("a.wav", "adpcm_ms", 16_000, "mono"),
    "wav-g722": ("a.wav", "adpcm_g722", 16_000, "mono"),
    "wav-g726-8k": ("a.wav", "adpcm_g726", 8_000, "mono"),
    "w64": ("a.w64", "pcm_s16le", 16_000, "mono"),
    "aiff": ("a.aiff", "pcm_s16be", 16_000, "mono"),
    "aiff-pcm24-stereo": ("a.aiff", "pcm_s24be", 48_000, "stereo"),
    "mov-pcm": ("a.mov", "pcm_s16le", 48_000, "mono"),
    "m4a-alac": ("a.m4a", "alac", 44_100, "mono"),
    "mka-float": ("a.mka", "pcm_f32le", 48_000, "mono"),
    "caf-ima-adpcm": ("a.caf", "adpcm_ima_qt", 16_000, "mono"),
    "caf": ("a.caf", "pcm_s16le", 16_000, "mono"),
    "au": ("a.au", "pcm_mulaw", 8_000, "mono"),
    "flac": ("a.flac", "flac", 16_000, "mono"),
    "mp3": ("a.mp3", "libmp3lame", 44_100, "mono"),
    "mp3-8k": ("a.mp3", "libmp3lame", 8_000, "mono"),
    "aac": ("a.aac", "aac", 44_100, "mono"),
    "m4a": ("a.m4a", "aac", 44_100, "mono"),
    "mp4-opus": ("a.mp4", "libopus", 48_000, "mono"),
    "ogg-opus": ("a.ogg", "libopus", 48_000, "mono"),
    "ogg-vorbis": ("a.ogg", "vorbis", 16_000, "stereo"),
    "webm-opus": ("a.webm", "libopus", 48_000, "mono"),
    "mkv-pcm": ("a.mka", "pcm_s16le", 16_000, "mono"),
    "wma": ("a.wma", "wmav2", 44_100, "mono"),
    "amr": ("a.amr", "libopencore_amrnb", 8_000, "mono"),
}


def decoded(path, **limits):
    with open_audio(path, **limits) as audio:
        return np.concatenate(list(audio.blocks()))


def similarity(left, right):
    """Best correlation of the loudness of 10 ms steps, over codec delays up to 100 ms."""

    def loudness(samples):
        steps = np.abs(samples[: len(samples) // 160 * 160]).reshape(-1, 160).mean(axis=1)
        return np.convolve(steps, np.ones(5) / 5)

    a, b = loudness(left), loudness(right)
    length = min(len(a), len(b)) - 20
    return max(
        float(np.corrcoef(a[i : i + length], b[j : j + length])[0, 1])
        for i in range(10)
        for j in (0, 5)
    )


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_the_sound_back(name, dictation, write_sound):
    sound = dictation[: 4 * SAMPLE_RATE]
    heard = decoded(write_sound(sound, *FORMATS[name]))
    assert heard.dtype == np.float32
    assert abs(len(heard) - len(sound)) < 0.3 * SAMPLE_RATE
    assert similarity(heard, sound) > 0.95


@pytest.mark.parametrize("name", ["gsm.wav", "speex.spx"])
def test_formats_without_an_encoder_here_are_decoded(name, dictation):
    assert similarity(decoded(SAMPLES / name), dictation[: 4 * SAMPLE_RATE]) > 0.95


@pytest.mark.parametrize("loud", range(2))
def test_either_channel_is_heard_alone(loud, dictation):
    both = np.zeros((len(dictation), 2), np.int16)
    both[:, loud] = dictation * 32767
    assert similarity(mixed(both), dictation) > 0.99
    assert np.abs(mixed(both)).max() >= 0.4 * np.abs(dictation).max()


def test_channels_that_cancel_out_are_not_silence(dictation):
    left = (dictation * 32767).astype(np.int16)
    assert np.array_equal(mixed(np.stack([left, -left], 1)), left / np.float32(32768))


def test_two_speakers_on_two_channels_are_both_heard(dictation):
    half = len(dictation) // 2
    both = np.zeros((2 * half, 2), np.int16)
    both[:half, 0] = dictation[:half] * 32767
    both[half:, 1] = dictation[half : 2 * half] * 32767
    assert similarity(mixed(both), dictation[: 2 * half]) > 0.99


def test_fragmented_mp4_is_decoded(dictation, write_sound):
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = write_sound(dictation[:64_000], "a.mp4", "aac", 44_100, "mono", options)
    assert similarity(decoded(path), dictation[:64_000]) > 0.95


def test_pcm_is_exact(dictation, write_sound):
    heard = decoded(write_sound(dictation))
    assert np.array_equal(heard, dictation)


@pytest.mark.parametrize("name", ["wav-pcm16", "webm-opus", "ogg-opus", "mp3", "flac", "wav-float"])
def test_a_recording_cut_in_half_gives_its_first_half(name, dictation, write_sound):
    path = write_sound(dictation, *FORMATS[name])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    heard = decoded(path)
    assert 0.3 * len(dictation) < len(heard) < 0.7 * len(dictation)
    assert similarity(heard, dictation[: len(heard)]) > 0.9


@pytest.mark.parametrize("name", ["mp3", "ogg-opus", "webm-opus", "flac"])
def test_a_damaged_stretch_does_not_end_the_recording(name, dictation, write_sound):
    path = write_sound(dictation, *FORMATS[name])
    body = bytearray(path.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 600] = os.urandom(600)
    path.write_bytes(body)
    assert len(decoded(path)) > 0.8 * len(dictation)


def test_blocks_are_small_and_tile_the_recording(dictation, write_sound):
    long = np.tile(dictation, 4)
    with open_audio(write_sound(long)) as audio:
        sizes = [len(block) for block in audio.blocks()]
        assert audio.expected_ms == len(long) * 1000 // SAMPLE_RATE
    assert sum(sizes) == len(long)
    assert max(sizes) < 2 * BLOCK_SECONDS * SAMPLE_RATE


def test_a_recording_over_the_limit_is_refused(dictation, write_sound):
    path = write_sound(dictation)
    with pytest.raises(TooLarge, match=r"longer than 0\.1 minutes"):
        decoded(path, longest_minutes=0.1)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="does not exist"):
        decoded(tmp_path / "gone.wav")


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(Malformed, match="not a regular file"):
        decoded(tmp_path)


def test_a_header_without_sound_is_malformed(write_sound):
    path = write_sound(np.zeros(1600, np.float32))
    path.write_bytes(path.read_bytes()[:78])
    with pytest.raises(Malformed, match="no audio that can be decoded"):
        decoded(path)


def test_raw_samples_without_a_header_are_unsupported(dictation, tmp_path):
    path = tmp_path / "raw.wav"
    for shift in range(5):
        path.write_bytes((dictation[shift * 7000 :] * 32767).astype("<i2").tobytes())
        with pytest.raises(Unsupported, match="WAV header"):
            decoded(path)


def test_a_playlist_cannot_make_the_decoder_open_other_files(tmp_path, dictation, write_sound):
    secret = write_sound(dictation, "secret.wav")
    for number, text in enumerate(
        (f"#EXTM3U\n#EXTINF:9,\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n")
    ):
        path = tmp_path / f"list{number}.wav"
        path.write_text(text)
        with pytest.raises(Unsupported):
            decoded(path)


def test_a_film_without_sound_is_unsupported(tmp_path):
    import av

    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(Unsupported, match="no audio track"):
        decoded(path)


def test_a_pipe_that_never_ends_is_not_waited_for(tmp_path: Path):
    fifo = tmp_path / "pipe.wav"
    os.mkfifo(fifo)
    seen: list[BaseException] = []

    def read() -> None:
        try:
            decoded(fifo)
        except Malformed as error:
            seen.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(5)
    assert len(seen) == 1
