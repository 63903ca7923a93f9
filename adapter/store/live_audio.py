"""Audio of live dictations that are not over, on disk before it is acknowledged."""

from __future__ import annotations

import json
import os
import re
import secrets
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from adapter.errors import NotFound
from adapter.store.disk import storing
from adapter.store.live_words import LiveWords

_CHUNK = 1 << 20
_WHAT = "the audio"
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class LiveHead:
    """Whose session it is; `dictation` is set once its audio has become one, or was none ("-")."""

    accession: str
    author: str = ""
    dictation: str = ""


class LiveAudio:
    """Three files a session: `ID.json`, its head, `ID.pcm`, PCM16 mono of `rate`, `ID.words`."""

    def __init__(self, root: Path, rate: int) -> None:
        self._root = root
        self._rate = rate

    def create(self, head: LiveHead) -> str:
        """Begin a session; returns its id, which nobody can guess."""
        id_ = secrets.token_hex(16)
        with storing(_WHAT):
            self._root.mkdir(parents=True, exist_ok=True)
            self._write_head(id_, head)
            self._pcm(id_).touch()
            self._flush_folder()
        return id_

    def head(self, id_: str) -> LiveHead:
        """What is known of a session; raises NotFound."""
        try:
            if _ID.fullmatch(id_):
                return LiveHead(**json.loads(self._json(id_).read_bytes()))
        except FileNotFoundError:
            pass
        raise NotFound("this session is not known here; start a new one", code="session")

    def samples(self, id_: str) -> int:
        """How many whole samples are stored."""
        path = self._pcm(id_)
        return path.stat().st_size // 2 if path.exists() else 0

    def append(self, id_: str, have: int, pcm: bytes) -> None:
        """Write durably behind sample `have`; what a crash left half written gives way."""
        with storing(_WHAT), self._pcm(id_).open("r+b") as file:
            file.seek(2 * have)
            file.write(pcm)
            file.truncate()
            file.flush()
            os.fdatasync(file.fileno())

    def read(self, id_: str, first: int, count: int) -> bytes:
        """Samples [first, first + count), as far as they are there."""
        with self._pcm(id_).open("rb") as file:
            file.seek(2 * first)
            data = file.read(2 * count)
        return data[: len(data) // 2 * 2]

    def wav(self, id_: str) -> Iterator[bytes]:
        """The session as a WAV file, in chunks; the same samples give the same bytes."""
        size = 2 * self.samples(id_)
        fields = (b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1)
        rate = (self._rate, 2 * self._rate, 2, 16, b"data", size)
        yield struct.pack("<4sI4s4sIHHIIHH4sI", *fields, *rate)
        with self._pcm(id_).open("rb") as file:
            while size and (chunk := file.read(min(_CHUNK, size))):
                size -= len(chunk)
                yield chunk

    def words(self, id_: str) -> LiveWords:
        """The words confirmed so far."""
        return LiveWords(self._words(id_))

    def settle(self, id_: str, dictation: str) -> None:
        """The audio is a dictation now: only the head stays, to tell who asks."""
        head = self.head(id_)
        with storing(_WHAT):
            self._write_head(id_, LiveHead(head.accession, head.author, dictation or "-"))
            self._pcm(id_).unlink(missing_ok=True)
            self._words(id_).unlink(missing_ok=True)
            self._flush_folder()

    def idle(self, since: float) -> list[str]:
        """Sessions not settled to which nothing was added since `since` (seconds, Unix)."""
        return [
            path.stem
            for path in sorted(self._root.glob("*.json"))
            if not self.head(path.stem).dictation and self._touched(path.stem) < since
        ]

    def forget(self, since: float) -> None:
        """Remove the heads of sessions settled before `since`."""
        for path in self._root.glob("*.json"):
            if path.stat().st_mtime < since and self.head(path.stem).dictation:
                path.unlink(missing_ok=True)

    def _touched(self, id_: str) -> float:
        pcm = self._pcm(id_)
        return (pcm if pcm.exists() else self._json(id_)).stat().st_mtime

    def _write_head(self, id_: str, head: LiveHead) -> None:
        new = self._root / f"{id_}.new"
        with new.open("w") as file:
            json.dump(asdict(head), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._json(id_))

    def _flush_folder(self) -> None:
        handle = os.open(self._root, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _pcm(self, id_: str) -> Path:
        return self._root / f"{id_}.pcm"

    def _words(self, id_: str) -> Path:
        return self._root / f"{id_}.words"

    def _json(self, id_: str) -> Path:
        return self._root / f"{id_}.json"
