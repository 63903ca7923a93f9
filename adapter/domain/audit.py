"""Who did what to which study, why, and when: one row of the audit trail."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Verb(StrEnum):
    """What was done; `adapter/domain/audit_codes.py` holds the codes of DICOM and FHIR for each."""

    READ = "read"
    QUERY = "query"
    CREATE = "create"
    UPDATE = "update"
    SIGN = "sign"
    RETRACT = "retract"
    SEND = "send"
    RESEND = "resend"
    REPLAY = "replay"
    EXPORT = "export"
    EXECUTE = "execute"
    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"
    REFUSED = "refused"
    BREAK_GLASS = "break glass"
    MEND_GLASS = "mend glass"
    CONFIGURE = "configure"
    PURGE = "purge"
    START = "start"
    STOP = "stop"
    AUDIT_LOG_USED = "audit log used"
    ALARM = "alarm"


class Outcome(StrEnum):
    """How it ended; EventOutcomeIndicator of DICOM PS3.15 A.5, AuditEvent.outcome."""

    SUCCESS = "0"
    MINOR_FAILURE = "4"
    SERIOUS_FAILURE = "8"


class AgentKind(StrEnum):
    """What acts."""

    PERSON = "person"
    PROGRAM = "program"
    NOBODY = "nobody"  # who has not said who he is


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acts: `id` in the directory or of the program, `address` where the request came from."""

    kind: AgentKind
    id: str
    name: str = ""
    role: str = ""
    address: str = ""


OURSELVES = Agent(AgentKind.PROGRAM, "readout")
"""The service by itself: jobs, retention, deliveries."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is to be recorded; no patient data in `object`.

    `person`: in whose name a program acts; `detail`: the reason, or the proof of what went.
    """

    verb: Verb
    accession: str = ""
    object: str = ""
    detail: str = ""
    outcome: Outcome = Outcome.SUCCESS
    person: str = ""
    agent: Agent = OURSELVES
    request: str = ""


class AuditRow(NamedTuple):
    """A row as stored; `number` counts from 1 in its chain, `patient` is a keyed hash.

    `hash` covers all before it; `seal` is an HMAC of `hash` under a key outside of the database.
    """

    chain: str
    number: int
    at: str
    verb: str
    outcome: str
    kind: str
    agent: str
    name: str
    role: str
    address: str
    person: str
    accession: str
    patient: str
    object: str
    detail: str
    request: str
    previous: str
    hash: str
    seal: str

    def expected_hash(self) -> str:
        """What `hash` must be: SHA-256 of the fields before it, hex."""
        return chained(self[:-2])


class Head(NamedTuple):
    """The last row of a chain at some moment."""

    chain: str
    number: int
    hash: str


FIRST = "0" * 64
"""What the first row of a chain follows."""


def chained(fields: tuple[object, ...]) -> str:
    """SHA-256 (hex) of the canonical bytes of a row's fields, `previous` among them."""
    body = json.dumps(fields, ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(body.encode()).hexdigest()
