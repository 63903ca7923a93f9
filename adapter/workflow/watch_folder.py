"""Dictations as files: `<accession>.<extension>` in a folder is taken, stored, moved aside."""

from __future__ import annotations

import mimetypes
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
import structlog

from adapter.domain.identifiers import Accession
from adapter.errors import Rejected, TryAgain
from adapter.workflow.dictations import Dictations

log = structlog.get_logger()

_LOOK_S = 0.5
_CHUNK = 1 << 20
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


class WatchFolder:
    """Takes a file once its size and time have stood still between two looks."""

    def __init__(self, folder: Path, dictations: Dictations) -> None:
        self._folder = folder
        self._dictations = dictations
        self._stopped = threading.Event()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._thread = threading.Thread(target=self._run, name="watch-folder", daemon=True)

    def start(self) -> None:
        """Begin to look; makes the folders `done` and `refused` beside the files."""
        for name in ("done", "refused"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the file in hand."""
        self._stopped.set()
        self._thread.join(timeout=10)

    def look(self) -> None:
        """One look: take every file that has stood still since the last one."""
        now = dict(self._files())
        for path, state in now.items():
            if self._seen.get(path) == state:
                self._take(path)
        self._seen = now

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            try:
                self.look()
            # a share, a disk, a database that does not take it now: the file stays where it is
            except (OSError, TryAgain, sa.exc.SQLAlchemyError) as error:
                log.warning("watch_folder_waits", why=type(error).__name__)

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                unfinished = entry.name.startswith(".") or entry.name.endswith(_UNFINISHED)
                if entry.is_file(follow_symlinks=False) and not unfinished:
                    stat = entry.stat()
                    yield Path(entry.path), (stat.st_size, stat.st_mtime_ns)

    def _take(self, path: Path) -> None:
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        try:
            self._dictations.receive(
                Accession(path.stem), _chunks(path), media_type, author="watch folder"
            )
        except Rejected as error:
            log.warning("watch_folder_refused", why=error.code)
            self._move(path, "refused")
            return
        self._move(path, "done")

    def _move(self, path: Path, where: str) -> None:
        target = self._folder / where / path.name
        number = 1
        while target.exists():
            number += 1
            target = self._folder / where / f"{path.stem}.{number}{path.suffix}"
        path.rename(target)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
