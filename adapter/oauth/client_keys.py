"""Our private keys, from files; their public parts as a key set (RFC 7517)."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from adapter.errors import ConfigurationError

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(minutes=4)  # five are the most that is allowed
_SMALLEST_RSA = 2048
_PUBLIC = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A private key, the algorithm that it signs with, and its id (RFC 7638 thumbprint)."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    algorithm: str
    public: dict[str, Any]

    @property
    def key_id(self) -> str:
        """The thumbprint of the public part."""
        return str(self.public["kid"])


def read_key(path: Path) -> ClientKey:
    """The key of a PEM file, read now; raises ConfigurationError, which tells nothing of it."""
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(
            f"{path} cannot be read or holds no private key in PEM without password"
        ) from None
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _SMALLEST_RSA:
        return ClientKey(private, "RS384", _public(RSAAlgorithm, private.public_key(), "RS384"))
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name == "secp384r1":
        return ClientKey(private, "ES384", _public(ECAlgorithm, private.public_key(), "ES384"))
    raise ConfigurationError(
        f"{path}: use RSA of at least {_SMALLEST_RSA} bits (RS384) or EC P-384 (ES384)"
    )


def key_set(paths: Iterable[Path]) -> dict[str, Any]:
    """The public parts of these keys, each once."""
    keys = {key.key_id: key.public for key in map(read_key, paths)}
    return {"keys": list(keys.values())}


def assertion(path: Path, client_id: str, audience: str, now: datetime) -> dict[str, str]:
    """The form fields by which the client proves itself: private_key_jwt (RFC 7523 2.2)."""
    key = read_key(path)
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + _ASSERTION_LIFE,
        "jti": str(uuid.uuid4()),
    }
    signed = jwt.encode(claims, key.private, key.algorithm, {"kid": key.key_id})
    return {"client_assertion_type": _ASSERTION, "client_assertion": signed}


def _public(kind: Any, key: object, algorithm: str) -> dict[str, Any]:
    made = kind.to_jwk(key, as_dict=True)
    told = {name: made[name] for name in _PUBLIC[made["kty"]]}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return {**told, "kid": thumbprint, "use": "sig", "alg": algorithm, "key_ops": ["verify"]}
