from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from adapter.dicom.dicomweb import MOST_BYTES, Archive
from adapter.domain.finding import Evidence
from adapter.errors import ConfigurationError, NotFound, TryAgain

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
SEEN = Evidence("1.2", "1.2.3", "1.2.3.4", 2)
FOUND = "/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.4/frames/2/rendered?viewport=480,480"


class Pacs(ThreadingHTTPServer):
    """Answers as it is told; keeps what was asked for."""

    status, kind, body = 200, "image/png", PNG

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.asked: list[str] = []


class Door(BaseHTTPRequestHandler):
    server: Pacs

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    with Pacs() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def archive(pacs: Pacs) -> Archive:
    return Archive(f"http://127.0.0.1:{pacs.server_port}/dicom-web/")


async def test_a_frame_comes_as_a_picture(pacs: Pacs) -> None:
    assert await archive(pacs).rendered(SEEN) == (PNG, "image/png")
    assert pacs.asked == [FOUND]


@pytest.mark.parametrize("uid", ["", "1.2/../../x", "1..2", "a", "1" * 65, "1.2\n"])
async def test_what_is_no_uid_is_never_asked_for(pacs: Pacs, uid: str) -> None:
    with pytest.raises(NotFound):
        await archive(pacs).rendered(Evidence("1.2", uid, "1.2.3.4", 1))
    assert pacs.asked == []


@pytest.mark.parametrize(
    ("status", "kind", "body", "error"),
    [
        (404, "image/png", b"", NotFound),
        (302, "image/png", b"", NotFound),
        (200, "text/html", b"<script>", NotFound),
        (200, "image/svg+xml", b"<svg>", NotFound),
        (200, "image/png", b"x" * (MOST_BYTES + 1), NotFound),
        (503, "image/png", b"", TryAgain),
    ],
)
async def test_what_is_no_picture_is_not_passed_on(
    pacs: Pacs, status: int, kind: str, body: bytes, error: type[Exception]
) -> None:
    pacs.status, pacs.kind, pacs.body = status, kind, body
    with pytest.raises(error):
        await archive(pacs).rendered(SEEN)
    assert len(pacs.asked) == 1


async def test_an_archive_that_is_away_is_asked_again_later() -> None:
    with pytest.raises(TryAgain):
        await Archive("http://127.0.0.1:9/dicom-web").rendered(SEEN)


@pytest.mark.parametrize("url", ["ftp://pacs/x", "http://user@pacs/x", "http:///x"])
def test_an_address_that_is_none_is_told_at_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="READOUT_DICOMWEB_URL"):
        Archive(url)
