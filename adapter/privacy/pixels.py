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
        from pydicom.pixels.utils import pixel_array  # numpy: only where pictures are read

        samples: Samples = pixel_array(image, index=frame - 1)
        return samples
    except Exception as error:  # decoders raise what they like
        told = f"its pixels cannot be read ({type(error).__name__})"
        raise PictureRefused(told) from None


def _gray(samples: Samples, image: Dataset) -> Samples:
    """8 bits, white as the screen would show it."""
    import numpy as np
    from pydicom.pixels.processing import apply_modality_lut

    photometric = str(image.get("PhotometricInterpretation", ""))
    if samples.ndim == 3:
        weighed = samples[..., :3].astype("f4") @ np.array([0.299, 0.587, 0.114], "f4")
        level: Samples = weighed.clip(0, 255).astype("u1")
        return level
    if not photometric.startswith("MONOCHROME"):
        raise PictureRefused(f"PhotometricInterpretation is {photometric or 'absent'}")
    shown = _windowed(apply_modality_lut(samples, image).astype("f8"), image)
    gray = (shown * 255).clip(0, 255).round().astype("u1")
    return 255 - gray if photometric == "MONOCHROME1" else gray


def _windowed(values: Samples, image: Dataset) -> Samples:
    """0 to 1 by the VOI LUT, else the first window, else the picture's own range."""
    import numpy as np

    if table := image.get("VOILUTSequence"):
        entries, first, bits = map(int, table[0].LUTDescriptor)
        entries = entries or 65_536
        data = table[0].LUTData
        levels = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.asarray(data)
        at = (values - first).round().clip(0, min(entries, len(levels)) - 1).astype("i8")
        looked_up: Samples = levels[at].astype("f8") / (2**bits - 1)
        return looked_up
    windows = _values(image, "WindowCenter"), _values(image, "WindowWidth")
    if not all(windows):
        low, high = float(values.min()), float(values.max())
        return (values - low) / (high - low or 1.0)
    center, width = (float(str(each[0])) for each in windows)
    return _window(values, center, width, image)


def _window(values: Samples, center: float, width: float, image: Dataset) -> Samples:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    import numpy as np

    kind = str(image.get("VOILUTFunction", "") or "LINEAR").upper()
    if kind == "SIGMOID":
        bent: Samples = 1 / (1 + np.exp(-4 * (values - center) / max(width, 1e-6)))
        return bent
    if kind == "LINEAR_EXACT":
        return (values - center) / max(width, 1e-6) + 0.5
    return (values - (center - 0.5)) / max(width - 1, 1e-6) + 0.5


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
    value = image.get(name)
    if value is None or value == "":
        return []
    many = isinstance(value, list | tuple) or type(value).__name__ == "MultiValue"
    return list(value) if many else [value]
