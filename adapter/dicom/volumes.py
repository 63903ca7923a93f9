"""Regions in the patient's coordinates, and the images that they lie on (PS3.3 C.18.9, C.7.6.2)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from adapter.dicom import json_model as model
from adapter.dicom.json_model import DataSet
from adapter.domain.finding import Box, Extent, Vector
from adapter.mapping.ai_measures import number

_FURTHEST_MM = 100_000.0
_THINNEST_MM, _THICKEST_MM = 1.0, 50.0  # of a slice, where it is not told; that is believed
_SKEW = 0.01  # of the directions of an image, whose lengths are 1
_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_AXES = {"ELLIPSE": 4, "ELLIPSOID": 6}  # kind -> how many ends of axes draw it


@dataclass(frozen=True, slots=True)
class Region:
    """Points in mm; `half_axes`: of the ellipse or ellipsoid that they draw."""

    centre: Vector
    points: tuple[Vector, ...]
    half_axes: tuple[Vector, ...]
    frame_of_reference: str

    def along(self, way: Vector) -> tuple[float, float]:
        """From where to where it reaches, in a direction of length 1."""
        if self.half_axes:
            middle = _dot(self.centre, way)
            half = math.hypot(*(_dot(each, way) for each in self.half_axes))
            return middle - half, middle + half
        reached = [_dot(each, way) for each in self.points]
        return min(reached), max(reached)

    @property
    def extent(self) -> Extent | None:
        """The box around it; None of a single point."""
        sides = [self.along(each) for each in (_X, _Y, _Z)]
        low, high = (_rounded(each) for each in zip(*sides, strict=True))
        return None if low == high else Extent(low, high)


def read_region(dataset: DataSet) -> Region | None:
    """Of a SCOORD3D item; None where its numbers are no points near a patient."""
    told = [number(each) for each in model.values(dataset, "00700022")]
    found = [each for each in told if each is not None and abs(each) <= _FURTHEST_MM]
    if not found or len(found) < len(told) or len(found) % 3:
        return None
    points = [(x, y, z) for x, y, z in zip(found[::3], found[1::3], found[2::3], strict=True)]
    drawn = len(points) == _AXES.get(model.text(dataset, "00700023"))
    axes = zip(points[::2], points[1::2], strict=True) if drawn else ()
    return Region(
        centre=_rounded(sum(each) / len(points) for each in zip(*points, strict=True)),
        points=tuple(points),
        half_axes=tuple(_half(a, b) for a, b in axes),
        frame_of_reference=model.text(dataset, "30060024"),
    )


class Plane(NamedTuple):
    """One frame: its image, the middle of its first pixel, directions of rows and columns, mm."""

    sop_uid: str
    frame: int | None
    frame_of_reference: str
    origin: Vector
    across: Vector
    down: Vector
    step_across: float
    step_down: float
    columns: float
    rows: float
    thickness: float

    @property
    def normal(self) -> Vector:
        """The direction in which slices follow each other."""
        (a, b, c), (d, e, f) = self.across, self.down
        return (b * f - c * e, c * d - a * f, a * e - b * d)

    def box(self, region: Region) -> Box | None:
        """The region on this image; None where none of it is."""
        ways = (self.across, self.step_across, self.columns), (self.down, self.step_down, self.rows)
        sides = []
        for way, step, count in ways:
            begin = _dot(self.origin, way) - step / 2  # the edge of the first pixel
            sides.append([(each - begin) / step / count for each in region.along(way)])
        (left, right), (top, low) = sides
        return Box.on_image(left, top, right, low)


class Planes:
    """The planes of many images: by frame of reference and direction, each in order."""

    def __init__(self, images: Iterable[DataSet]) -> None:
        self._stacks: dict[tuple[str, Vector], list[tuple[float, Plane]]] = {}
        for plane in (each for image in images for each in _planes(image)):
            key = (plane.frame_of_reference, _rounded(plane.normal))
            at = _dot(plane.origin, plane.normal)
            self._stacks.setdefault(key, []).append((at, plane))
        for stack in self._stacks.values():
            stack.sort(key=lambda each: each[0])

    def under(self, region: Region) -> Iterator[tuple[Plane, Box]]:
        """Of each direction the image through the region's middle, and the place on it."""
        for (reference, normal), stack in self._stacks.items():
            if reference and reference == region.frame_of_reference:
                low, high = region.along(normal)
                at, plane = _nearest(stack, (low + high) / 2)
                half = plane.thickness / 2
                box = plane.box(region) if low - half <= at <= high + half else None
                if box:
                    yield plane, box


def _planes(image: DataSet) -> Iterator[Plane]:
    """Of an image, or of the frames of an enhanced one (PS3.3 C.7.6.16)."""
    shared = model.first(image, "52009229")
    frames = list(model.items(image, "52009230"))
    for count, frame in enumerate(frames, 1):
        parts = [model.first(frame, tag) or model.first(shared, tag) for tag in _MACROS]
        yield from _plane(image, count, *parts)
    if not frames:
        yield from _plane(image, None, image, image, image)


_MACROS = ("00209113", "00209116", "00289110")  # position, orientation, pixel measures


def _plane(
    image: DataSet, frame: int | None, position: DataSet, orientation: DataSet, measures: DataSet
) -> Iterator[Plane]:
    """None where something is missing, or is none."""
    origin = _numbers(position, "00200032", 3)
    ways = _numbers(orientation, "00200037", 6)
    steps = _numbers(measures, "00280030", 2)
    size = [number(model.text(image, tag)) or 0.0 for tag in ("00280011", "00280010")]
    if not (origin and ways and steps and min(*steps, *size) > 0):
        return
    across, down = _vector(ways[:3]), _vector(ways[3:])
    skews = (_dot(across, across) - 1, _dot(down, down) - 1, _dot(across, down))
    if max(map(abs, skews)) > _SKEW:
        return
    told = number(model.text(measures, "00180050")) or 0.0
    yield Plane(
        sop_uid=model.text(image, "00080018"),
        frame=frame,
        frame_of_reference=model.text(image, "00200052"),
        origin=_vector(origin),
        across=across,
        down=down,
        step_across=steps[1],
        step_down=steps[0],
        columns=size[0],
        rows=size[1],
        thickness=min(max(told, _THINNEST_MM), _THICKEST_MM),
    )


def _nearest(stack: list[tuple[float, Plane]], to: float) -> tuple[float, Plane]:
    place = bisect_left(stack, to, key=lambda each: each[0])
    return min(stack[max(0, place - 1) : place + 1], key=lambda each: abs(each[0] - to))


def _numbers(dataset: DataSet, tag: str, count: int) -> list[float]:
    """So many numbers; else nothing."""
    told = [number(each) for each in model.values(dataset, tag)]
    found = [each for each in told if each is not None and abs(each) <= _FURTHEST_MM]
    return found if len(found) == len(told) == count else []


def _vector(told: Iterable[float]) -> Vector:
    x, y, z = told
    return (x, y, z)


def _rounded(told: Iterable[float]) -> Vector:
    return _vector(round(each, 3) + 0.0 for each in told)  # no -0.0


def _half(a: Vector, b: Vector) -> Vector:
    return _vector((to - since) / 2 for since, to in zip(a, b, strict=True))


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
