"""Names of HL7 v2 segments, fields and components, for people who read a message."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from adapter.mapping.files import MappingFiles, MappingTable

FILE = "hl7_names.yaml"
_NAME = Field(min_length=1, max_length=100)
Name = Annotated[str, _NAME]
SegmentId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2}$")]
Number = Annotated[int, Field(ge=1, le=999)]


class FieldNames(MappingTable):
    """One field."""

    name: str = _NAME
    """What it is called."""
    type: str = ""
    """Its data type, one of `types`, which names its components; empty: none has a name."""


class SegmentNames(MappingTable):
    """One segment."""

    name: str = _NAME
    """What it is called."""
    fields: dict[Number, FieldNames] = Field(default_factory=dict)
    """Its fields by number; others are shown by number alone."""


class Hl7Names(MappingTable):
    """hl7_names.yaml."""

    segments: dict[SegmentId, SegmentNames]
    """Segments by their three signs; others are shown by these alone."""
    types: dict[str, tuple[Name, ...]] = Field(default_factory=dict)
    """Names of the components of a data type, in order."""

    @model_validator(mode="after")
    def _types_exist(self) -> Hl7Names:
        for segment, names in self.segments.items():
            for number, field in names.fields.items():
                if field.type and field.type not in self.types:
                    raise ValueError(f"{segment}-{number} has type {field.type!r}, not in types")
        return self

    def segment(self, segment: str) -> str:
        """Its name; "" when it has none."""
        names = self.segments.get(segment)
        return names.name if names else ""

    def field(self, segment: str, number: int) -> str:
        """The name of a field; "" when it has none."""
        field = self._field(segment, number)
        return field.name if field else ""

    def component(self, segment: str, number: int, component: int) -> str:
        """The name of a component of a field, counted from 1; "" when it has none."""
        field = self._field(segment, number)
        parts = self.types.get(field.type, ()) if field else ()
        return parts[component - 1] if component <= len(parts) else ""

    def _field(self, segment: str, number: int) -> FieldNames | None:
        names = self.segments.get(segment)
        return names.fields.get(number) if names else None


def load_hl7_names(files: MappingFiles) -> Hl7Names:
    """The site's or the packaged names; raises ConfigurationError."""
    return files.get(FILE).read(Hl7Names)
