"""The device that made the images of an ImagingStudy: the performer of its series (R4, R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from adapter.domain.scanner import scanner_name
from adapter.fhir.elements import Json, objects


def scanner_of(studies: Iterable[Json], beside: Mapping[str, Json]) -> str:
    """The first that is named; `beside`: resources by `Type/id`."""
    return next(filter(None, (_name(each) for each in _devices(studies, beside))), "")


def _devices(studies: Iterable[Json], beside: Mapping[str, Json]) -> Iterator[Json]:
    """Devices that performed; one that is not there, by the words of its reference."""
    for study in studies:
        inside = {f"#{each.get('id')}": each for each in objects(study.get("contained"))}
        for series in objects(study.get("series")):
            for performer in objects(series.get("performer")):
                actor = performer.get("actor")
                told = actor if isinstance(actor, dict) else {}
                name = str(told.get("reference") or "")
                found = inside.get(name) or beside.get(name) or {}
                is_device = "Device" in (found.get("resourceType"), told.get("type"))
                if is_device or name.startswith("Device/"):
                    yield found or {"modelNumber": told.get("display")}


def _name(device: Json) -> str:
    names = objects(device.get("deviceName")) or objects(device.get("name"))
    by_type = {str(each.get("type")): each.get("name") or each.get("value") for each in names}
    told = (
        device.get("manufacturer"),
        device.get("modelNumber") or by_type.get("model-name") or next(iter(by_type.values()), ""),
        by_type.get("user-friendly-name"),
        device.get("serialNumber"),
    )
    return scanner_name(*(each if isinstance(each, str) else "" for each in told))
