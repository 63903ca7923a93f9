"""Commands that ask a running service, against the real application in this process."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from click.testing import Result
from structlog.testing import capture_logs
from typer.testing import CliRunner

from adapter.cli import app
from tests.web.conftest import Site

HERE = "http://127.0.0.1:8765"


def serve(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this house answer at the address that commands ask by themselves."""

    def request(method: str, address: str, timeout: float, **more: Any) -> httpx.Response:
        assert address.startswith(HERE)
        return site.client.request(method, address.removeprefix(HERE), **more)

    monkeypatch.setattr(httpx, "request", request)


def run(*arguments: str) -> Result:
    """What the command says; the service, which logs elsewhere, is in the same process here."""
    with capture_logs():
        return CliRunner().invoke(app, list(arguments))
