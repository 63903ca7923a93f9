"""Pictures without burned-in text: windowed 8-bit grey PNG, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from adapter.errors import Rejected
from adapter.mapping.privacy import ImagePrivacy
from adapter.privacy.png import gray_png

if TYPE_CHECKING:
    import numpy as np
    from pydicom.dataset import Dataset

    Samples = np.ndarray[Any, np.dtype[Any]]

_MOST_PIXELS = 64_000_000
_TISSUE_REGION = 1  # RegionSpatialFormat (0018,6012): 2D


class PictureRefused(Rejected):
    """A picture that must not leave, or cannot be read; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="picture")


def picture(image: Dataset, rule: ImagePrivacy, frame: int = 1) -> bytes:
    """A frame (from 1) as PNG: rescaled, windowed (PS3.3 C.11.2), MONOCHROME1 inverted.

    Raises PictureRefused where text may be burned in, or where the pixels cannot be read.
    """
    check(image, rule)
    samples = _samples(image, frame)
    gray = _gray(samples, image)
    if str(image.get("Modality", "")) in rule.region_modalities:
        gray = _only_regions(gray, image)
    gray = _reduced(gray, rule.longest_edge)
    return gray_png(gray.shape[1], gray.shape[0], gray.tobytes())


def check(image: Dataset, rule: ImagePrivacy) -> None:
    """Raise PictureRefused where the header does not promise that no text is burned in.

    BurnedInAnnotation NO lets it pass; YES, secondary captures and screens never; absent: the
    modalities that the site trusts, and those of which only the regions are shown.
    """
    modality = str(image.get("Modality", ""))
    told = str(image.get("BurnedInAnnotation", "")).upper()
    kinds = {str(each).upper() for each in _values(image, "ImageType")}
    if told == "YES":
        raise PictureRefused("BurnedInAnnotation (0028,0301) says that text is in the pixels")
    if refused := kinds & {each.upper() for each in rule.refused_image_types}:
        raise PictureRefused(f"ImageType (0008,0008) is {', '.join(sorted(refused))}")
    if modality in rule.region_modalities:
        if not _regions(image):
            raise PictureRefused("an ultrasound picture without SequenceOfUltrasoundRegions")
    elif told != "NO" and modality not in rule.clean_modalities:
        raise PictureRefused(
            f"BurnedInAnnotation (0028,0301) is absent and {modality or 'the modality'} is not in"
            " images.clean_modalities of mappings/privacy.yaml"
        )
    if any(0x6000 <= tag.group <= 0x60FF for tag in image.keys()):  # noqa: SIM118 - a Dataset
        raise PictureRefused("it has overlays (60xx), which may hold text")


def _samples(image: Dataset, frame: int) -> Samples:
    try:
        size = int(image.Rows) * int(image.Columns)
    except (AttributeError, TypeError, ValueError):
        raise PictureRefused("it has no rows and columns") from None
    if not 0 < size <= _MOST_PIXELS:
        raise PictureRefused(f"it has {size} pixels")
    try:
        from pydicom.pixels import pixel_array  # numpy: only where pictures are read

        return pixel_array(image, index=frame - 1)
    except Exception as error:  # decoders raise what they like
        told = f"its pixels cannot be read ({type(error).__name__})"
        raise PictureRefused(told) from None


def _gray(samples: Samples, image: Dataset) -> Samples:
    """8 bits, white as the screen would show it."""
    import numpy as np
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    photometric = str(image.get("PhotometricInterpretation", ""))
    if samples.ndim == 3:
        weighed = samples[..., :3].astype("f4") @ np.array([0.299, 0.587, 0.114], "f4")
        return weighed.clip(0, 255).astype("u1")
    if not photometric.startswith("MONOCHROME"):
        raise PictureRefused(f"PhotometricInterpretation is {photometric or 'absent'}")
    values = apply_modality_lut(samples, image)
    is_windowed = "WindowCenter" in image or "VOILUTSequence" in image
    shown = apply_voi_lut(values, image) if is_windowed else values
    low, high = _range(shown, image, is_windowed)
    scaled = (shown.astype("f8") - low) * (255.0 / (high - low or 1.0))
    gray = scaled.clip(0, 255).round().astype("u1")
    return 255 - gray if photometric == "MONOCHROME1" else gray


def _range(shown: Samples, image: Dataset, is_windowed: bool) -> tuple[float, float]:
    """What becomes black and white.

    A window of pydicom fills the whole range of the stored (rescaled) values, which the picture
    itself may not reach; without a window the picture's own range is shown.
    """
    if is_windowed and "VOILUTSequence" not in image:
        return _window(image)
    if is_windowed:
        bits = int(image.VOILUTSequence[0].LUTDescriptor[2])
        return 0.0, float(2**bits - 1)
    return float(shown.min()), float(shown.max())


def _window(image: Dataset) -> tuple[float, float]:
    """The range that apply_voi_lut fills: that of the stored values, rescaled."""
    bits, signed = int(image.BitsStored), int(image.PixelRepresentation)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope = float(image.get("RescaleSlope", 1) or 1)
    intercept = float(image.get("RescaleIntercept", 0) or 0)
    ends = (low * slope + intercept, high * slope + intercept)
    return min(ends), max(ends)


def _only_regions(gray: Samples, image: Dataset) -> Samples:
    """Black outside the regions that the device names."""
    import numpy as np

    shown = np.zeros_like(gray)
    for x0, y0, x1, y1 in _regions(image):
        shown[y0 : y1 + 1, x0 : x1 + 1] = gray[y0 : y1 + 1, x0 : x1 + 1]
    return shown


def _regions(image: Dataset) -> list[tuple[int, int, int, int]]:
    return list(_read_regions(image))


def _read_regions(image: Dataset) -> Iterator[tuple[int, int, int, int]]:
    """(x0, y0, x1, y1) of tissue regions (PS3.3 C.8.5.5), inside the picture."""
    rows, columns = int(image.get("Rows", 0)), int(image.get("Columns", 0))
    for item in image.get("SequenceOfUltrasoundRegions", ()):
        try:
            x0, y0 = int(item.RegionLocationMinX0), int(item.RegionLocationMinY0)
            x1, y1 = int(item.RegionLocationMaxX1), int(item.RegionLocationMaxY1)
            is_tissue = int(item.RegionSpatialFormat) == _TISSUE_REGION
        except (AttributeError, TypeError, ValueError):
            continue
        if is_tissue and 0 <= x0 < x1 < columns and 0 <= y0 < y1 < rows:
            yield x0, y0, x1, y1


def _reduced(gray: Samples, longest: int) -> Samples:
    """No longer than `longest` at its longer edge."""
    rows, columns = gray.shape
    if max(rows, columns) <= longest:
        return gray
    import numpy as np
    from PIL import Image

    share = longest / max(rows, columns)
    size = max(1, round(columns * share)), max(1, round(rows * share))
    reduced = Image.fromarray(gray).resize(size, Image.Resampling.BOX)
    return np.asarray(reduced, dtype="u1")


def _values(image: Dataset, name: str) -> list[object]:
    value = image.get(name, ())
    return [value] if isinstance(value, str) else list(value or ())
