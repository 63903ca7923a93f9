"""A Hugging Face hub on a loopback port that serves one folder as one repository."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.fakes.http_door import http_door

REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = "model.bin"


@dataclass
class Hub:
    """What is served, how, and what was asked.

    `cut_after`: bytes of model.bin after which the connection is cut; then it is served no more.
    """

    folder: Path
    repository: str = "some-site/radiology-whisper"
    cut_after: int | None = None
    tampered: bool = False
    url: str = ""
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def sha256(self, name: str) -> str:
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()

    def body(self, name: str) -> bytes:
        body = (self.folder / name).read_bytes()
        return body[:-1] + bytes([body[-1] ^ 1]) if self.tampered and name == LARGE else body

    def card(self) -> bytes:
        files = []
        for path in sorted(self.folder.iterdir()):
            size = path.stat().st_size
            told = {"rfilename": path.name, "size": size, "blobId": "0" * 40}
            if path.name == LARGE:
                told["lfs"] = {"size": size, "sha256": self.sha256(LARGE), "pointerSize": 130}
            files.append(told)
        return json.dumps({"id": self.repository, "sha": REVISION, "siblings": files}).encode()


@contextmanager
def hub(folder: Path) -> Iterator[Hub]:
    """The hub in a thread."""
    told = Hub(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(send=False)

        def do_GET(self) -> None:
            self._answer(send=True)

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _answer(self, send: bool) -> None:
            told.asked.append(f"{self.command} {self.path}")
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{told.repository}"):
                self._send(200, told.card(), {}, send)
                return
            found = re.fullmatch(rf"/{told.repository}/resolve/{REVISION}/([\w.-]+)", path)
            if found is None or not (told.folder / found[1]).is_file():
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, send)
                return
            self._file(found[1], send)

        def _file(self, name: str, send: bool) -> None:
            body = told.body(name)
            headers = {"ETag": f'"{told.sha256(name)}"', "X-Repo-Commit": REVISION}
            begin = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if begin is None:
                self._send(200, body, headers, send, name)
                return
            told.ranges.append(f"{name} {begin[1]}")
            at = int(begin[1])
            headers["Content-Range"] = f"bytes {at}-{len(body) - 1}/{len(body)}"
            self._send(206, body[at:], headers, send, name)

        def _send(
            self, status: int, body: bytes, headers: dict[str, str], send: bool, name: str = ""
        ) -> None:
            broken = name == LARGE and send and told.cut_after is not None
            if broken and told.cut_after == 0:
                status, body = 503, b""
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if broken:
                self.wfile.write(body[: told.cut_after])
                told.cut_after = 0
                self.close_connection = True
            elif send:
                self.wfile.write(body)

    with http_door(Handler) as url:
        told.url = url
        yield told
