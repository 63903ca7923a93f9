"""Numbers of patients that were merged into others."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.people import Patient
from adapter.store.studies import patient_key
from adapter.store.tables import retired_patient


def retire(tx: sa.Connection, retired: Patient, survivor: Patient) -> None:
    """What still comes under the retired number belongs to the survivor."""
    old, new = patient_key(retired), patient_key(survivor)
    table = retired_patient
    follow = sa.update(table).where(table.c.survivor_key == old)
    tx.execute(follow.values(survivor_key=new))
    tx.execute(sa.delete(table).where(table.c.patient_key.in_((old, new))))
    tx.execute(sa.insert(table).values(patient_key=old, survivor_key=new))


def keys_of(tx: sa.Connection, patient: Patient) -> tuple[str, ...]:
    """The keys (`patient_key`) of all numbers that are this patient's; none without a number."""
    key, table = patient_key(patient), retired_patient
    if not key:
        return ()
    found = sa.select(table.c.survivor_key).where(table.c.patient_key == key)
    survivor = tx.execute(found).scalar() or key
    retired = sa.select(table.c.patient_key).where(table.c.survivor_key == survivor)
    return (survivor, *tx.execute(retired).scalars())
