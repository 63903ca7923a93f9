"""A payload before and after the second look: bytes, hash, and which fields it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.domain.identifiers import sha256_hex
from adapter.privacy.leak_check import LeakCheck, strings


@dataclass(frozen=True, slots=True)
class Payload:
    """A request as it would leave: only what `seal` makes of it may."""

    url: str
    body: bytes = field(repr=False)
    fields: tuple[str, ...]
    """JSON paths of what it holds, each once, without values."""

    @property
    def sha256(self) -> str:
        """Lower-case hex SHA-256 of the body."""
        return sha256_hex(self.body)

    @property
    def destination(self) -> str:
        """The address without its query."""
        return self.url.partition("?")[0]


class Sealed(Payload):
    """Only `seal` makes it, after the second look; nothing may be added to it any more."""


def payload_of(request: object, url: str) -> Payload:
    """The request as JSON."""
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    return Payload(url, body, tuple(dict.fromkeys(_places(request))))


def seal(made: Payload, check: LeakCheck) -> Sealed:
    """The same, free to leave; raises LeakFound where body or URL holds an identifier."""
    check.check(made.body, made.url)
    return Sealed(made.url, made.body, made.fields)


def fields_without_names(made: Payload, check: LeakCheck) -> tuple[str, ...]:
    """The fields of a payload that was stopped, but for those whose very path names somebody."""
    return tuple(each for each in made.fields if check.is_clean(each))


def _places(request: object) -> Iterator[str]:
    return (place for place, _, is_key in strings(request, "$") if not is_key)
