"""Recordings of several nodes: safe on the node's disk first, then moved into a bucket.

While the bucket is away they stay where they are; they follow when it is back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.store.audio_files import AudioFiles, in_memory
from adapter.store.bucket import Bucket
from adapter.store.vault import FILE_HEAD, Vault, file_key


class BucketAudio(AudioFiles):
    """A folder of recordings that wait to be moved, and the bucket that holds all others.

    `moved_in` is called when there is one more to move.
    """

    def __init__(self, root: Path, bucket: Bucket, vault: Vault | None = None) -> None:
        super().__init__(root, vault)
        self.bucket = bucket
        self.moved_in: Callable[[], None] = lambda: None
        self._moving = threading.Lock()

    def put(self, chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
        """As in a folder: accepted once it is safe on this node's disk."""
        done = super().put(chunks, limit)
        self.moved_in()
        return done

    def waiting(self) -> int:
        """How many recordings are on this node alone."""
        return sum(1 for _ in self.files())

    def move(self) -> int:
        """Move what waits, by the newest data key; returns how many.

        Raises TryAgain where the bucket takes none.
        """
        count = 0
        with self._moving:
            for path in self.files():
                if self._vault is not None and (made := self._anew(path, self._vault)) is not None:
                    self._place(made, path)
                self.bucket.put(_key(path.name), path)
                path.unlink(missing_ok=True)
                count += 1
        return count

    def remove(self, sha256: str) -> None:
        """From this node and from the bucket; raises TryAgain where that does not answer."""
        with self._moving:
            super().remove(sha256)
            self.bucket.remove(_key(sha256))

    def reseal(self) -> Iterator[int]:
        """Those of this node, then those of the bucket."""
        yield from super().reseal()
        if (vault := self._vault) is None:
            return
        stored = self.bucket.keys()
        for key in stored:
            name = key.rpartition("/")[2]
            if file_key(self.bucket.head(key, FILE_HEAD)) == vault.current:
                continue
            with self.opened(name) as plain, plain.open("rb") as source:
                made = self._sealed_anew(source, vault)
            try:
                self.bucket.put(key, made)
                yield made.stat().st_size
            finally:
                made.unlink()

    @contextmanager
    def _stored(self, sha256: str) -> Iterator[Path]:
        try:
            file = self.path(sha256).open("rb")
        except FileNotFoundError:
            with in_memory(self.bucket.get(_key(sha256))) as fetched:
                yield fetched
            return
        with file:  # once open, it may be moved
            yield Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
