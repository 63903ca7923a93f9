"""The command line in the process of the test: what another process would add is its start."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from adapter.cli import main


class Done(NamedTuple):
    code: int
    out: str
    error: str


Run = Callable[..., Done]


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line as `readout` starts it."""

    def command(*arguments: object, given: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["readout", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            main()
        shown = capsys.readouterr()
        return Done(int(end.value.code or 0), shown.out, shown.err)

    return command
