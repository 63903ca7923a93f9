"""Regions in the patient's coordinates, of Comprehensive 3D reports built by highdicom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.dataset import Dataset

from adapter.dicom.structured_report import read_sr_json
from adapter.domain.finding import Box, Evidence
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.files import MappingFiles
from tests.fakes import sr
from tests.fakes.house import tables

CODES = load_ai_codes(MappingFiles(), tables().lexicon)
SQUARE = [(0, 0, 5), (10, 0, 5), (10, 20, 5), (0, 20, 5), (0, 0, 5)]
ON_SLICE = Box(0.251, 0.4005, 0.276, 0.4405)
Points = Sequence[tuple[float, float, float]]


def sliced(number: int, z: float) -> Dataset:
    """A slice of 500 by 1000 pixels of 0.8 by 0.5 mm."""
    made = sr.image(number)
    made.ImagePositionPatient, made.ImageOrientationPatient = [-100, -200, z], [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.SliceThickness = [0.5, 0.8], 2
    return made


SLICES = [sliced(number, 2.0 * number + 1) for number in range(5)]  # 1, 3, 5, 7, 9 mm


def group(kind: str, points: Points) -> Any:
    drawn = {
        "graphic_type": getattr(hd.sr.GraphicTypeValues3D, kind),
        "graphic_data": np.array(points, dtype=float),
        "frame_of_reference_uid": SLICES[0].FrameOfReferenceUID,
    }
    named = {
        "tracking_identifier": hd.sr.TrackingIdentifier(uid=f"{sr.STUDY}.6", identifier="v"),
        "finding_type": sr.NODULE,
    }
    if kind in ("ELLIPSOID", "POINT"):
        surface = hd.sr.VolumeSurface(**drawn, source_images=[sr.source_of_segment(SLICES[0])])
        return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            **named, referenced_volume_surface=surface
        )
    region = hd.sr.ImageRegion3D(**drawn)
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(**named, referenced_region=region)


def seen(kind: str, points: Points, *images: Dataset, **changes: Any) -> list[Evidence]:
    """Where the one finding was seen, of a report whose region may be spoiled."""
    built = "POLYLINE" if kind == "MULTIPOINT" else kind  # which highdicom takes for no region
    report = sr.report(SLICES[0], [group(built, points)], volume=True)
    told = sr.as_json(report, *images)
    for item in (each for each in items(told[0]) if "00700022" in each):
        item["00700023"]["Value"] = [kind]
        item["00700022"]["Value"] = changes.get("graphic", item["00700022"]["Value"])
    (result,) = read_sr_json(json.dumps(told).encode(), CODES)
    return [each for each in result.findings[0].evidence if each.point_mm]


def items(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    below = dataset.get("0040A730", {}).get("Value", [])
    return [each for item in below for each in (item, *items(item))]


def test_a_polygon_is_on_the_slice_that_it_was_drawn_on() -> None:
    (one,) = seen("POLYGON", SQUARE, *SLICES)
    assert one.extent_mm == ((0, 0, 5), (10, 20, 5))
    assert (one.study_uid, one.series_uid) == (sr.STUDY, f"{sr.STUDY}.1")
    assert one.sop_uid == SLICES[2].SOPInstanceUID
    assert one.box == pytest.approx(ON_SLICE)


@pytest.mark.parametrize(
    ("kind", "points", "low", "high", "slice_"),
    [
        ("ELLIPSE", [(7.8787, 17.8787, 5), (12.1213, 22.1213, 5), (10.7071, 19.2929, 5),
                     (9.2929, 20.7071, 5)], (7.764, 17.764, 5), (12.236, 22.236, 5), 2),
        ("ELLIPSOID", [(7, 20, 6), (13, 20, 6), (10, 18, 6), (10, 22, 6), (10, 20, 3.2),
                       (10, 20, 8.8)], (7, 18, 3.2), (13, 22, 8.8), 2),
        ("MULTIPOINT", [(0, 0, 5), (4, 8, 5), (2, 3, 5)], (0, 0, 5), (4, 8, 5), 2),
        ("POINT", [(4, 8, 8.8)], None, None, 4),
    ],
)  # fmt: skip
def test_what_is_drawn_keeps_its_extent(
    kind: str, points: Points, low: Points | None, high: Points | None, slice_: int
) -> None:
    (one,) = seen(kind, points, *SLICES)
    if low is None:
        assert (one.extent_mm, one.point_mm) == (None, points[0])
    else:
        assert one.extent_mm is not None
        assert one.extent_mm.low == pytest.approx(low, abs=0.002)
        assert one.extent_mm.high == pytest.approx(high, abs=0.002)
    assert one.sop_uid == SLICES[slice_].SOPInstanceUID
    assert one.box is not None


@pytest.mark.parametrize("away", [(0, 0, 40), (5_000, 0, 5), (0, -5_000, 5)])
def test_what_is_on_no_image_has_its_place_alone(away: tuple[float, float, float]) -> None:
    moved = [tuple(a + b for a, b in zip(each, away, strict=True)) for each in SQUARE]
    if not away[2]:
        moved = [(x, y, 5) for x, y, _ in moved]
    (one,) = seen("POLYGON", moved, *SLICES)  # type: ignore[arg-type]
    assert (one.sop_uid, one.box) == ("", None)
    assert one.extent_mm is not None


def test_a_region_over_the_edge_is_cut() -> None:
    (one,) = seen("POLYGON", [(x - 105, y, z) for x, y, z in SQUARE], *SLICES)
    assert one.box is not None
    assert (one.box.x_min, one.box.x_max) == pytest.approx((0, (5 / 0.8 + 0.5) / 500))


def test_images_of_other_coordinates_or_without_a_plane_tell_nothing() -> None:
    other, flat, skewed = (sliced(1, 5.0) for _ in range(3))
    other.FrameOfReferenceUID = "1.2.3"
    del flat.ImageOrientationPatient
    skewed.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]
    (one,) = seen("POLYGON", SQUARE, other, flat, skewed)
    assert (one.sop_uid, one.box) == ("", None)


@pytest.mark.parametrize("graphic", [[0.0, 1.0], [float("nan")] * 6, [1e9, 0, 0], [], ["x", 0, 0]])
def test_numbers_that_are_no_place_in_a_patient_are_left_out(graphic: list[Any]) -> None:
    assert seen("POLYGON", SQUARE, *SLICES, graphic=graphic) == []


def test_the_frame_of_an_enhanced_image_is_told() -> None:
    whole = sr.image()
    shared, measures, ways = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.8], 2
    ways.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [ways]
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = []
    for z in (1, 3, 5, 7):
        frame, place = Dataset(), Dataset()
        place.ImagePositionPatient = [-100, -200, z]
        frame.PlanePositionSequence = [place]
        whole.PerFrameFunctionalGroupsSequence.append(frame)
    (one,) = seen("POLYGON", SQUARE, whole)
    assert (one.sop_uid, one.frame) == (whole.SOPInstanceUID, 3)
    assert one.box == pytest.approx(ON_SLICE)
