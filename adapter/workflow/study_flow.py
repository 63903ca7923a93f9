"""The story of a study. Read this first.

    order arrives ──────────────► study row (scheduled)           owes: merge, if dictations wait
    dictation arrives ──────────► audio stored, dictation row     owes: transcribe
    words are typed ────────────► dictation with its transcript   owes: merge
      (no order yet: the study is "temporary", nothing leaves until its order comes)
    transcribe ─────────────────► transcript                      owes: merge
    AI findings arrive ─────────► batch stored                    owes: merge
    merge ──────────────────────► report version (preliminary)    owes: deliver, per destination
    accept / reject / edit /
    dismiss / restore ──────────► decision stored                 owes: merge
    communicate ────────────────► record stored                   owes: merge
    wet read ───────────────────► report version (preliminary)    owes: deliver
    hand over, hand back ───────► step stored                     owes: nothing, a person looks
    sign ───────────────────────► report version (final)          owes: deliver; merge, for the
                                  patient's open studies, whose prior it may be
    addendum ───────────────────► report version (addendum)       owes: deliver
    correct ────────────────────► report version (corrected)      owes: deliver
    communicate, once signed ───► report version (as it stands)   owes: deliver, over FHIR
    retract ────────────────────► report version (retracted)      owes: deliver
    order cancelled ────────────► report version (draft)          owes: deliver, the cancellation
                                  of the preliminary report, where one was sent
    prior report arrives ───────► kept for the checks             owes: merge, of open studies
    signed elsewhere ───────────► report version (final), compared with ours; what was not
                                  sent is withdrawn               owes: merge, as after "sign"
    patient corrected, merged ──► patient of the studies          owes: merge, of his open studies
    a FHIR server is searched,
    or tells of a change ───────► order arrives                   owes: fetch, the next turn
    an archive is asked for AI
    results ────────────────────► message stored                  owes: ask, the next turn
    study of such an order ─────► Task on that server             owes: tell, by each change
    a signed version, or AI
    findings that come later ───► row of what is owed             owes: ledger
    ledger ─────────────────────► fate of each AI finding         owes: nothing
    a study that a model is asked
    about (mappings/model_calls) ─► payload cleaned, checked, sent owes: merge, as AI findings do
    deliver ────────────────────► acknowledged, held, or again later

Each arrow is one transaction that changes the tables and puts the job it owes. A job is only a
promise to look: it reads the tables, works outside the transaction, then writes if the row still
stands as it was read. Running it twice, or after a crash, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.study import ReportStatus
from adapter.mapping.access import AccessRules
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFile
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.tables_in_force import TablesInForce
from adapter.observability.traces import OFF, Traces
from adapter.ports import Clock, Destination, Jobs, Recognizer
from adapter.store.audio_files import AudioFiles
from adapter.store.database import Database

TRANSCRIBE = "transcribe"  # key: accession/dictation id
MERGE = "merge"  # key: accession/what arrived
FETCH = "fetch"  # key: source/turn, order or hint; lane: source
LEDGER = "ledger"  # key: accession/what is owed; lane: accession
ASK = "ask"  # key: archive/turn; lane: archive
TELL = "tell"  # key: source/order/version of the study; lane: source
MODEL = "model"  # key: call/accession/what asks for it; lane: call
DELIVER = "deliver"  # key: destination/delivery/attempt; lane: destination

HOUSE = ""
"""The accession of events that belong to no study."""

STATUS_OF_KIND = {
    DeliveryKind.PRELIMINARY: ReportStatus.PRELIMINARY,
    DeliveryKind.FINAL: ReportStatus.FINAL,
    DeliveryKind.ADDENDUM: ReportStatus.ADDENDED,
    DeliveryKind.CORRECTION: ReportStatus.CORRECTED,
    DeliveryKind.CANCELLATION: ReportStatus.DRAFT,
    DeliveryKind.RETRACTION: ReportStatus.RETRACTED,
}
SIGNED = ReportStatus.signed()
CLOSED = ReportStatus.closed()  # nothing that arrives changes it by itself
UNSIGNED = (ReportStatus.NONE, ReportStatus.DRAFT, ReportStatus.PRELIMINARY)


@dataclass(frozen=True)
class Route:
    """One destination: its profile, the translator of its protocol, and the link to it."""

    profile: DestinationProfile
    file: MappingFile
    translate: Callable[[ReportMessage], bytes]
    link: Destination


@dataclass(frozen=True)
class House:
    """What every part of the workflow works with."""

    database: Database
    jobs: Jobs
    clock: Clock
    audio: AudioFiles
    mappings: TablesInForce
    recognizer: Recognizer
    routes: Mapping[str, Route]
    language: str
    audio_limit: int
    retry_base: float
    retry_cap: float
    traces: Traces = OFF
    access: AccessRules = field(default_factory=AccessRules)
    """Which labels a study gets from its order."""
    watchers: list[Callable[[sa.Connection, str], None]] = field(default_factory=list)
    """Called with the accession in the transaction that changes a study: they promise more."""

    @property
    def tables(self) -> ReportingTables:
        """Those in force at this moment; what works with several of them asks once."""
        return self.mappings.now

    @property
    def profiles(self) -> list[DestinationProfile]:
        """Of the destinations."""
        return [each.profile for each in self.routes.values()]

    def changed(self, tx: sa.Connection, accession: str) -> None:
        """Tell the watchers."""
        for each in self.watchers:
            each(tx, accession)

    def now(self) -> str:
        """ISO 8601, UTC, milliseconds."""
        return iso(self.clock.now())


def iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds."""
    return moment.isoformat(timespec="milliseconds")


def split_key(key: str) -> tuple[str, str]:
    """The accession (which may hold slashes) and the last part of a job key."""
    accession, _, last = key.rpartition("/")
    return accession, last
