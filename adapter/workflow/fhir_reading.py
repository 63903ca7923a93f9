"""How an order stands, as a ServiceRequest: as it came, unless something else has changed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from adapter.acting import acting
from adapter.domain.identifiers import Accession
from adapter.domain.study import Study
from adapter.errors import NotFound, Rejected
from adapter.fhir.codes import ORDER_STATUS
from adapter.fhir.elements import Json
from adapter.fhir.identifiers import Token
from adapter.fhir.json_body import read_object
from adapter.fhir.orders import in_r4, read_order
from adapter.fhir.service_request import STATUS, write_service_request
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.store import fhir_orders, studies
from adapter.store.sight import may_see
from adapter.workflow.fhir_intake import named, resource_id
from adapter.workflow.study_flow import House

_MOST = 100


@dataclass(frozen=True, slots=True)
class Current:
    """A ServiceRequest (R4) with its id, version and last change."""

    resource: Json
    id: str
    version: int
    updated_at: str


class FhirReading:
    """Orders for those who ask, whichever protocol brought them."""

    def __init__(self, house: House, mapping: FhirOrderMapping) -> None:
        self._house, self._mapping = house, mapping

    def read(self, id_: str) -> Current:
        """The order of a logical id; raises NotFound."""
        with self._house.database.read() as tx:
            accession = named(tx, id_)
            if accession is None or not may_see(tx, accession):
                raise NotFound("no order has this id", code="not-found")
            return self._current(tx, accession, id_)

    def search(self, tokens: Iterable[Token], ids: Iterable[str] | None) -> list[Current]:
        """Orders with any of the identifiers, or of these ids, or both where both are asked."""
        tokens = list(tokens)
        with self._house.database.read() as tx:
            named_by = [set(self._with(tx, tokens))] if tokens else []
            if ids is not None:
                named_by.append({each for id_ in ids if (each := named(tx, id_))})
            found = sorted(set.intersection(*named_by)) if named_by else []
            return [self._current(tx, each) for each in found if may_see(tx, each)]

    def _with(self, tx: sa.Connection, tokens: list[Token]) -> list[Accession]:
        """By identifiers of ServiceRequests, and by accession of orders of other protocols."""
        found = fhir_orders.of_identifiers(tx, tokens, _MOST)
        own = (None, "", *self._mapping.accession_systems)
        numbers = [each.value for each in tokens if each.system in own]
        return found + [Accession(each) for each in numbers if studies.find(tx, each) is not None]

    def _current(self, tx: sa.Connection, accession: Accession, id_: str = "") -> Current:
        acting().about.add(accession)
        study, kept = studies.get(tx, accession), fhir_orders.find(tx, accession)
        own = id_ or (kept.id if kept else resource_id(accession))
        resource = self._as_it_came(kept.body, study) if kept else None
        resource = resource or write_service_request(study.order, study.order_status)
        meta = {
            **(resource.get("meta") or {}),
            "versionId": str(study.version),
            "lastUpdated": study.updated_at,
        }
        return Current({**resource, "id": own, "meta": meta}, own, study.version, study.updated_at)

    def _as_it_came(self, body: bytes, study: Study) -> Json | None:
        """None when the order has changed since, by whatever protocol."""
        try:
            resource = in_r4(read_object(body))
            order = read_order(resource, self._mapping).order
        except Rejected:  # the mapping has changed since
            return None
        known = study.order
        told = replace(order, origin=known.origin, patient_class=known.patient_class)
        if told != known:  # the encounter is not kept
            return None
        same = ORDER_STATUS[resource["status"]][1] in (None, study.order_status)
        return resource if same else {**resource, "status": STATUS[study.order_status]}
