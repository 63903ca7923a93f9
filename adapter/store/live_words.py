"""Words that were confirmed in a live dictation that is not over, so that they never change."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapter.domain.transcript import Word

Piece = tuple[int, int]
"""Begin and end in ms."""


class LiveWords:
    """One file a session, a line a piece. A line that was half written is as good as none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[Piece, tuple[str, tuple[Word, ...]]] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                self._read(line)

    def recall(self, piece: Piece) -> tuple[str, tuple[Word, ...]] | None:
        """Language and words of a piece that was heard before, once."""
        return self._known.pop(piece, None)

    def keep(self, piece: Piece, language: str, words: tuple[Word, ...]) -> None:
        """Write down what was heard; lost in a crash it is heard again."""
        told = [[each.text, each.start_ms, each.end_ms, each.confidence] for each in words]
        line = json.dumps({"ms": piece, "language": language, "words": told}, ensure_ascii=False)
        with suppress(OSError), self._path.open("ab") as file:  # a disk that is full
            file.write(b"\n" + line.encode())  # behind what a crash left half written

    def _read(self, line: bytes) -> None:
        try:
            told: dict[str, Any] = json.loads(line)
            begin, end = told["ms"]
            self._known[begin, end] = told["language"], tuple(Word(*each) for each in told["words"])
        except (ValueError, KeyError, TypeError):
            return
