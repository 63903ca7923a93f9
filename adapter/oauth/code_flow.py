"""Authorization code with PKCE (RFC 6749 4.1, RFC 7636), and the ID token that it brings.

`begin` gives the address to which the browser goes; `exchange` and `identity` what its code is
worth. What must be the same both times is in `Begun`, which the browser keeps.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt

from adapter.errors import TryAgain
from adapter.oauth.client_keys import assertion
from adapter.oauth.documents import ask, said
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotAuthenticated, NotPermitted, TokenRules, Tokens
from adapter.outbound import AddressRefused, Outbound
from adapter.ports import Clock

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """Our registration at an authorization server; with neither key nor secret a public one."""

    id: str
    redirect: str
    key: Path | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps between the two steps; `next`: where it goes in the end."""

    iss: str
    state: str
    nonce: str
    verifier: str
    next: str = "/"


def begun(iss: str, next_: str = "/") -> Begun:
    """A new one: nobody can guess its state, nonce and verifier."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Begun(iss, state, nonce, verifier, next_)


class CodeFlow:
    """One authorization server; `name`: what refusals call it, such as "the EHR"."""

    def __init__(self, client: Client, guard: Outbound, clock: Clock, name: str) -> None:
        self._client, self._guard, self._clock, self._name = client, guard, clock, name

    def address(self, place: str, begun: Begun, scopes: str, **more: str) -> str:
        """Where the browser goes, by the authorization endpoint."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect,
            "scope": scopes,
            "state": begun.state,
            "nonce": begun.nonce,
            **more,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    def endpoint(self, told: Json, name: str) -> str:
        """An endpoint of the server's document; raises NotPermitted where it must not be called."""
        try:
            return str(self._guard.check(str(told.get(name) or ""), secret=True))
        except AddressRefused as error:
            raise NotPermitted(f"{name} of {self._name}: {error}") from None

    async def exchange(self, told: Json, code: str, begun: Begun) -> Json:
        """The token response; raises NotPermitted (refused there), TryAgain."""
        url, own = self.endpoint(told, "token_endpoint"), self._client
        request: Json = {
            "data": {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": own.redirect,
                "client_id": own.id,
                "code_verifier": begun.verifier,
            }
        }
        if own.key is not None:
            request["data"] |= assertion(own.key, own.id, url, self._clock.now())
        elif own.secret and _takes_secret_in_body(told):
            request["data"]["client_secret"] = own.secret
        elif own.secret:
            request["headers"] = {"Authorization": _basic(own.id, own.secret)}
        status, answer = await ask(self._guard, "POST", url, secret=True, **request)
        if status >= 500:
            raise TryAgain(f"the token endpoint of {self._name} answered HTTP {status}")
        if status != 200 or not isinstance(answer.get("access_token"), str):
            raise NotPermitted(f"{self._name} gives no token: HTTP {status}{said(answer)}")
        return answer

    async def identity(self, answer: Json, begun: Begun, keys: KeySet, issuer: str) -> Json:
        """Claims of the ID token (OpenID Connect Core 3.1.3.7); raises NotAuthenticated."""
        text = str(answer.get("id_token") or "")
        token = await Tokens(keys, TokenRules((issuer,), (self._client.id,))).judge(text)
        claims = token.claims
        if not secrets.compare_digest(str(claims.get("nonce")), begun.nonce):
            raise NotPermitted(f"the answer of {self._name} belongs to another sign-in")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client.id:
            raise NotAuthenticated("the ID token is for another client")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise NotAuthenticated("the ID token names nobody")
        if "at_hash" in claims and claims["at_hash"] != _at_hash(text, str(answer["access_token"])):
            raise NotAuthenticated("the ID token belongs to another access token")
        return claims


def _takes_secret_in_body(told: Json) -> bool:
    """client_secret_basic is the default (OpenID Connect Discovery 3)."""
    ways = told.get("token_endpoint_auth_methods_supported")
    if not isinstance(ways, list):
        return False
    return "client_secret_basic" not in ways and "client_secret_post" in ways


def _basic(user: str, secret: str) -> str:
    """RFC 6749 2.3.1: both are form-encoded first."""
    told = urlencode({user: secret})
    name, _, word = told.partition("=")
    return "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()


def _at_hash(id_token: str, access_token: str) -> str:
    """OpenID Connect Core 3.1.3.6: the left half, by the hash of the token's algorithm."""
    bits = str(jwt.get_unverified_header(id_token)["alg"])[-3:]
    digest = hashlib.new(f"sha{bits}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
