"""A FHIR server in memory that does what the test tells it to: pages, failures, late changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_door import http_door

Json = dict[str, Any]


class SourceDouble:
    """Resources by `Type/id`; `fail` gives a status instead of an answer, by path."""

    def __init__(self) -> None:
        self.resources: dict[str, Json] = {}
        self.fail: dict[str, int] = {}
        self.instead: dict[str, Json] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.before: Callable[[str], None] = lambda _path: None
        self.next_link = ""
        self.paged = self.activates = True

    def put(self, resource: Json, at: str = "2026-03-01T11:00:00Z") -> Json:
        """Store a resource as changed at this time; its version counts up."""
        name = f"{resource['resourceType']}/{resource['id']}"
        known = self.resources.get(name, {}).get("meta", {}).get("versionId", "0")
        meta = {"versionId": str(int(known) + 1), "lastUpdated": at}
        self.resources[name] = {**resource, "meta": meta}
        return self.resources[name]

    def paths(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _ in self.asked if verb == method]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """(status, resource or None)."""
        self.asked.append((method, path, headers))
        self.before(path)
        split = urlsplit(path)
        name = split.path.removeprefix("/fhir/")
        for start, status in self.fail.items():
            if name.startswith(start):
                return status, None
        for start, told in self.instead.items():
            if path.removeprefix("/fhir/").startswith(start):
                return 200, told
        if method == "GET":
            found = self.resources.get(name)
            return self._search(split) if "/" not in name else (200 if found else 404, found)
        resource = json.loads(body)
        if method == "POST":
            resource["id"] = f"{resource['resourceType'].lower()}-{len(self.resources)}"
        elif (asked := headers.get("If-Match")) and asked != self._etag(name):
            return 412, None
        if resource.get("status") == "requested" and resource["resourceType"] == "Subscription":
            resource["status"] = "active" if self.activates else "requested"
        return 201 if method == "POST" else 200, self.put(resource)

    def _etag(self, name: str) -> str:
        return f'W/"{self.resources[name]["meta"]["versionId"]}"'

    def _search(self, split: Any) -> tuple[int, Json]:
        asked = {name: each[0] for name, each in parse_qs(split.query).items()}
        since = asked.get("_lastUpdated", "").removeprefix("ge").replace(".000Z", "Z")
        found = [
            each
            for name, each in self.resources.items()
            if name.startswith(f"{split.path.removeprefix('/fhir/')}/")
            and each["meta"]["lastUpdated"] >= since
            and asked.get("focus") in (None, (each.get("focus") or {}).get("reference"))
            and asked.get("url") in (None, (each.get("channel") or {}).get("endpoint"))
        ]
        found.sort(key=lambda each: (each["meta"]["lastUpdated"], each["id"]))
        size, start = int(asked.get("_count", 1000)), int(asked.get("_offset", 0))
        page = found[start : start + size]
        link = []
        if start + size < len(found) and self.paged:
            rest = split.query.partition("&_offset")[0]
            url = self.next_link or f"{split.path}?{rest}&_offset={start + size}"
            link = [{"relation": "next", "url": url}]
        entry = [{"resource": each} for each in page]
        return 200, {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "link": link,
            "entry": entry,
        }


@contextmanager
def source_double() -> Iterator[tuple[SourceDouble, str]]:
    """(the double, its base URL)."""
    double = SourceDouble()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, found = double.answer(self.command, self.path, dict(self.headers), body)
            told = json.dumps(found).encode() if found else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with http_door(Handler) as url:
        yield double, f"{url}/fhir"
