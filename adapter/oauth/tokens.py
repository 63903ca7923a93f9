"""Is this bearer token good here: signature, issuer, audience, times, tenant, client (RFC 9068)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jwt
import structlog

from adapter.errors import Rejected
from adapter.oauth.key_set import KeySet

log = structlog.get_logger()

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Never `none`, and nothing symmetric: a public key must not pass for a shared secret."""

_LONGEST = 16_384
_LEEWAY_S = 60.0


class NotAuthenticated(Rejected):
    """No token, or one that is not good here (HTTP 401); the message never holds any of it."""

    http_status = 401

    def __init__(self, message: str) -> None:
        super().__init__(message, code="login")


class NotPermitted(Rejected):
    """A good token that does not reach this far (HTTP 403)."""

    http_status = 403

    def __init__(self, message: str, scope: str = "") -> None:
        super().__init__(message, code="forbidden")
        self.scope = scope


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say; an empty tuple asks for nothing.

    `tenant` is Entra's `tid`; `clients` are values of `azp` or `appid`; `application`: Entra's
    `idtyp` must be `app` where it is told.
    """

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...] = ALGORITHMS
    tenant: str = ""
    clients: tuple[str, ...] = ()
    application: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is good here."""

    subject: str
    scopes: frozenset[str]
    claims: dict[str, Any] = field(repr=False)


class Tokens:
    """Judges the tokens of one issuer."""

    def __init__(self, keys: KeySet, rules: TokenRules) -> None:
        self._keys, self._rules = keys, rules

    async def check(self) -> None:
        """Raise TryAgain where the issuer does not give its keys now."""
        await self._keys.fetched()

    async def read(self, authorization: str) -> Token:
        """The token of an Authorization header; raises NotAuthenticated, TryAgain (no keys)."""
        kind, _, text = authorization.strip().partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise NotAuthenticated("send a bearer token in the Authorization header")
        return await self.judge(text.strip())

    async def judge(self, text: str) -> Token:
        """The token, judged; raises NotAuthenticated, TryAgain (no keys)."""
        try:
            claims = await self._claims(text)
            self._check(claims)
        except (jwt.PyJWTError, ValueError, OverflowError, TypeError) as error:
            log.info("token_refused", reason=type(error).__name__)
            raise NotAuthenticated(_REASONS.get(type(error), "the token is not valid")) from None
        subject = str(claims.get("sub") or claims.get("azp") or claims.get("appid") or "")
        return Token(subject, _scopes(claims), claims)

    async def _claims(self, text: str) -> dict[str, Any]:
        if len(text) > _LONGEST or not text.isascii():
            raise jwt.DecodeError
        header = jwt.get_unverified_header(text)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._rules.algorithms:
            raise jwt.InvalidAlgorithmError
        if key_id is not None and not isinstance(key_id, str):
            raise jwt.DecodeError
        keys = [key for key in await self._keys.matching(key_id) if key.fits(algorithm)]
        if not keys:
            raise jwt.InvalidKeyError
        return jwt.decode(
            text,
            keys[0].key,
            algorithms=[algorithm],
            audience=list(self._rules.audiences),
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss", "aud"], "verify_sub": False},
        )

    def _check(self, claims: dict[str, Any]) -> None:
        rules = self._rules
        if claims["iss"] not in rules.issuers:
            raise jwt.InvalidIssuerError
        if rules.tenant and claims.get("tid") != rules.tenant:
            raise _WrongTenant
        caller = claims.get("azp") or claims.get("appid")
        if rules.clients and caller not in rules.clients:
            raise _WrongClient
        if rules.application and claims.get("idtyp", "app") != "app":
            raise _WrongClient


class _WrongTenant(jwt.InvalidTokenError):
    pass


class _WrongClient(jwt.InvalidTokenError):
    pass


_REASONS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "the token has expired; get a new one",
    jwt.ImmatureSignatureError: "the token is not valid yet; compare the clocks",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is of another issuer",
    jwt.InvalidAlgorithmError: "the token is signed by an algorithm that is not accepted",
    jwt.InvalidKeyError: "the token is signed by a key that its issuer does not publish",
    _WrongTenant: "the token is of another tenant",
    _WrongClient: "this client may not call here",
}


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """`scope` (RFC 8693), `scp` and `roles` (Entra)."""
    return frozenset(
        each for name in ("scope", "scp", "roles") for each in _words(claims.get(name))
    )


def _words(told: object) -> Iterable[str]:
    if isinstance(told, str):
        return told.split()
    return (each for each in told if isinstance(each, str)) if isinstance(told, list) else ()
