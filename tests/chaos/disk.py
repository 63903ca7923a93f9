"""A small disk of its own that a test fills, or lets nobody write to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.receivers import poll

_BALLAST = "ballast"
_PIECE = 1 << 16


class SmallDisk:
    """A tmpfs of so many MiB mounted at `place`."""

    def __init__(self, place: Path, size_mib: int) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        can = not self._mount("-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs")
        if not can:  # what a machine allows cannot be installed, so no peer is asked for
            pytest.skip("a disk of its own needs root, and a machine that allows mount")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte more goes on it, but for what is removed meanwhile."""
        self.fill()
        yield
        self.make_room()

    def fill(self) -> None:
        """Take all the room there is at this moment."""
        with (self.place / _BALLAST).open("ab", buffering=0) as file:
            for size in (_PIECE, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        """What filled it is gone."""
        (self.place / _BALLAST).unlink(missing_ok=True)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nobody writes; begins once no file is open for it."""
        poll(lambda: not self._mount("-o", "remount,ro"))
        yield
        assert not self._mount("-o", "remount,rw")

    def close(self) -> None:
        """Away with it."""
        subprocess.run(["umount", "-l", str(self.place)], check=True)

    def _mount(self, *how: str) -> int:
        command = ["mount", *how, str(self.place)]
        return subprocess.run(command, capture_output=True, check=False).returncode
