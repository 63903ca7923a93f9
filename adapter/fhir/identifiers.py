"""Identifiers of R4 resources by their type (v2-0203) or by the site's systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from adapter.errors import Malformed
from adapter.fhir.codes import DICOM_UID, IDENTIFIER_TYPE

_UID = re.compile(r"urn:oid:([0-9]+(?:\.[0-9]+)+)")
_MAX_UID = 64  # DICOM PS3.5 section 9
_PARTS = re.compile(r"((?:[^\\|]|\\.)*)\|((?:[^\\|]|\\.)*)", re.DOTALL)
_EACH = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MOST_TOKENS = 20


class Token(NamedTuple):
    """An identifier that is searched for (R4 3.1.1.4.10); system None: of any system."""

    system: str | None
    value: str

    def matches(self, identifier: dict[str, Any]) -> bool:
        """Whether this is the identifier."""
        system = identifier.get("system") or ""
        return self.value == value(identifier) and self.system in (None, system)


def of_type(identifiers: Iterable[dict[str, Any]], kind: str, systems: Sequence[str]) -> list[str]:
    """Values of the type `kind`, then of the given systems in their order; each once."""
    known = [each for each in identifiers if value(each)]
    typed = [value(each) for each in known if kind in _types(each)]
    named = [value(each) for system in systems for each in known if each.get("system") == system]
    return list(dict.fromkeys(typed + named))


def value(identifier: dict[str, Any]) -> str:
    """The value without blanks around it; "" when there is none."""
    return str(identifier.get("value") or "").strip()


def study_uid(identifiers: Iterable[dict[str, Any]]) -> str:
    """The first DICOM UID (`urn:dicom:uid`, `urn:oid:1.2.3`); "" when there is none."""
    for each in identifiers:
        found = _UID.fullmatch(value(each)) if each.get("system") == DICOM_UID else None
        if found and len(found[1]) <= _MAX_UID:
            return found[1]
    return ""


def _types(identifier: dict[str, Any]) -> set[str]:
    coding = (identifier.get("type") or {}).get("coding") or []
    return {each.get("code", "") for each in coding if each.get("system") == IDENTIFIER_TYPE}


def read_tokens(text: str) -> list[Token]:
    """`system|value`, `|value` (no system) and `value`, several by commas; raises Malformed."""
    tokens = [_token(each) for each in _EACH.findall(text)[: _MOST_TOKENS + 1]]
    if not tokens or len(tokens) > _MOST_TOKENS or not all(each.value for each in tokens):
        raise Malformed(
            f"identifier must be system|value, at most {_MOST_TOKENS} of them",
            location="identifier",
            code="value",
        )
    return tokens


def identifier_search(query: str) -> list[Token]:
    """The identifiers of a conditional reference, create or update; raises Malformed."""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=10)
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        raise Malformed(
            "a condition must be identifier=system|value, nothing else is looked for",
            location="identifier",
            code="not-supported",
        )
    return read_tokens(pairs[0][1])


def _token(text: str) -> Token:
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return Token(None, _ESCAPED.sub(r"\1", text).strip())
    system, found = (_ESCAPED.sub(r"\1", each) for each in parts.groups())
    return Token(system, found.strip())
