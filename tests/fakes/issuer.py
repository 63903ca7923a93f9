"""A token issuer on loopback: discovery document, key set, tokens; keys that rotate."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.fakes.http_door import http_door

AUDIENCE = "api://readout"


class Issuer:
    """Signs what it is asked to, and publishes the keys that are in `published`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self.fetched = 0
        self.away = False
        self.code = ""  # what the login gives out next; good once
        self.answer: dict[str, Any] = {}  # what the token endpoint says for it
        self.asked_for: dict[str, str] = {}  # form of the last exchange
        self.slow, self.asked, self.go = (threading.Event() for _ in range(3))
        self.add_key("first")

    def add_key(self, key_id: str, *, bits: int = 2048, curve: Any = None, **extra: str) -> None:
        key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, bits)
        self.keys[key_id] = key
        made = (ECAlgorithm if curve else RSAAlgorithm).to_jwk(key.public_key(), as_dict=True)
        self.published.append({**made, "kid": key_id, "use": "sig", **extra})

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "worker", "iat": now, "exp": now + 300}
        return {name: value for name, value in (told | changed).items() if value is not None}

    def token(self, key_id: str = "first", *, algorithm: str = "RS256", **changed: Any) -> str:
        body = json.dumps(self.claims(**changed)).encode()  # also what no library would sign
        return jwt.PyJWS().encode(body, self.keys[key_id], algorithm, {"kid": key_id})

    def document(self, path: str) -> dict[str, Any] | None:
        if self.away:
            return None
        if path == "/.well-known/openid-configuration":
            places = ("authorization", "token", "end_session")
            ends = {f"{each}_endpoint": f"{self.url}/{each}" for each in places}
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **ends}
        if path == "/keys":
            self.fetched += 1
            if self.slow.is_set():
                self.asked.set()
                self.go.wait(30)
            return {"keys": self.published}
        return None

    def exchange(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The token endpoint: a code is good once."""
        self.asked_for = form
        code, self.code = self.code, ""
        return self.answer if code and form.get("code") == code else None


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._tell(issuer.document(self.path), 404)

        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._tell(issuer.exchange(dict(parse_qsl(told))), 400)

        def _tell(self, found: dict[str, Any] | None, otherwise: int) -> None:
            body = json.dumps({"error": "invalid_grant"} if found is None else found).encode()
            self.send_response(200 if found is not None else otherwise)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http_door(Handler) as url:
        issuer = Issuer(url)
        yield issuer
