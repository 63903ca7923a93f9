"""Who signed: Standard Webhooks 1.0, HMAC in a header of a vendor's own, bearer tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from adapter.errors import ConfigurationError
from adapter.secret_values import secret_of

_PREFIX = "whsec_"
_SHORTEST = 24  # bytes, by the specification
_SHORTEST_TEXT = 16  # characters of a secret or token that is text
_TOLERANCE_S = 300  # of the sender's clock, by the specification


def signature(secret: bytes, id_: str, at: int, body: bytes) -> str:
    """`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks 1.0)."""
    signed = f"{id_}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def is_signed(secrets: list[bytes], headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether one of the secrets signed this body within the last minutes."""
    id_, told = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id_ or not told.isascii() or not told.isdecimal() or len(told) > 12:
        return False
    if abs(now - int(told)) > _TOLERANCE_S:
        return False
    shown = headers.get("webhook-signature", "").split()[:10]
    wanted = [signature(secret, id_, int(told), body) for secret in secrets]
    return any(same(one, other) for one in shown for other in wanted)


def body_signature(secret: str, body: bytes, encoding: str) -> str:
    """HMAC-SHA256 of the body alone, in `hex` or `base64`."""
    made = hmac.digest(secret.encode(), body, hashlib.sha256)
    return made.hex() if encoding == "hex" else base64.b64encode(made).decode()


def same(one: str, other: str) -> bool:
    """Compared in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def webhook_secret(name: str) -> bytes:
    """A secret of Standard Webhooks; raises ConfigurationError."""
    told = secret_of(name)
    try:
        secret = base64.b64decode(told.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) < _SHORTEST:
        raise ConfigurationError(
            f"environment variable {name} (secret_envs) must hold {_PREFIX} and Base64 of at least"
            f" {_SHORTEST} random bytes"
        )
    return secret


def text_secret(name: str) -> str:
    """A secret or token that is text; raises ConfigurationError."""
    told = secret_of(name)
    if len(told) < _SHORTEST_TEXT:
        raise ConfigurationError(
            f"environment variable {name} must hold at least {_SHORTEST_TEXT} characters"
        )
    return told
