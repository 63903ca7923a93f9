"""A study as a file or a request tells it: what templates are chosen and checks held against."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, Side
from adapter.domain.people import Patient, Sex
from adapter.errors import Malformed

_SIDES = {"l": "left", "lt": "left", "r": "right", "rt": "right", "b": "bilateral", "": None}
_SEXES = {"female": "F", "male": "M", "other": "O", "unknown": "U", "": "U"}
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


def _side(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _SIDES.get(value.strip().lower(), value.strip().lower())


def _sex(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _SEXES.get(value.strip().lower(), value.strip().upper())


def _day(value: object) -> object:
    """YYYYMMDD of YYYYMMDD… and YYYY-MM-DD…."""
    if value in (None, ""):
        return ""
    match = _DAY.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("give the day as YYYY-MM-DD")
    return "".join(match.groups())


Day = Annotated[str, BeforeValidator(_day)]
Text = Annotated[str, Field(max_length=1_000)]


class Procedure(BaseModel):
    """The procedure that was ordered."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    code: Text = ""
    text: Text = ""
    system: Text = ""


class StudyInput(BaseModel):
    """A study; every member may be left out, and others are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    accession: Text = ""
    """Accession number."""
    procedure: Procedure | Text = Procedure()
    """What was ordered: code, text and code system, or the text alone."""
    modality: Text = ""
    """DICOM modality, such as CT."""
    side: Annotated[Side | None, BeforeValidator(_side)] = Field(
        None, validation_alias=AliasChoices("side", "laterality")
    )
    """left, right or bilateral."""
    sex: Annotated[Sex, BeforeValidator(_sex)] = Field(
        Sex.UNKNOWN, validation_alias=AliasChoices("sex", "gender")
    )
    """F, M, O or U."""
    birth_date: Day = ""
    """YYYY-MM-DD."""
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    """Years, where the birth date is not known."""
    date: Day = Field("", validation_alias=AliasChoices("date", "study_date"))
    """Day of the study, YYYY-MM-DD."""

    @model_validator(mode="before")
    @classmethod
    def _patient(cls, found: Any) -> Any:
        """Sex, age and birth date may stand under `patient` too."""
        if isinstance(found, dict) and isinstance(found.get("patient"), dict):
            return found["patient"] | found
        return found

    def order(self) -> Order:
        """The study as an order."""
        asked = self.procedure
        if isinstance(asked, str):
            asked = Procedure(text=asked)
        return Order(
            accession=Accession(self.accession),
            patient=Patient(mrn=Phi(""), birth_date=Phi(self.birth_date), sex=self.sex),
            procedure=Code(asked.code, asked.text, asked.system),
            modality=self.modality,
            side=self.side,
            scheduled_at=self.date,
        )


def read_study(found: dict[str, Any], name: str) -> StudyInput:
    """The study of a JSON object; raises Malformed naming `name` and the member."""
    try:
        return StudyInput.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Malformed(f"{name}: {where}: {first['msg']}") from None
