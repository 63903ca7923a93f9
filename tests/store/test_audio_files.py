from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from adapter.errors import TooLarge
from adapter.store.audio_files import AudioFiles


def test_audio_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    files = AudioFiles(tmp_path)
    for _ in range(2):
        digest, size = files.put([b"RIFF", b"data"], limit=100)
        assert (digest, size) == (sha256(b"RIFFdata").hexdigest(), 8)
    assert files.path(digest).read_bytes() == b"RIFFdata"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_too_much_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="READOUT_HTTP_MAX_BODY_BYTES"):
        AudioFiles(tmp_path).put([b"x" * 60, b"x" * 60], limit=100)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_sender_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken():
        yield b"RIFF"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        AudioFiles(tmp_path).put(broken(), limit=100)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
