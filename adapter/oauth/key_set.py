"""The public keys of an issuer (RFC 7517): fetched, kept, and fetched again when they rotate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapter.clock import steady
from adapter.errors import TryAgain
from adapter.oauth.documents import document
from adapter.outbound import Outbound
from adapter.ports import Clock

_FRESH = timedelta(hours=1)
_STALE = timedelta(hours=24)
"""How long keys are still used while their issuer is away."""
_PAUSE = timedelta(seconds=30)
"""Shortest time between two fetches: a token with a made-up key id must cost nobody anything."""
_MOST_KEYS = 100
_SMALLEST_RSA = 2048
_KINDS: dict[str, Any] = {"RSA": RSAAlgorithm, "EC": ECAlgorithm}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key of an issuer; `algorithm` is empty where it does not tell."""

    key_id: str
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    algorithm: str

    def fits(self, algorithm: str) -> bool:
        """Whether it may verify this algorithm: by its kind, its curve and what it says itself."""
        if self.algorithm not in ("", algorithm):
            return False
        if isinstance(self.key, ec.EllipticCurvePublicKey):
            return _CURVES.get(algorithm) == self.key.curve.name
        return algorithm[:2] in ("RS", "PS")


class KeySet:
    """The keys at `url`, or those that the discovery document of `issuer` names."""

    def __init__(self, guard: Outbound, clock: Clock, *, issuer: str = "", url: str = "") -> None:
        self._guard, self._steady = guard, steady(clock)
        self._issuer, self._url = issuer, url
        self._keys: list[PublicKey] = []
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._lock = asyncio.Lock()

    async def matching(self, key_id: str | None) -> list[PublicKey]:
        """Keys of this id; of a token without one the only key there is. Raises TryAgain."""
        now = self._steady.now()
        known = self._of(key_id)
        if known and (self._is_fresh(now) or (self._lock.locked() and self._is_usable(now))):
            return known  # while one fetches, nobody waits for keys that are there
        async with self._lock:
            await self._refresh(now, key_id)
        return self._of(key_id)

    async def fetched(self) -> list[PublicKey]:
        """The keys as the issuer gives them now; raises TryAgain."""
        return _usable(await document(self._guard, await self._place()))

    def _is_fresh(self, now: datetime) -> bool:
        return self._fetched is not None and now - self._fetched <= _FRESH

    def _is_usable(self, now: datetime) -> bool:
        return self._fetched is not None and now - self._fetched <= _STALE

    def _of(self, key_id: str | None) -> list[PublicKey]:
        if key_id is None:
            return self._keys if len(self._keys) == 1 else []
        return [each for each in self._keys if each.key_id == key_id]

    async def _refresh(self, now: datetime, key_id: str | None) -> None:
        if self._is_fresh(now) and self._of(key_id):
            return  # another request has just fetched them
        if self._tried is not None and now - self._tried < _PAUSE:
            self._check_age(now)
            return
        self._tried = now
        try:
            self._keys = await self.fetched()
            self._fetched = now
        except TryAgain:
            self._check_age(now)

    def _check_age(self, now: datetime) -> None:
        if not self._is_usable(now):
            raise TryAgain("the keys of the token issuer cannot be fetched", after=30.0)

    async def _place(self) -> str:
        if self._url:
            return self._url
        found = await document(
            self._guard, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        )
        url = found.get("jwks_uri")
        if found.get("issuer") != self._issuer or not isinstance(url, str):
            raise TryAgain(f"the discovery document of {self._issuer} is of another issuer")
        return url


def _usable(found: dict[str, Any]) -> list[PublicKey]:
    """Public signing keys that are strong enough; what cannot be read is left out."""
    keys = found.get("keys")
    if not isinstance(keys, list):
        raise TryAgain("the key set of the token issuer holds no keys")
    read = (_read(each) for each in keys[:_MOST_KEYS])
    return [each for each in read if each is not None]


def _read(found: Any) -> PublicKey | None:
    if not isinstance(found, dict) or found.get("use", "sig") != "sig":
        return None
    if found.get("kty") not in _KINDS:
        return None  # a symmetric key here would let anyone who reads the set sign tokens
    public = {name: value for name, value in found.items() if name not in _PRIVATE}
    try:
        key = _KINDS[found["kty"]].from_jwk(public)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    told = found.get("alg"), found.get("kid")
    algorithm, key_id = (each if isinstance(each, str) else "" for each in told)
    if isinstance(key, rsa.RSAPublicKey):
        return PublicKey(key_id, key, algorithm) if key.key_size >= _SMALLEST_RSA else None
    return PublicKey(key_id, key, algorithm) if isinstance(key, ec.EllipticCurvePublicKey) else None
