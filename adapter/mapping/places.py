"""Places in an HL7 v2 message, as mapping files name them."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,2})(?:\.(\d{1,2}))?)?")


class Place(NamedTuple):
    """A place in a message, written `OBR-18`, `ORC-7.4` or `PID-3.4.2`; all counted from 1."""

    segment: str
    field: int
    component: int = 1
    subcomponent: int = 1


def _place(value: Any) -> Any:
    match = _PATH.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a place in a message such as OBR-18 or ORC-7.4")
    return Place(match[1], *(int(number) for number in match.groups()[1:] if number))


FieldPlace = Annotated[Place, BeforeValidator(_place)]
Places = tuple[FieldPlace, ...]
