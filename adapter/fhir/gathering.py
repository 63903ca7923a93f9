"""Fetches what an order refers to, so that it can be kept complete; bounded."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.errors import Rejected
from adapter.fhir.elements import Json, objects
from adapter.fhir.orders import in_r4, references
from adapter.fhir.people import named_identifiers
from adapter.fhir.references import Beside, Resources, without_version
from adapter.fhir.source_server import SourceServer

_MOST = 12
"""Resources fetched for one order."""
_KINDS = ("Patient", "Practitioner", "PractitionerRole", "Encounter", "ImagingStudy")

Entry = tuple[str, Json]


async def gather(order: Json, server: SourceServer, known: Sequence[Entry] = ()) -> list[Entry]:
    """(address, resource) of all that a ServiceRequest refers to, of `known` or fetched.

    Raises TryAgain while the server is away, Rejected where the patient cannot be had.
    """
    beside, order = Beside(_once(known)), in_r4(order)
    resources = Resources(order, beside)
    found: list[Entry] = []
    taken = {address for address, _ in known}
    waiting = list(references(order))
    while waiting and len(found) < _MOST:
        path, reference = waiting.pop(0)
        resource = resources.peek(reference)
        if not resource and _leads_out(reference):
            for address, resource in await _fetched(server, path, reference):
                if address not in taken:
                    taken.add(address)
                    beside.add(address, resource)
                    found.append((address, resource))
        if resource.get("resourceType") == "PractitionerRole" and resource.get("practitioner"):
            waiting.append((f"{path}.practitioner", resource["practitioner"]))
    return [*beside.used, *(each for each in found if each not in beside.used)]


def _once(known: Sequence[Entry]) -> list[Entry]:
    """The first of each address: pages of a search may hold a resource twice."""
    named: dict[str, Json] = {}
    for address, resource in known:
        if address:
            named.setdefault(address, resource)
    return [*named.items(), *(each for each in known if not each[0])]


async def _fetched(server: SourceServer, path: str, reference: Json) -> list[Entry]:
    """One resource, or none: only a patient without any number is needed."""
    try:
        resource = await _read(server, without_version(reference["reference"]))
    except Rejected as error:
        if path != "ServiceRequest.subject" or named_identifiers(reference):
            return []
        location = f"{path}.reference"
        told = f"the patient cannot be fetched: {error}"
        raise Rejected(told, location=location, code=error.code) from None
    if resource.get("resourceType") not in _KINDS:
        return []
    told = without_version(reference["reference"])
    place = f"{resource['resourceType']}/{resource.get('id')}" if "?" in told else told
    return [(server.address(place), resource)]


async def _read(server: SourceServer, told: str) -> Json:
    """The resource of a literal or conditional reference; {} unless exactly one is meant."""
    found = await server.read(told)
    if found.get("resourceType") != "Bundle":
        return found
    entries = [each.get("resource") for each in objects(found.get("entry"))]
    only = entries[0] if len(entries) == 1 else None
    return only if isinstance(only, dict) else {}


def _leads_out(reference: Json) -> bool:
    told = reference.get("reference") or ""
    kind = without_version(told).partition("?")[0].split("/")
    return not told.startswith(("#", "urn:")) and bool({*kind[-2:]} & {*_KINDS})
