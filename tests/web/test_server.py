from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.web.server import bound, http_server, own_address
from tests.fakes.certificates import Authority
from tests.fakes.receivers import poll


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    app = FastAPI()
    app.add_api_route("/", lambda: "served")
    server, door = http_server(app, settings), bound("127.0.0.1", 0)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([door]),), daemon=True)
    thread.start()
    try:
        poll(lambda: server.started)
        yield door.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


def connection(port: int, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    made = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    made.connect()
    return made


def ask(held: http.client.HTTPSConnection) -> tuple[str, bytes]:
    """What is answered, and the certificate of this connection."""
    held.request("GET", "/")
    assert isinstance(held.sock, ssl.SSLSocket)
    answer = held.getresponse()
    assert answer.getheader("Server") is None
    return answer.read().decode(), held.sock.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_serves_new_connections_and_old_ones_go_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "hospital")
    door = tmp_path / "door.pem"
    shutil.copy(authority.issue("first.pem", "readout.example"), door)
    trusting = ssl.create_default_context(cafile=str(authority.ca))
    with serving(Settings(http_certificate=door)) as port:
        old = connection(port, trusting)
        answer, before = ask(old)
        assert answer == '"served"'
        os.replace(authority.issue("second.pem", "readout.example"), door)
        new = connection(port, trusting)
        after = ask(new)[1]
        assert after != before
        assert ask(old) == ('"served"', before)
        door.write_text("half a file")
        third = connection(port, trusting)
        assert ask(third)[1] == after  # what cannot be used leaves the one of before in service
        for each in (old, new, third):
            each.close()


def test_nothing_older_than_tls_1_2_is_spoken(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "hospital")
    settings = Settings(http_certificate=authority.issue("door.pem", "readout.example"))
    with serving(settings) as port:
        ancient = ssl.create_default_context(cafile=str(authority.ca))
        ancient.set_ciphers("ALL:@SECLEVEL=0")
        ancient.minimum_version = ssl.TLSVersion.TLSv1
        ancient.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            connection(port, ancient)


def test_files_that_cannot_be_used_are_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        http_server(FastAPI(), Settings(http_certificate=tmp_path / "missing.pem"))


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:1"),
        ({"http_host": "::1"}, "http://[::1]:1"),
        ({"http_certificate": "x.pem"}, "https://127.0.0.1:1"),
        ({"http_address": "https://readout.example"}, "https://readout.example"),
    ],
)
def test_where_browsers_find_us(settings: dict[str, str], address: str) -> None:
    assert own_address(Settings(**settings), 1) == address
