"""Audio on disk, named by its hash: written whole and flushed before anybody is answered."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from adapter.errors import TooLarge
from adapter.store.disk import clear_abandoned, storing
from adapter.store.vault import FILE_HEAD, Vault, file_key

_WHAT = "the recording"
_UNFINISHED = ".incoming-"
_ABANDONED_S = 86_400
_PIECE = 1 << 20


class AudioFiles:
    """A folder of recordings, `ab/abcdef…`; the same audio is kept once."""

    def __init__(self, root: Path, vault: Vault | None = None) -> None:
        self._root, self._vault = root, vault
        with suppress(OSError):  # a disk that takes no change is told by what is put
            root.mkdir(parents=True, exist_ok=True)
            clear_abandoned(root, f"{_UNFINISHED}*", _ABANDONED_S)

    def put(self, chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
        """Store the bytes durably; returns (sha256, size).

        Raises TooLarge over `limit` bytes, TryAgain where the disk does not take them.
        """
        digest, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(
                        f"audio is over {limit} bytes; raise READOUT_HTTP_MAX_BODY_BYTES "
                        "or send it in parts"
                    )
                digest.update(chunk)
                yield chunk

        vault = self._vault
        made = self._written(vault.seal_chunks(counted()) if vault else counted())
        if vault is not None and (again := self._anew(made, vault)) is not None:
            _remove(made)  # it took so long to come that there is a newer key
            made = again
        self._place(made, self.path(digest.hexdigest()))
        return digest.hexdigest(), size

    def path(self, sha256: str) -> Path:
        """Where the recording of this hash lies."""
        return self._root / sha256[:2] / sha256

    @contextmanager
    def opened(self, sha256: str) -> Iterator[Path]:
        """A path under which the recording can be read; a sealed one is opened in memory alone."""
        with self._stored(sha256) as path, self._plain(path) as plain:
            yield plain

    @contextmanager
    def _plain(self, path: Path) -> Iterator[Path]:
        with path.open("rb") as file:
            if self._vault is None or not self._vault.knows(file_key(file.read(FILE_HEAD))):
                yield path
                return
            file.seek(0)
            with in_memory(self._vault.open_chunks(file)) as opened:
                yield opened

    def remove(self, sha256: str) -> None:
        """It is gone when this returns."""
        self.path(sha256).unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """The recordings that lie here."""
        return sorted(self._root.glob("??/*"))

    def reseal(self) -> Iterator[int]:
        """Seal every recording by the newest data key; bytes of each that was not."""
        if (vault := self._vault) is None:
            return
        for path in self.files():
            if (made := self._anew(path, vault)) is not None:
                self._place(made, path)
                yield path.stat().st_size

    def _anew(self, path: Path, vault: Vault) -> Path | None:
        """The same by the newest key, not in its place yet; None where that seals it already."""
        with path.open("rb") as file:
            if file_key(file.read(FILE_HEAD)) == vault.current:
                return None
        with self._plain(path) as plain, plain.open("rb") as source:
            return self._sealed_anew(source, vault)

    @contextmanager
    def _stored(self, sha256: str) -> Iterator[Path]:
        """A path under which the bytes can be read as they are stored."""
        yield self.path(sha256)

    def _sealed_anew(self, source: IO[bytes], vault: Vault) -> Path:
        """What `source` holds, by the newest key; not in its place yet."""
        return self._written(vault.seal_chunks(iter(lambda: source.read(_PIECE), b"")))

    def _written(self, chunks: Iterable[bytes]) -> Path:
        """A file of these bytes, safe on the disk, that is not in its place yet.

        What the chunks themselves raise stays as it is.
        """
        with storing(_WHAT):
            handle, name = tempfile.mkstemp(dir=self._root, prefix=_UNFINISHED)
        try:
            for chunk in chunks:
                with storing(_WHAT):
                    _write_all(handle, chunk)
            with storing(_WHAT):
                os.fsync(handle)
        except BaseException:
            _remove(Path(name))
            raise
        finally:
            os.close(handle)
        return Path(name)

    def _place(self, made: Path, target: Path) -> None:
        try:
            with storing(_WHAT):
                target.parent.mkdir(exist_ok=True)
                os.replace(made, target)
                _flush_folder(target.parent)
        except BaseException:
            _remove(made)
            raise


def _write_all(handle: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(handle, left) :]


def _remove(path: Path) -> None:
    with suppress(OSError):  # of a disk that takes no change
        path.unlink(missing_ok=True)


@contextmanager
def in_memory(chunks: Iterable[bytes]) -> Iterator[Path]:
    """A file that lies on no disk; other programs of this user can open it, too."""
    handle = os.memfd_create("readout-audio")
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{handle}")


def _flush_folder(folder: Path) -> None:
    for each in (folder, folder.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
