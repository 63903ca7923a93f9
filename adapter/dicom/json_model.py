"""DICOM JSON Model (PS3.18 annex F): data sets as they come over DICOMweb, read with care.

A data set that came as a file (PS3.10) or over the network (PS3.7) is brought into this form first,
so that one reader serves every way in.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from adapter.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DataSet = dict[str, Any]

UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
"""Transfer syntaxes that are taken: Implicit VR, Explicit VR Little and Big Endian."""


def read_file(body: bytes) -> DataSet:
    """A DICOM file; raises Malformed or Unsupported (a transfer syntax that is packed)."""
    from pydicom import dcmread  # with the first file: it takes 15 MB

    try:
        dataset = dcmread(io.BytesIO(body), stop_before_pixels=True)
        syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    except Exception as error:  # pydicom raises whatever its values lead to
        raise _unreadable(error) from None
    if syntax not in UNCOMPRESSED:
        told = f"transfer syntax {syntax or '(none)'} is not taken; send Explicit VR Little Endian"
        raise Unsupported(told, location="(0002,0010)", code="not-supported")
    return of_dataset(dataset)


def of_dataset(dataset: Dataset) -> DataSet:
    """A data set of pydicom; raises Malformed."""
    try:
        made: DataSet = dataset.to_json_dict(suppress_invalid_tags=True)
    except Exception as error:
        raise _unreadable(error) from None
    return made


def read_json(body: bytes) -> list[DataSet]:
    """The data sets of an `application/dicom+json` body; raises Malformed."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("the body is no DICOM JSON", code="json") from None
    found = told if isinstance(told, list) else [told]
    if not all(isinstance(each, dict) for each in found):
        raise Malformed("the body is no array of DICOM data sets", code="json")
    return found


def as_text(body: bytes) -> bytes:
    """A DICOM file for a person to read; raises Malformed or Unsupported."""
    return json.dumps(read_file(body), ensure_ascii=False, indent=1, default=str).encode()


def values(dataset: DataSet, tag: str) -> list[Any]:
    """Every value of an attribute (`0040A730`), as it came."""
    element = dataset.get(tag)
    found = element.get("Value") if isinstance(element, dict) else None
    return found if isinstance(found, list) else []


def text(dataset: DataSet, tag: str) -> str:
    """The first value as text without blanks around it; "" where there is none."""
    found = next(iter(values(dataset, tag)), None)
    if isinstance(found, dict):  # a person's name
        found = found.get("Alphabetic")
    return str(found).strip(" \0") if isinstance(found, str | int | float) else ""


def items(dataset: DataSet, tag: str) -> Iterator[DataSet]:
    """The items of a sequence."""
    return (each for each in values(dataset, tag) if isinstance(each, dict))


def first(dataset: DataSet, tag: str) -> DataSet:
    """The first item of a sequence; {} where there is none."""
    return next(items(dataset, tag), {})


def _unreadable(error: Exception) -> Malformed:
    return Malformed(f"this is no DICOM data set that can be read ({type(error).__name__})")
