"""The command line in the process of the test: what another process would add is its start."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from adapter.cli import main
from tests.cli.remote import serve
from tests.web.conftest import Site, site_in


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


@pytest.fixture
def house(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A house that commands reach where they look by themselves."""
    for site in site_in(tmp_path, empty):
        serve(site, monkeypatch)
        yield site
