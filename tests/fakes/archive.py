"""A local double of a DICOMweb archive: QIDO-RS by accession, WADO-RS metadata and instances."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from pydicom.dataset import Dataset

from tests.fakes.http_door import http_door

_BOUNDARY = "part-of-the-archive"


@dataclass
class ArchiveDouble:
    """The images that it has."""

    url: str = ""
    images: list[Dataset] = field(default_factory=list)
    is_down: bool = False


@contextmanager
def archive() -> Iterator[ArchiveDouble]:
    """The double, while it serves."""
    it = ArchiveDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            parts = asked.path.strip("/").split("/")
            if it.is_down:
                return self._write(503, b"", "text/plain")
            if parts == ["dicom-web", "studies"]:
                wanted = parse_qs(asked.query).get("AccessionNumber", [""])[0]
                found = [each for each in it.images if each.get("AccessionNumber") == wanted]
                return self._json(found[:1])
            chosen = [each for each in it.images if each.StudyInstanceUID == parts[2]]
            if parts[-1] == "metadata":
                return self._json(chosen)
            for each in chosen:
                if each.SOPInstanceUID == parts[6]:
                    return self._instance(each)
            return self._write(404, b"", "text/plain")

        def _json(self, images: list[Dataset]) -> None:
            told = [json.loads(each.to_json(suppress_invalid_tags=True)) for each in images]
            for each in told:
                each.pop("7FE00010", None)
            if not told:
                return self._write(204, b"", "application/dicom+json")
            return self._write(200, json.dumps(told).encode(), "application/dicom+json")

        def _instance(self, image: Dataset) -> None:
            file = io.BytesIO()
            image.save_as(file, enforce_file_format=True)
            head = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
            body = head + file.getvalue() + f"\r\n--{_BOUNDARY}--\r\n".encode()
            kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
            return self._write(200, body, kind)

        def _write(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with http_door(Handler) as url:
        it.url = f"{url}/dicom-web"
        yield it
