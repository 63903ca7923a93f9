"""Envelope encryption at rest: AES-256-GCM under data keys that a master key wraps.

A sealed value is `MARK`, the id of its data key (8 hex digits), a nonce of 12 bytes, ciphertext
with tag. What it is (table and column) is authenticated with it. A sealed file is cut into chunks,
whose nonces count and mark the last one, so that none can be moved, dropped or added.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.errors import ConfigurationError, ReadoutError

_log = logging.getLogger(__name__)
MARK = b"\x00RV1"
TEXT_MARK = "\x1eRV1:"
FILE_MARK = b"\x00RVF1"
SETTING = "READOUT_MASTER_KEY_FILE"
_ID, _NONCE, _PREFIX, _TAG = 8, 12, 7, 16
_CHUNK = 1 << 16
FILE_HEAD = len(FILE_MARK) + _ID
"""Bytes of a file that tell its data key."""
FRESH_S = 30.0
"""Seconds after which a node reads the data keys anew."""
_FILE = b"audio"


@dataclass(frozen=True)
class KeyRing:
    """Data keys by id; `current` seals what is new."""

    keys: Mapping[str, bytes]
    current: str


class Vault:
    """Seals and opens; `load` reads the ring anew, as another node may have changed it."""

    def __init__(self, load: Callable[[], KeyRing]) -> None:
        self._load, self._lock = load, threading.Lock()
        self._ring, self._read_at = load(), time.monotonic()

    @property
    def current(self) -> str:
        """Id of the data key that seals what is new."""
        if time.monotonic() - self._read_at > FRESH_S:
            try:
                self.refresh()
            except ReadoutError as error:  # a file that is just written; what is held still seals
                self._read_at = time.monotonic()
                _log.warning("data keys are not read anew: %s", error)
        return self._ring.current

    def refresh(self) -> None:
        """Read the ring anew."""
        with self._lock:
            self._ring, self._read_at = self._load(), time.monotonic()

    def seal(self, body: bytes, what: str) -> bytes:
        """The body, sealed; an empty one stays empty."""
        if not body:
            return body
        id_, nonce = self.current, os.urandom(_NONCE)
        made = AESGCM(self._ring.keys[id_]).encrypt(nonce, body, what.encode())
        return b"".join((MARK, id_.encode(), nonce, made))

    def open(self, body: bytes, what: str) -> bytes:
        """What was sealed; a body that never was stays as it is. Raises ConfigurationError."""
        if not self.knows(key_of(body)):
            return body  # one that only begins like a sealed one, too
        head = len(MARK) + _ID
        nonce, sealed = body[head : head + _NONCE], body[head + _NONCE :]
        cipher = AESGCM(self._ring.keys[key_of(body)])
        return _opened(lambda: cipher.decrypt(nonce, sealed, what.encode()), what)

    def seal_text(self, text: str, what: str) -> str:
        """A text, sealed, as a text."""
        if not text:
            return text
        return TEXT_MARK + base64.b64encode(self.seal(text.encode(), what)).decode()

    def open_text(self, text: str, what: str) -> str:
        """What was sealed; a text that never was stays as it is."""
        if not self.knows(key_of_text(text)):
            return text
        return self.open(base64.b64decode(text.removeprefix(TEXT_MARK)), what).decode()

    def seal_chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """A file, sealed, in parts."""
        id_, prefix = self.current, secrets.token_bytes(_PREFIX)
        yield b"".join((FILE_MARK, id_.encode(), prefix))
        cipher, waiting, number = AESGCM(self._ring.keys[id_]), b"", 0
        for chunk in chunks:
            waiting += chunk
            while len(waiting) > _CHUNK:
                yield cipher.encrypt(_nonce(prefix, number, False), waiting[:_CHUNK], _FILE)
                waiting, number = waiting[_CHUNK:], number + 1
        yield cipher.encrypt(_nonce(prefix, number, True), waiting, _FILE)

    def open_chunks(self, file: IO[bytes]) -> Iterator[bytes]:
        """What was sealed by `seal_chunks`; raises ConfigurationError."""
        head = file.read(len(FILE_MARK) + _ID + _PREFIX)
        cipher, prefix, number = AESGCM(self._ring.keys[file_key(head)]), head[-_PREFIX:], 0
        part = file.read(_CHUNK + _TAG)
        while part:
            after = file.read(_CHUNK + _TAG)
            nonce = _nonce(prefix, number, not after)
            sealed = part
            yield _opened(lambda n=nonce, s=sealed: cipher.decrypt(n, s, _FILE), "audio")  # type: ignore[misc]
            part, number = after, number + 1

    def knows(self, id_: str) -> bool:
        """Whether this is one of the data keys."""
        if id_ and id_ not in self._ring.keys:
            self.refresh()  # another node may have made it
        return id_ in self._ring.keys


def key_of(body: bytes) -> str:
    """Id of the data key that sealed this body; empty: none did."""
    if not body.startswith(MARK):
        return ""
    return body[len(MARK) : len(MARK) + _ID].decode("ascii", "replace")


def key_of_text(text: str) -> str:
    """As `key_of`, of a text."""
    if not text.startswith(TEXT_MARK):
        return ""
    begin = text[len(TEXT_MARK) :][:16]  # twelve bytes
    try:
        return key_of(base64.b64decode(begin, validate=True))
    except ValueError:
        return ""


def file_key(head: bytes) -> str:
    """Id of the data key that sealed the file that begins so; empty: none did."""
    if not head.startswith(FILE_MARK):
        return ""
    return head[len(FILE_MARK) : len(FILE_MARK) + _ID].decode("ascii", "replace")


def _opened(opening: Callable[[], bytes], what: str) -> bytes:
    try:
        return opening()
    except InvalidTag:
        raise ConfigurationError(
            f"{what} was changed where it is stored, or cut off: put it back from a backup"
        ) from None


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
