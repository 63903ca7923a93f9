"""What a node does: its roles, and the queues that it serves for them."""

from __future__ import annotations

from enum import StrEnum

from adapter.errors import ConfigurationError
from adapter.jobs.dbos_jobs import DbosJobs, Queue
from adapter.settings import Settings
from adapter.speech.decoder import GPU_BATCH, runs_on_gpu
from adapter.store.database import Database
from adapter.workflow.study_flow import (
    ASK,
    DELIVER,
    FETCH,
    LEDGER,
    MERGE,
    MODEL,
    TELL,
    TRANSCRIBE,
)


class Role(StrEnum):
    """A part of the work that one node may do and another not."""

    INTAKE = "intake"  # HL7 v2 and DICOM listeners, watch folder, servers that are searched
    SPEECH = "speech"
    DELIVERY = "delivery"
    WEB = "web"  # the HTTP interface, live dictation, shared contexts


_DOORS = {Role.INTAKE, Role.WEB}
_SERVED_BY = {
    TRANSCRIBE: Role.SPEECH,
    DELIVER: Role.DELIVERY,
    FETCH: Role.INTAKE,
    ASK: Role.INTAKE,
    TELL: Role.INTAKE,
    MODEL: Role.DELIVERY,
}


def roles_of(settings: Settings, *, doors: bool = True) -> frozenset[Role]:
    """The roles of a node; without its doors, those of a worker. Raises ConfigurationError."""
    told = {name.strip() for name in settings.roles.split(",") if name.strip()}
    if unknown := told - {role.value for role in Role}:
        raise ConfigurationError(
            f"READOUT_ROLES names {', '.join(sorted(unknown))}; there are {', '.join(Role)}"
        )
    roles = frozenset(map(Role, told)) - (frozenset() if doors else _DOORS)
    if not roles:
        rest = "" if doors else " that needs no door: speech or delivery"
        raise ConfigurationError(f"READOUT_ROLES must name a role{rest}")
    if not settings.database_url.startswith("postgresql") and roles != frozenset(Role):
        raise ConfigurationError(
            "READOUT_ROLES shares the work among nodes of one PostgreSQL (READOUT_DATABASE_URL); "
            "with the embedded database one node does all of it"
        )
    return roles


def queues(settings: Settings) -> dict[str, Queue]:
    """How many jobs run at once; on a GPU so many recordings that they share its batches."""
    whisper = settings.speech_engine == "whisper"
    together = whisper and runs_on_gpu(settings.speech_device)
    return {
        TRANSCRIBE: Queue(workers=GPU_BATCH if together else 1),
        MERGE: Queue(workers=4, laned=True),
        DELIVER: Queue(workers=16, laned=True, alone=True),
        FETCH: Queue(workers=4, laned=True),
        ASK: Queue(workers=2, laned=True),
        TELL: Queue(workers=4, laned=True),
        LEDGER: Queue(workers=1, laned=True),
        MODEL: Queue(workers=4, laned=True, alone=True),
    }


def open_jobs(settings: Settings, database: Database, roles: frozenset[Role]) -> DbosJobs:
    """The promises of a node; merging and the ledger of findings are everybody's."""
    every = queues(settings)
    return DbosJobs(
        database,
        settings.node_id,
        every,
        settings.jobs_poll_seconds,
        (settings.retry_base_seconds, settings.retry_cap_seconds),
        settings.takeover_seconds,
        [name for name in every if name not in _SERVED_BY or _SERVED_BY[name] in roles],
    )
