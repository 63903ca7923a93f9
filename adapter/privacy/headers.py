"""What of a DICOM header may leave: the elements of an allow-list, and nothing that identifies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_PIXELS = 0x7FE00010
_DATES = frozenset({"DA", "DT", "TM"})
_NAMES = frozenset({"PN", "UI", "UN", "OB", "OW", "LT", "ST", "UT"})
"""Kinds of values that never leave, whatever the list says: names, free text, what nobody can read;
UIDs lead back to the archive."""
_SOP_CLASS = 0x00080016


def cleaned(header: Dataset, allowed: Iterable[str]) -> Dataset:
    """A new header with the allowed elements alone (PS3.15 E.1 in reverse: keep, else drop).

    `allowed` are tags of eight hexadecimal digits; sequences keep their allowed elements; private
    elements never stay. Pixels are not copied.
    """
    tags = frozenset(int(each, 16) for each in allowed)
    return _kept(header, tags)


def _kept(header: Dataset, tags: frozenset[int]) -> Dataset:
    from pydicom.dataset import Dataset  # with the first image: it takes 15 MB

    made = Dataset()
    for element in header:
        tag = element.tag
        if tag not in tags or tag.is_private or tag == _PIXELS:
            continue
        if element.VR == "SQ":
            items = [_kept(item, tags) for item in element.value]
            made.add_new(tag, "SQ", items)
        elif element.VR not in _DATES and (element.VR not in _NAMES or tag == _SOP_CLASS):
            made.add_new(tag, element.VR, element.value)
    return made
