"""A payload that was looked through and may leave: bytes, hash, and which fields it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.domain.identifiers import sha256_hex
from adapter.privacy.leak_check import LeakCheck, strings


@dataclass(frozen=True, slots=True)
class Sealed:
    """Only `seal` makes it, after the second look; nothing may be added to it any more."""

    url: str
    body: bytes = field(repr=False)
    fields: tuple[str, ...]
    """JSON paths of what it holds, each once, without values."""

    @property
    def sha256(self) -> str:
        """Lower-case hex SHA-256 of the body."""
        return sha256_hex(self.body)


def seal(request: object, url: str, check: LeakCheck) -> Sealed:
    """The request as JSON; raises LeakFound where body or URL holds an identifier."""
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    check.check(body, url)
    return Sealed(url, body, tuple(dict.fromkeys(_places(request))))


def _places(request: object) -> Iterator[str]:
    return (place for place, _, is_key in strings(request, "$") if not is_key)
