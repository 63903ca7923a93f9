"""Where a finding was seen: image references and coordinates of a report (PS3.3 C.18)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from adapter.dicom import json_model as model
from adapter.dicom.content import Item
from adapter.dicom.json_model import DataSet
from adapter.dicom.volumes import Plane, Planes, read_region
from adapter.domain.finding import Box, Evidence
from adapter.mapping.ai_measures import number

_MOST = 100  # places of one finding
_ROWS, _COLUMNS = ("DCM", "110910"), ("DCM", "110911")
_LONGEST_UID = 64

Point = tuple[float, float]


class Size(NamedTuple):
    """Of an image, in pixels."""

    rows: float
    columns: float


class Images:
    """The images that a report refers to: their series, and their size where it is known."""

    def __init__(self, report: DataSet, root: Item, others: Iterable[DataSet] = ()) -> None:
        beside = list(others)
        self._series = dict(_places(beside)) | dict(_evidence(report))
        self._sizes = dict(_library(root)) | dict(_told(beside))
        self._planes = Planes(beside)

    def evidence(self, items: Iterable[Item]) -> tuple[Evidence, ...]:
        """The places among these content items; a bare image only where no region is on it."""
        regions, images = list[Evidence](), list[Evidence]()
        for each in items:
            if each.kind == "SCOORD":
                regions += (self._region(each, image) for image in _images(each))
            elif each.kind == "SCOORD3D":
                regions += self._volume(each)
            elif each.kind == "IMAGE":
                images.append(self._image(each.dataset))
        marked = {each.sop_uid for each in regions}
        bare = (each for each in images if each.sop_uid not in marked)
        found = list(dict.fromkeys((*regions, *bare)))[:_MOST]
        return tuple(each for each in found if not any(_covers(other, each) for other in found))

    def _region(self, item: Item, image: Item) -> Evidence:
        seen = self._image(image.dataset)
        size = self._sizes.get(seen.sop_uid)
        return replace(seen, box=_box(item.dataset, size)) if size else seen

    def _volume(self, item: Item) -> Iterator[Evidence]:
        """A region in the patient, on each image through its middle; else by its place alone."""
        region = read_region(item.dataset)
        if region is None:
            return
        place = Evidence(
            point_mm=region.centre,
            extent_mm=region.extent,
            frame_of_reference=region.frame_of_reference[:_LONGEST_UID],
        )
        seen = [self._on_image(place, *each) for each in self._planes.under(region)]
        yield from seen or [place]

    def _on_image(self, place: Evidence, plane: Plane, box: Box) -> Evidence:
        study, series = self._series.get(plane.sop_uid, ("", ""))
        uid, frame = plane.sop_uid[:_LONGEST_UID], plane.frame
        return replace(place, study_uid=study, series_uid=series, sop_uid=uid, frame=frame, box=box)

    def _image(self, dataset: DataSet) -> Evidence:
        referenced = model.first(dataset, "00081199")
        uid = model.text(referenced, "00081155")[:_LONGEST_UID]
        study, series = self._series.get(uid, ("", ""))
        frame = number(next(iter(model.values(referenced, "00081160")), None))
        whole = int(frame) if frame and frame >= 1 else None
        return Evidence(study, series, uid, whole)


def _covers(wide: Evidence, one: Evidence) -> bool:
    """Whether another place on the same image holds this one: an outline holds its centre."""
    if wide is one or one.point_mm or wide.sop_uid != one.sop_uid or wide.frame != one.frame:
        return False
    if wide.box is None or one.box is None:
        return bool(wide.box)
    a, b = wide.box, one.box
    inside = a.x_min <= b.x_min and a.y_min <= b.y_min and b.x_max <= a.x_max and b.y_max <= a.y_max
    return inside and a != b


def _images(item: Item) -> Iterator[Item]:
    return (each for each in item.children if each.kind == "IMAGE")


def _evidence(report: DataSet) -> Iterator[tuple[str, tuple[str, str]]]:
    """Image -> study and series, by the evidence sequences (PS3.3 C.17.2)."""
    for tag in ("0040A375", "0040A385"):
        for study in model.items(report, tag):
            for series in model.items(study, "00081115"):
                uids = (model.text(study, "0020000D"), model.text(series, "0020000E"))
                for image in model.items(series, "00081199"):
                    yield model.text(image, "00081155"), uids


def _places(others: Iterable[DataSet]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The same of images that came beside the report."""
    for each in others:
        yield (
            model.text(each, "00080018"),
            (
                model.text(each, "0020000D"),
                model.text(each, "0020000E"),
            ),
        )


def _library(root: Item) -> Iterator[tuple[str, Size]]:
    """Sizes that the image library tells (TID 1602)."""
    for image in root.walk():
        if image.kind != "IMAGE":
            continue
        told = {each.name.coded: number(each.quantity[0]) for each in image.children}
        rows, columns = told.get(_ROWS), told.get(_COLUMNS)
        if rows and columns:
            uid = model.text(model.first(image.dataset, "00081199"), "00081155")
            yield uid, Size(rows, columns)


def _told(others: Iterable[DataSet]) -> Iterator[tuple[str, Size]]:
    """Sizes of images that came beside the report."""
    for each in others:
        rows, columns = (number(model.text(each, tag)) for tag in ("00280010", "00280011"))
        if rows and columns:
            yield model.text(each, "00080018"), Size(rows, columns)


def _numbers(dataset: DataSet) -> list[float]:
    """GraphicData; nothing where one of its values is no finite number."""
    told = [number(each) for each in model.values(dataset, "00700022")]
    found = [each for each in told if each is not None]
    return found if len(found) == len(told) else []


def _box(dataset: DataSet, size: Size) -> Box | None:
    """The smallest box around a region, cut at the image; None where none of it is on the image."""
    told = _numbers(dataset)
    if not told or len(told) % 2 or min(size) <= 0:
        return None
    points = list(zip(told[::2], told[1::2], strict=True))
    corners = _extent(model.text(dataset, "00700023"), points)
    across = [x / size.columns for x, _ in corners]
    down = [y / size.rows for _, y in corners]
    return Box.on_image(min(across), min(down), max(across), max(down))


def _extent(kind: str, points: list[Point]) -> list[Point]:
    """Two corners or more of what the points draw (PS3.3 C.18.6.1.2)."""
    if kind == "CIRCLE" and len(points) == 2:
        (x, y), (edge_x, edge_y) = points
        radius = math.hypot(edge_x - x, edge_y - y)
        return [(x - radius, y - radius), (x + radius, y + radius)]
    if kind == "ELLIPSE" and len(points) == 4:
        (a, b, c, d) = points
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        wide = math.hypot(b[0] - a[0], d[0] - c[0]) / 2
        high = math.hypot(b[1] - a[1], d[1] - c[1]) / 2
        return [(x - wide, y - high), (x + wide, y + high)]
    return points
