"""ServiceRequests as they came: by study, by logical id, by identifier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.identifiers import Accession
from adapter.store.fhir_tables import fhir_id, fhir_identifier, fhir_order

Numbers = Iterable[tuple[str | None, str]]
"""(system, value); system None: of any system."""


class KeptOrder(NamedTuple):
    """The last ServiceRequest of a study."""

    accession: Accession
    id: str
    body: bytes
    digest: str
    updated_at: str


def find(tx: sa.Connection, accession: str) -> KeptOrder | None:
    """What came last for this study; None when no ServiceRequest did."""
    row = tx.execute(sa.select(fhir_order).where(fhir_order.c.accession == accession)).first()
    return None if row is None else KeptOrder(*row)


def keep(tx: sa.Connection, kept: KeptOrder, numbers: Iterable[tuple[str, str]]) -> None:
    """Put it in the place of what came before; earlier ids go on to name the study."""
    mine = (fhir_order.c.accession == kept.accession, fhir_identifier.c.accession == kept.accession)
    tx.execute(sa.delete(fhir_order).where(mine[0]))
    tx.execute(sa.insert(fhir_order).values(kept._asdict()))
    tx.execute(sa.delete(fhir_identifier).where(mine[1]))
    rows = [
        {"system": system, "value": value, "accession": kept.accession}
        for system, value in set(numbers)
    ]
    if rows:
        tx.execute(sa.insert(fhir_identifier), rows)
    if accession_of(tx, kept.id) is None:
        tx.execute(sa.insert(fhir_id).values(id=kept.id, accession=kept.accession))


def accession_of(tx: sa.Connection, id_: str) -> Accession | None:
    """The study that this logical id names."""
    return tx.execute(sa.select(fhir_id.c.accession).where(fhir_id.c.id == id_)).scalar()


def of_identifiers(tx: sa.Connection, numbers: Numbers, limit: int) -> list[Accession]:
    """Studies whose ServiceRequest has any of these identifiers, by accession."""
    table = fhir_identifier.c
    wanted = [
        sa.and_(table.value == value, sa.true() if system is None else table.system == system)
        for system, value in numbers
    ]
    query = sa.select(table.accession).where(sa.or_(sa.false(), *wanted)).distinct()
    return list(tx.execute(query.order_by(table.accession).limit(limit)).scalars())
