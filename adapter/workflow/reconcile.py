"""Ask again for everything that the tables say is owed: at start, and every hour."""

from __future__ import annotations

from adapter.store import ai_ledger, awaited, deliveries, dictations
from adapter.workflow.study_flow import DELIVER, LEDGER, MERGE, TRANSCRIBE, House


def reconcile(house: House) -> int:
    """Put what is owed; what is promised already stays one promise. Returns how many were put."""
    sweep = int(house.clock.now().timestamp() * 1e6)  # another one, also if the clock is set back
    with house.database.write() as tx:
        heard = dictations.untranscribed(tx)
        for accession, id_ in heard:
            house.jobs.put(tx, TRANSCRIBE, f"{accession}/{id_}")
        merges = dictations.unmerged(tx)
        for accession in merges:
            house.jobs.put(tx, MERGE, f"{accession}/reconcile-{sweep}", lane=accession)
        judged = ai_ledger.every_owed(tx)
        for accession in judged:
            house.jobs.put(tx, LEDGER, f"{accession}/reconcile-{sweep}", lane=accession)
        waiting = deliveries.waiting_destinations(tx)
        for name in waiting:
            house.jobs.put(tx, DELIVER, f"{name}/reconcile-{sweep}/0", lane=name)
        released = awaited.release_known(tx)
    return released + len(heard) + len(merges) + len(judged) + len(waiting)
