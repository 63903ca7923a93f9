"""One name for the device that made the images of a study."""

from __future__ import annotations

LONGEST = 100
"""Characters of a name."""


def scanner_name(manufacturer: str, model: str, station: str = "", serial: str = "") -> str:
    """`Manufacturer Model, station` (PS3.3 C.7.5.1); "" where nothing is told.

    Where no station is named, the serial number tells one device from another.
    """
    maker, kind, place = (" ".join(each.split()) for each in (manufacturer, model, station))
    is_named = kind.casefold().startswith(maker.casefold())
    make = kind if is_named else f"{maker} {kind}".strip()
    return ", ".join(filter(None, (make, place or serial.strip())))[:LONGEST]
