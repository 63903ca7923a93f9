"""Audio on disk, named by its hash: written whole and flushed before anybody is answered."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.errors import TooLarge
from adapter.store.vault import FILE_HEAD, Vault, file_key


class AudioFiles:
    """A folder of recordings, `ab/abcdef…`; the same audio is kept once."""

    def __init__(self, root: Path, vault: Vault | None = None) -> None:
        self._root, self._vault = root, vault
        root.mkdir(parents=True, exist_ok=True)

    def put(self, chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
        """Store the bytes durably; returns (sha256, size). Raises TooLarge over `limit` bytes."""
        digest, size = hashlib.sha256(), 0
        file = tempfile.NamedTemporaryFile(dir=self._root, prefix=".incoming-", delete=False)  # noqa: SIM115

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

        try:
            with file:
                sealed = self._vault.seal_chunks(counted()) if self._vault else counted()
                for chunk in sealed:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            os.replace(file.name, target)
            _flush_folder(target.parent)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def path(self, sha256: str) -> Path:
        """Where the recording of this hash lies."""
        return self._root / sha256[:2] / sha256

    @contextmanager
    def opened(self, sha256: str) -> Iterator[Path]:
        """A path under which the recording can be read; a sealed one is opened in memory alone."""
        path = self.path(sha256)
        with path.open("rb") as file:
            if self._vault is None or not self._vault.knows(file_key(file.read(FILE_HEAD))):
                yield path
                return
            file.seek(0)
            with _in_memory(self._vault.open_chunks(file)) as opened:
                yield opened

    def reseal(self) -> Iterator[int]:
        """Seal every recording by the newest data key; bytes of each that was not."""
        vault = self._vault
        for path in sorted(self._root.glob("??/*")) if vault else ():
            with path.open("rb") as file:
                if vault is None or file_key(file.read(FILE_HEAD)) == vault.current:
                    continue
            with self.opened(path.name) as plain, plain.open("rb") as source:
                self._replace(path, vault.seal_chunks(iter(lambda: source.read(1 << 20), b"")))
            yield path.stat().st_size

    def _replace(self, path: Path, chunks: Iterable[bytes]) -> None:
        with tempfile.NamedTemporaryFile(dir=self._root, prefix=".incoming-", delete=False) as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        _flush_folder(path.parent)


@contextmanager
def _in_memory(chunks: Iterable[bytes]) -> Iterator[Path]:
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
