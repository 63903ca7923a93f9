"""An authorization server and FHIR server of an EHR on loopback (SMART App Launch 2.2)."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.fakes.http_door import http_door
from tests.fakes.issuer import Issuer

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class SmartServer:
    """Knows one client by its key set; holds its rules strictly. `client_keys` gives the set."""

    def __init__(self, url: str) -> None:
        self.url, self.issuer = url, Issuer(url)
        self.client_id = "readout"
        self.client_keys: Callable[[], dict[str, Any]] = lambda: {"keys": []}
        self.configuration: dict[str, Any] = {
            "token_endpoint": f"{url}/token",
            "authorization_endpoint": f"{url}/authorize",
            "jwks_uri": f"{url}/keys",
            "issuer": url,
            "capabilities": ["launch-ehr", "client-public"],
            "code_challenge_methods_supported": ["S256"],
        }
        self.expires_in: Any = 300
        self.tokens: set[str] = set()
        self.seen_ids: set[str] = set()
        self.assertions: list[dict[str, Any]] = []
        self.posted: list[bytes] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.confidential = False
        self.launch: dict[str, Any] = {}
        self.resources: dict[str, dict[str, Any]] = {}

    def configured(self) -> dict[str, Any]:
        return self.configuration

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        try:
            extra = self._extra(form)
        except (AssertionError, LookupError, ValueError, jwt.PyJWTError) as error:
            return 400, {"error": "invalid_client", "error_description": f"no: {error!r}"}
        token = uuid.uuid4().hex
        self.tokens.add(token)
        told = {"access_token": token, "token_type": "bearer", "expires_in": self.expires_in}
        return 200, told | {"scope": form.get("scope", "")} | extra

    def _extra(self, form: dict[str, str]) -> dict[str, Any]:
        if form["grant_type"] == "client_credentials":
            self._check_assertion(form)
            return {}
        assert form["grant_type"] == "authorization_code"
        if self.confidential:
            self._check_assertion(form)
        asked = self.codes.pop(form["code"])
        assert form["client_id"] == self.client_id == asked["client_id"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        made = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(made).rstrip(b"=").decode() == asked["code_challenge"]
        told = {"sub": "dr1", "aud": self.client_id, "nonce": asked.get("nonce")}
        context = {name: each for name, each in self.launch.items() if name != "id_claims"}
        changed = self.launch.get("id_claims", {})
        return {"id_token": self.issuer.token(**(told | changed)), **context}

    def _check_assertion(self, form: dict[str, str]) -> None:
        assert form["client_assertion_type"] == _ASSERTION
        text = form["client_assertion"]
        head = jwt.get_unverified_header(text)
        (found,) = [k for k in self.client_keys()["keys"] if k["kid"] == head["kid"]]
        assert head["alg"] in ("RS384", "ES384")
        claims = jwt.decode(
            text,
            jwt.PyJWK(found).key,
            algorithms=[head["alg"]],
            audience=f"{self.url}/token",
            leeway=900,  # tests turn the client's clock
        )
        assert claims["iss"] == claims["sub"] == self.client_id
        assert claims["exp"] - claims["iat"] <= 300
        assert claims["jti"] not in self.seen_ids
        self.seen_ids.add(claims["jti"])
        self.assertions.append(head)

    def authorize(self, query: dict[str, str]) -> str:
        """What the browser of a signed-in user gets: the address that leads back."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = uuid.uuid4().hex
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"


@contextmanager
def running_smart_server() -> Iterator[SmartServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            if place.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(place.query).items()}
                self._answer(302, {}, Location=server.authorize(query))
            elif place.path == "/.well-known/smart-configuration":
                self._answer(200, server.configured())
            elif place.path == "/keys":
                self._answer(200, {"keys": server.issuer.published})
            elif self._bearer() not in server.tokens:
                self._answer(401, {"resourceType": "OperationOutcome"})
            else:
                found = server.resources.get(place.path.lstrip("/"))
                self._answer(200 if found else 404, found or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                self._answer(*server.grant(form))
            elif self._bearer() not in server.tokens:
                self._answer(401, {"resourceType": "OperationOutcome"})
            else:
                server.posted.append(body)
                done = {"response": {"status": "201 Created", "location": "DiagnosticReport/1"}}
                bundle = {"resourceType": "Bundle", "type": "transaction-response"}
                self._answer(200, bundle | {"entry": [done]})

        def _bearer(self) -> str:
            return self.headers.get("Authorization", "").removeprefix("Bearer ")

        def _answer(self, status: int, found: dict[str, Any], **headers: str) -> None:
            body = json.dumps(found).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http_door(Handler) as url:
        server = SmartServer(url)
        yield server
