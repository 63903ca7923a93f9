"""Who or what made a structured report, and when."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.dicom import json_model as model
from adapter.dicom.content import Item
from adapter.dicom.json_model import DataSet

UNVERSIONED = "unknown"
"""Version of a model that tells none."""

_LONGEST_MODEL, _LONGEST_VERSION = 200, 100
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)")
# Concepts of TID 1004 and TID 4019, all of DCM
_DEVICE_NAME, _MANUFACTURER, _MODEL = "121013", "121014", "121015"
_ALGORITHM, _ALGORITHM_VERSION = "111001", "111003"


class Author(NamedTuple):
    """The model, as far as a report tells."""

    model: str
    version: str
    manufacturer: str
    at: str  # ISO 8601; without offset where none is told


def author_of(report: DataSet, root: Item) -> Author:
    """The algorithm, else the device that observed (TID 1004), else the equipment (C.7.5.1)."""
    observer = {each.name.code: each.text for each in root.children if _is_of_dcm(each)}
    version = model.text(report, "00181020")
    equipment = model.text(report, "00081090") or model.text(report, "00080070")
    named = observer.get(_MODEL) or observer.get(_DEVICE_NAME) or equipment
    made = Author(
        named[:_LONGEST_MODEL] or UNVERSIONED,
        version[:_LONGEST_VERSION] or UNVERSIONED,
        (observer.get(_MANUFACTURER) or model.text(report, "00080070"))[:_LONGEST_MODEL],
        _moment(report),
    )
    return author_within(root.children, made)


def author_within(items: tuple[Item, ...] | list[Item], known: Author) -> Author:
    """The algorithm that these content items name (TID 4019), else whom we know."""
    told = {each.name.code: each.text for each in items if _is_of_dcm(each)}
    if not told.get(_ALGORITHM):
        return known
    return known._replace(
        model=told[_ALGORITHM][:_LONGEST_MODEL],
        version=told.get(_ALGORITHM_VERSION, "")[:_LONGEST_VERSION] or known.version,
    )


def _is_of_dcm(item: Item) -> bool:
    return item.kind in ("TEXT", "UIDREF") and item.name.scheme == "DCM" and bool(item.text)


def _moment(report: DataSet) -> str:
    """ContentDate and ContentTime."""
    day, time = model.text(report, "00080023"), model.text(report, "00080033")
    if not re.fullmatch(r"\d{8}", day) or not re.fullmatch(r"\d{2,6}(\.\d{1,6})?", time):
        return ""
    clock = time.partition(".")[0].ljust(6, "0")
    offset = _OFFSET.fullmatch(model.text(report, "00080201"))
    zone = f"{offset[1]}{offset[2]}:{offset[3]}" if offset else ""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}{zone}"
