from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from adapter.errors import TooLarge, TryAgain
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


def test_a_full_disk_is_told_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = AudioFiles(tmp_path)
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr("os.write", partial(_to, full.fileno(), os.write))
        with pytest.raises(TryAgain, match="the disk is full; keep it and send it again"):
            files.put([b"RIFF", b"data"], limit=100)
    assert list(tmp_path.iterdir()) == []


def _to(handle: int, write: Callable[[int, bytes], int], _asked: int, data: bytes) -> int:
    return write(handle, data)


def test_what_a_killed_process_left_half_written_goes_after_a_day(tmp_path: Path) -> None:
    for name, age_s in (("old", 90_000), ("new", 60)):
        path = tmp_path / f".incoming-{name}"
        path.write_bytes(b"RIFF")
        at = time.time() - age_s
        os.utime(path, (at, at))
    AudioFiles(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".incoming-new"]
