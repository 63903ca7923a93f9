"""Pictures leave as the screen shows them, and only where no text can be burned in."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from adapter.mapping.files import MappingFiles
from adapter.mapping.privacy import load_privacy
from adapter.privacy.headers import cleaned
from adapter.privacy.pixels import PictureRefused, picture
from adapter.privacy.png import extra_chunks
from tests.privacy.pictures import image, read_png

RULE = load_privacy(MappingFiles()).images


def region(x0: int, y0: int, x1: int, y1: int, kind: int = 1) -> Dataset:
    made = Dataset()
    made.RegionLocationMinX0, made.RegionLocationMinY0 = x0, y0
    made.RegionLocationMaxX1, made.RegionLocationMaxY1 = x1, y1
    made.RegionSpatialFormat = kind
    return made


def test_the_window_of_the_header_makes_the_greys() -> None:
    """PS3.3 C.11.2.1.2: linear, center 2048, width 2048."""
    shown = read_png(picture(image(WindowCenter=2048, WindowWidth=2048), RULE))
    ramp = np.linspace(0, 4095, 128).round()
    wanted = ((ramp - 2047.5) / 2047 + 0.5).clip(0, 1) * 255
    assert np.abs(shown[0].astype(int) - wanted).max() <= 1
    assert (shown == shown[0]).all()


def test_stored_values_are_rescaled_before_they_are_windowed() -> None:
    ct = image(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    shown = read_png(picture(ct, RULE))[0]
    hounsfield = np.linspace(0, 4095, 128).round() - 1024
    assert (shown[hounsfield < -160] == 0).all()
    assert (shown[hounsfield > 241] == 255).all()
    middle = np.abs(hounsfield - 40).argmin()
    assert abs(int(shown[middle]) - 128) < 12


def test_without_a_window_the_picture_fills_its_own_range_and_monochrome1_is_inverted() -> None:
    plain = read_png(picture(image(), RULE))
    inverted = read_png(picture(image(PhotometricInterpretation="MONOCHROME1"), RULE))
    assert (plain[0][0], plain[0][-1]) == (0, 255)
    assert (inverted == 255 - plain).all()


def test_a_lookup_table_is_applied() -> None:
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 8]
    table.LUTData = [255 - number // 16 for number in range(4096)]
    shown = read_png(picture(image(VOILUTSequence=Sequence([table])), RULE))
    assert (shown[0][0], shown[0][-1]) == (255, 0)


def test_a_large_picture_is_reduced_and_others_read_it() -> None:
    body = picture(image(rows=1500, columns=3000), RULE)
    assert Image.open(io.BytesIO(body)).size == (1024, 512)
    assert not extra_chunks(body)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"BurnedInAnnotation": "YES"}, "says that text is in the pixels"),
        ({"BurnedInAnnotation": None}, "is absent and CR"),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, "ImageType"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "SCREEN SAVE"]}, "ImageType"),
        ({"Modality": "US"}, "without SequenceOfUltrasoundRegions"),
        ({"PixelData": b"123"}, "cannot be read"),
        ({"Rows": 0}, "0 pixels"),
        ({"Rows": 65535, "Columns": 65535}, "pixels"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "Photometric"),
    ],
)
def test_a_picture_that_may_hold_text_or_cannot_be_read_is_refused(
    changes: dict[str, object], why: str
) -> None:
    with pytest.raises(PictureRefused, match=why):
        picture(image(**changes), RULE)


def test_an_overlay_may_hold_text() -> None:
    made = image()
    made.add_new(0x60003000, "OW", b"\0\0")
    with pytest.raises(PictureRefused, match="overlays"):
        picture(made, RULE)


def test_of_ultrasound_only_the_tissue_regions_are_shown() -> None:
    """What the device writes beside them is black; a region that is none (a graph) stays black."""
    made = image(
        Modality="US",
        BurnedInAnnotation=None,
        SequenceOfUltrasoundRegions=Sequence([region(64, 8, 100, 40), region(0, 0, 20, 63, 3)]),
    )
    shown = read_png(picture(made, RULE))
    assert shown[8:41, 64:101].all()
    shown = shown.copy()
    shown[8:41, 64:101] = 0
    assert not shown.any()


def test_a_region_outside_the_picture_shows_nothing() -> None:
    made = image(Modality="US", SequenceOfUltrasoundRegions=Sequence([region(0, 0, 500, 500)]))
    with pytest.raises(PictureRefused):
        picture(made, RULE)


def test_of_the_header_the_listed_elements_stay_and_nothing_that_identifies() -> None:
    kept = cleaned(image(), RULE.header)
    told = str(kept)
    assert kept.Modality == "CR"
    assert kept.ViewPosition == "PA"
    for secret in ("Kowalski", "H00123456", "1957", "20260301", "Elsewhere", "Lindqvist"):
        assert secret not in told
    assert "SOPInstanceUID" not in kept
    assert 0x00091001 not in kept


def test_a_list_that_names_a_name_gives_none() -> None:
    """The patient's name, a birth date and UIDs do not leave, whatever a site lists."""
    listed = (*RULE.header, "00100010", "00100030", "0020000D", "00204000", "00091001")
    assert "Kowalski" not in str(cleaned(image(), listed))
    assert "1957" not in str(cleaned(image(), listed))
    assert "StudyInstanceUID" not in cleaned(image(), listed)
