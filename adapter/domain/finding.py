"""Findings: as a sentence states them (facts) and as an AI model drafts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from adapter.domain.order import Side

SHARED = "fhircast:"
"""Begins the name of who shared a finding in a common context, where a model's name stands else."""

Told = Annotated[str, Field(exclude_if=lambda told: not told)]
"""Not in the record where nothing is told: what was stored before there was such a field is
rebuilt byte for byte."""

Course = Literal["new", "increased", "decreased", "stable", "resolved"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One finding as one sentence states it; offsets are characters within that sentence."""

    finding: str  # lexicon id
    text: str  # the words that name it
    start: int
    end: int
    negated: bool = False
    uncertain: bool = False
    historical: bool = False
    family: bool = False  # family history
    side: Side | None = None
    level: str | None = None  # "L4-L5", "T12"
    size_mm: tuple[float, ...] = ()
    prior_size_mm: tuple[float, ...] = ()
    time: Course | None = None  # since the earlier study
    count: int | None = None


class Box(NamedTuple):
    """A rectangle on an image, as fractions 0..1 of its width and height."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @classmethod
    def on_image(cls, left: float, top: float, right: float, low: float) -> Box | None:
        """What of these edges lies on the image; None where nothing does."""
        if max(left, top) > 1 or min(right, low) < 0:
            return None
        return cls(*(min(1.0, max(0.0, each)) for each in (left, top, right, low)))


Vector = tuple[float, float, float]
"""A point or a direction in the patient's coordinates (PS3.3 C.7.6.2.1.1), in mm."""


class Extent(NamedTuple):
    """A box in the patient's coordinates, by its two far corners."""

    low: Vector
    high: Vector


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where on the images a model saw it: DICOM UIDs, frame from 1."""

    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""
    frame: int | None = None
    box: Box | None = None
    point_mm: Annotated[Vector | None, Field(exclude_if=lambda point: point is None)] = None
    """Centre of a region in the patient's coordinates, where that is told."""
    extent_mm: Annotated[Extent | None, Field(exclude_if=lambda extent: extent is None)] = None
    """The box around such a region; None: it is a point, or not told."""
    frame_of_reference: Told = ""
    """UID of the coordinates of `point_mm` and `extent_mm`."""


@dataclass(frozen=True, slots=True)
class AiFinding:
    """One draft finding of one model. `text` is the model's own; it is never rewritten."""

    id: str
    text: str
    model: str
    version: str
    present: bool = True
    finding: str | None = None  # lexicon id
    code: str | None = None  # the model's own code or label
    side: Side | None = None
    level: str | None = None
    size_mm: tuple[float, ...] = ()
    probability: float | None = None
    evidence: tuple[Evidence, ...] = ()
    at: Told = ""  # when the model made it, ISO 8601 as its source tells it
    manufacturer: Told = ""  # of the model
    scanner: Told = ""  # the device that made the images (domain/scanner.py)
