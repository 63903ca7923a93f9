"""The device that made the images which a report is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from adapter.dicom import json_model as model
from adapter.dicom.content import concept
from adapter.dicom.document import Author
from adapter.dicom.json_model import DataSet
from adapter.domain.scanner import scanner_name

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

EQUIPMENT = ("00080070", "00081090", "00081010", "00181000")
"""Manufacturer, its model name, station name, device serial number (PS3.3 C.7.5.1)."""

_CONTRIBUTING, _PURPOSE = "0018A001", "0040A170"
_ACQUISITION = ("DCM", "109101")


def equipment(dataset: DataSet) -> str:
    """The device that a data set names; "" where it names none."""
    return scanner_name(*(model.text(dataset, tag) for tag in EQUIPMENT))


def equipment_of(image: Dataset) -> str:
    """The device that an image of pydicom names, whose pixels are left alone."""
    return scanner_name(*(str(image[tag].value if tag in image else "") for tag in EQUIPMENT))


def scanner_of(report: DataSet, images: Iterable[DataSet], author: Author) -> str:
    """As the images tell it, else the report's acquisition equipment (C.12.1.1.5).

    Else the equipment of the report, where its author is the product of somebody else: then the
    author ran on it.
    """
    told = [*images, *filter(_acquired, model.items(report, _CONTRIBUTING))]
    own = model.text(report, "00080070").casefold()
    if own and own != author.manufacturer.casefold():
        told.append(report)
    return next(filter(None, map(equipment, told)), "")


def _acquired(contributing: DataSet) -> bool:
    return concept(model.first(contributing, _PURPOSE)).coded == _ACQUISITION
