"""Small parts of R4 resources as plain JSON values; empty parts are left out."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

Json = dict[str, Any]

_NAMESPACE = UUID("6f0f3c1e-4a53-5b0e-9a0c-8d6f6a5d2b11")  # ours; it must never change
_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_NOT_IN_FHIR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_SEARCH_SPECIAL = re.compile(r"([\\$,|])")  # FHIR R4 3.1.1.3.3, escaping search parameters


def present(**parts: Any) -> Json:
    """The parts that hold something, in the order given."""
    return {name: part for name, part in parts.items() if part not in (None, "", [], {})}


def objects(value: object) -> list[Json]:
    """The objects in what should be a list of objects."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def clean(text: str) -> str:
    """The text without the characters that FHIR forbids in strings."""
    return _NOT_IN_FHIR.sub("\N{REPLACEMENT CHARACTER}", text).strip()


def coding(system: str, code: str, display: str = "") -> Json:
    """Coding."""
    return present(system=system, code=code, display=display)


def concept(*codings: Json, text: str = "") -> Json:
    """CodeableConcept."""
    return present(coding=list(codings), text=clean(text))


def identifier(system: str, value: str, type_: Json | None = None, assigner: str = "") -> Json:
    """Identifier; `assigner` is the display of who gives the value out."""
    return present(
        type=concept(type_) if type_ else None,
        system=system,
        value=clean(value),
        assigner=present(display=clean(assigner)),
    )


def reference(kind: str, identifier: Json | None = None, display: str = "", url: str = "") -> Json:
    """A Reference: what it is, by identifier and by words; `url` of what the Bundle holds."""
    return present(reference=url, type=kind, identifier=identifier, display=clean(display))


def unknown(kind: str) -> Json:
    """A Reference to what nobody has named, where one is required."""
    return {"extension": [{"url": _ABSENT_REASON, "valueCode": "unknown"}], "type": kind}


def attachment(media_type: str, data: bytes, title: str, created: str, language: str = "") -> Json:
    """Attachment with the size and hash that IHE IMR asks for (the R4 hash is SHA-1)."""
    return present(
        contentType=media_type,
        language=language,
        data=b64encode(data).decode(),
        size=len(data),
        hash=b64encode(sha1(data, usedforsecurity=False).digest()).decode(),
        title=clean(title),
        creation=created,
    )


def urn(*names: str) -> str:
    """The `urn:uuid:` that these names always have."""
    return f"urn:uuid:{uuid5(_NAMESPACE, '|'.join(names))}"


def search(parameter: str, system: str, value: str) -> str:
    """`parameter=system|value` as a URL query; an empty system finds values without one only."""
    token = f"{_escaped(system)}|{_escaped(clean(value))}"
    return f"{parameter}={quote(token, safe='')}"


def entry(full_url: str, resource: Json, method: str, url: str, unless: str = "") -> Json:
    """One entry of a transaction; `unless` is the ifNoneExist query of a POST."""
    request = present(method=method, url=url, ifNoneExist=unless)
    return {"fullUrl": full_url, "resource": resource, "request": request}


def named(number: Json) -> str:
    """The search for what has this Identifier."""
    return search("identifier", number.get("system", ""), number["value"])


def conditional(kind: str, number: Json) -> str:
    """URL of a conditional update by identifier (R4 3.1.0.4.3)."""
    return f"{kind}?{named(number)}"


def _escaped(text: str) -> str:
    return _SEARCH_SPECIAL.sub(r"\\\1", text)
