"""Identifiers, and the type that keeps patient data out of every print."""

from __future__ import annotations

import hashlib
from typing import Any, NewType

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Accession = NewType("Accession", str)
"""OBR-18 / IPC-1; ServiceRequest.identifier type ACSN; DICOM (0008,0050)."""

ControlId = NewType("ControlId", str)
"""MSH-10, at most 20 characters: one per report and destination, the same on every retry."""


class Phi:
    """Patient data: prints as `<phi>` in logs, traces and errors; `reveal()` at the door only."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """The raw text, for a protocol door or the record."""
        return str(self._value)  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Phi is immutable")

    def __repr__(self) -> str:
        return "<phi>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<phi>"

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phi) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> tuple[type[Phi], tuple[str]]:
        return (Phi, (self.reveal(),))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Stored records keep the raw text: only domain.codec writes them."""
        text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), text]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda phi: phi.reveal(), return_schema=core_schema.str_schema()
            ),
        )


def sha256_hex(body: bytes) -> str:
    """Lower-case hex SHA-256 of the bytes."""
    return hashlib.sha256(body).hexdigest()
