"""Audio on disk, named by its hash: written whole and flushed before anybody is answered."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from adapter.errors import TooLarge


class AudioFiles:
    """A folder of recordings, `ab/abcdef…`; the same audio is kept once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
        """Store the bytes durably; returns (sha256, size). Raises TooLarge over `limit` bytes."""
        digest, size = hashlib.sha256(), 0
        file = tempfile.NamedTemporaryFile(dir=self._root, prefix=".incoming-", delete=False)  # noqa: SIM115
        try:
            with file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(
                            f"audio is over {limit} bytes; raise READOUT_HTTP_MAX_BODY_BYTES "
                            "or send it in parts"
                        )
                    digest.update(chunk)
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


def _flush_folder(folder: Path) -> None:
    for each in (folder, folder.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
