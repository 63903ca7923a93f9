"""Disks that hold what was taken: how much room is left, what is told when there is none."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import TryAgain

ROOM = 8 << 20
"""Bytes that a node must be able to write, else it is not ready."""

_AGAIN_S = 30.0
_TROUBLES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk has a fault",
}


@dataclass(frozen=True, slots=True)
class Disk:
    """One file system: what lies on it, a folder there, below how many free bytes it is low."""

    name: str
    folder: Path
    low_bytes: int = 0

    def free_bytes(self) -> int:
        """Room that is left for this user."""
        return shutil.disk_usage(_there(self.folder)).free

    @property
    def is_low(self) -> bool:
        """Whether a person should see to it."""
        return self.free_bytes() < self.low_bytes

    def trouble(self) -> str:
        """Why ROOM bytes cannot be written there, for a person; "" when they can. Nothing stays."""
        try:
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                os.posix_fallocate(probe.fileno(), 0, ROOM)
        except OSError as error:
            return _why(error)
        return ""

    def told(self) -> str:
        """How much is free, for a person."""
        return f"{self.free_bytes() / (1 << 30):.1f} GiB free for {self.name}"

    def check(self) -> None:
        """Raise TryAgain unless there is room for what comes next."""
        if why := self.trouble():
            raise TryAgain(f"nothing can be stored of {self.name} in {self.folder}: {why}")


def disks(folders: Mapping[str, Path], low_bytes: int) -> tuple[Disk, ...]:
    """By what lies where; what lies on one file system is told together."""
    found: dict[int, list[str]] = {}
    for name, folder in folders.items():
        found.setdefault(_there(folder).stat().st_dev, []).append(name)
    return tuple(
        Disk(" and ".join(names), folders[names[-1]], low_bytes) for names in found.values()
    )


def clear_abandoned(folder: Path, pattern: str, seconds: float) -> None:
    """Remove what processes that were killed left half written, so long ago that nobody writes."""
    for path in folder.glob(pattern):
        with suppress(OSError):  # of a disk that takes no change
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Raises TryAgain, in words for a person, for an error of the disk."""
    try:
        yield
    except OSError as error:
        raise TryAgain(
            f"{what} cannot be stored here: {_why(error)}; keep it and send it again",
            after=_AGAIN_S,
        ) from error


def _why(error: OSError) -> str:
    known = _TROUBLES.get(error.errno or 0)
    return known or f"the disk does not take it ({error.strerror})"


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there already."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
