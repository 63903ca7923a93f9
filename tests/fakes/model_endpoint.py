"""A local double of the published contracts: CXRReportGen, MedImageInsight, chat completions.

It checks each request against the published shape and refuses what is not as it says; it fails as
the real ones do: a wrong key, too many calls, a server error, a slow or cut answer, wrong JSON.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from PIL import Image

from tests.fakes.http_door import http_door

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEY = "a-key-of-the-test"
CXR_COLUMNS = {
    "frontal_image", "lateral_image", "prior_image", "indication", "technique", "comparison",
    "prior_report",
}  # fmt: skip
ENDED: dict[str, dict[str, Any]] = {
    "refusal": {"message": {"role": "assistant", "content": None, "refusal": "I cannot."}},
    "length": {"finish_reason": "length"},
    "filtered": {"finish_reason": "content_filter"},
}
"""How a choice of a chat answer ends without a draft."""
_IMAGES = ("frontal_image", "lateral_image", "prior_image")

Json = dict[str, Any]


class Wrong(Exception):
    """What of a request is not as the contract says."""


@dataclass
class ModelEndpoint:
    """What it has seen, what it answers, how it fails next."""

    url: str = ""
    faults: list[str] = field(default_factory=list)
    """Consumed one a request: a status such as "429", "429 date" (Retry-After as a date), "slow",
    "cut", "html", "nan", "wrong"; of chat "refusal", "length", "filtered"."""
    sentences: list[list[Any]] = field(default_factory=list)
    key_header: str = "authorization"
    """Where the key must stand: there as a bearer token, or in `api-key`; never in both."""
    in_rows: bool = False
    """Whether CXRReportGen answers as the publisher's own client expects it."""
    features: Callable[[str], list[float]] = lambda _text: [1.0, 0.0]
    draft: Callable[[Json], Json] = lambda _told: {}
    received: list[Json] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, body: Json) -> object:
        """What the endpoint at this path answers; raises Wrong."""
        if path == "/cxr/score":
            check_cxr(body)
            if self.in_rows:
                return [{"output": json.dumps(self.sentences)}]
            return {"output": self.sentences}
        if path == "/insight/score":
            return self._features(check_insight(body))
        if path == "/v1/chat/completions":
            told = check_chat(body)
            content = json.dumps(self.draft(told))
            message = {"role": "assistant", "content": content, "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
            return {"object": "chat.completion", "choices": [choice], "usage": usage}
        raise Wrong(f"no endpoint at {path}")

    def _features(self, rows: list[list[str | None]]) -> object:
        texts = [self.features(text) for _, text in rows if text]
        images = [[1.0, 0.0] for image, _ in rows if image]
        return {"image_features": images, "text_features": texts, "scaling_factor": 4.5}


def check_cxr(body: Json) -> None:
    """Columns, one row, 8-bit grey PNG in Base64, texts."""
    data = body["input_data"]
    columns, row = data["columns"], data["data"][0]
    if not set(columns) <= CXR_COLUMNS or "frontal_image" not in columns:
        raise Wrong(f"columns {columns}")
    if data["index"] != [0] or len(data["data"]) != 1 or len(row) != len(columns):
        raise Wrong("not one row of as many values as columns")
    if body.get("params") != {}:
        raise Wrong("params")
    for name, value in zip(columns, row, strict=True):
        if name in _IMAGES:
            _grey(value)
        elif not isinstance(value, str):
            raise Wrong(f"{name} is no text")


def check_insight(body: Json) -> list[list[str | None]]:
    """image and text a row, 77 tokens at most, the scaling factor asked for."""
    data = body["input_data"]
    if data["columns"] != ["image", "text"] or data["index"] != list(range(len(data["data"]))):
        raise Wrong("columns or index")
    if body["params"] != {"get_scaling_factor": True}:
        raise Wrong("params")
    for image, text in data["data"]:
        if image is not None:
            _grey(image)
        if text is not None and len(text.split()) > 60:
            raise Wrong("a text over 77 tokens")
    rows: list[list[str | None]] = data["data"]
    return rows


def check_chat(body: Json) -> Json:
    """Messages, and a strict schema: all members required, none beside; gives the user's JSON."""
    if set(body) != {"model", "messages", "temperature", "max_tokens", "response_format"}:
        raise Wrong(f"members {sorted(body)}")
    roles = [each["role"] for each in body["messages"]]
    if roles != ["system", "user"]:
        raise Wrong(f"roles {roles}")
    form = body["response_format"]
    if form["type"] != "json_schema" or form["json_schema"]["strict"] is not True:
        raise Wrong("response_format")
    if not NAME.fullmatch(form["json_schema"]["name"]):
        raise Wrong("name of the schema")
    _strict(form["json_schema"]["schema"])
    told: Json = json.loads(body["messages"][1]["content"])
    ids = {each["id"] for each in told["sources"]}
    for task in form["json_schema"]["schema"]["properties"].values():
        if set(task["items"]["properties"]["sources"]["items"]["enum"]) != ids:
            raise Wrong("source ids are not those that were told")
    return told


def _strict(schema: Json) -> None:
    if schema["type"] == "object":
        if schema.get("additionalProperties") is not False:
            raise Wrong("additionalProperties must be false")
        if set(schema.get("required", ())) != set(schema["properties"]):
            raise Wrong("every property must be required")
        for each in schema["properties"].values():
            _strict(each)
    elif schema["type"] == "array":
        _strict(schema["items"])


def _grey(value: object) -> None:
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(str(value), validate=True)))
    except Exception as error:
        raise Wrong(f"an image that cannot be read: {error}") from None
    if (picture.format, picture.mode) != ("PNG", "L"):
        raise Wrong(f"an image that is {picture.format} {picture.mode}")


@contextmanager
def model_endpoint() -> Iterator[ModelEndpoint]:
    """The double, while it serves."""
    it = ModelEndpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fault = it.faults.pop(0) if it.faults else ""
            keys = {"authorization": f"Bearer {KEY}", "api-key": KEY}
            wanted = {it.key_header: keys[it.key_header]}
            shown = {name: self.headers[name] for name in keys if name in self.headers}
            if shown != wanted or fault == "401":
                return self._say(401, {"error": "invalid key"})
            if self.headers.get("Content-Type") != "application/json":
                return self._say(415, {"error": "not JSON"})
            if fault[:3].isdigit():
                now = datetime.now(UTC)
                waits = {"429": "7", "429 date": format_datetime(now + timedelta(7), usegmt=True)}
                headers = {"Retry-After": waits[fault]} if fault in waits else {}
                told = {"error": {"code": fault[:3], "message": "as the real one fails"}}
                return self._say(int(fault[:3]), told, headers)
            if fault == "slow":
                it.release.wait(30)
                return None
            if fault == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"output": [')
                self.close_connection = True
                return None
            try:
                told = json.loads(body)
                it.raw.append(body)
                it.received.append(told)
                answer = it.answer(self.path, told)
            except (Wrong, KeyError, TypeError, ValueError, IndexError) as error:
                it.refused.append(repr(error))
                return self._say(422, {"error": repr(error)})
            if fault in ENDED:
                answer["choices"][0] |= ENDED[fault]
            wrong = {
                "html": b"<html>",
                "nan": b'{"output": [["x", [[NaN, 0, 1, 1]]]]}',
                "wrong": b"{}",
            }
            return self._write(200, wrong.get(fault) or json.dumps(answer).encode(), {})

        def _say(self, status: int, told: Json, headers: dict[str, str] | None = None) -> None:
            self._write(status, json.dumps(told).encode(), headers or {})

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with http_door(Handler) as url:
        it.url = url
        yield it
        it.release.set()
