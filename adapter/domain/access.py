"""What one may do here, as scopes; roles and tokens are sets of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

READ = "readout.read"
WRITE = "readout.write"
PRELIMINARY = "readout.preliminary"
SIGN = "readout.sign"
CHECK = "readout.check"
QUEUES = "readout.queues"
MESSAGES = "readout.messages"
ADMIN = "readout.admin"
BREAK_GLASS = "readout.break-glass"
AUDIT = "readout.audit"

SCOPES = {
    READ: "see the worklist, studies, reports and figures",
    WRITE: "dictate, type, decide on AI findings, edit, hand over; post findings",
    PRELIMINARY: "release a preliminary report (wet read)",
    SIGN: "sign, hand back, add to, correct and retract reports",
    CHECK: "have report text checked",
    QUEUES: "see message lists, queues and destinations; pause, resume, send and apply again",
    MESSAGES: "open the messages themselves, which hold patient data",
    ADMIN: "templates and words, users, sessions, demonstration",
    BREAK_GLASS: "open a restricted study for a while, with a reason (people only)",
    AUDIT: "search and prove the audit trail, tell to whom data of a patient went",
}
"""Each scope of ours and what it lets one do; besides them SMART v2 scopes hold for FHIR."""

SCOPE_PATTERN = (
    r"^(readout\.(read|write|preliminary|sign|check|queues|messages|admin|break-glass|audit)"
    r"|(system|user)/(\*|[A-Za-z]+)\.(\*|read|write|c?r?u?d?s?))$"
)

_SMART = re.compile(r"(?:system|user)/(?P<type>\*|[A-Za-z]+)\.(?P<may>\*|read|write|c?r?u?d?s?)")
_SMART_1 = {"*": "cruds", "read": "rs", "write": "cud"}


def holds(known: Collection[str], wanted: str) -> bool:
    """Whether one of these scopes lets one do `wanted`: a scope of ours, or `system/TYPE.c`."""
    told = _SMART.fullmatch(wanted)
    if told is None:
        return wanted in known
    actions = _SMART_1.get(told["may"], told["may"])
    return bool(actions) and all(
        any(_grants(each, told["type"], action) for each in known) for action in actions
    )


def _grants(scope: str, kind: str, action: str) -> bool:
    """A scope that holds for some resources only (`?`) is not worked out: it grants nothing."""
    told = _SMART.fullmatch(scope)
    if told is None:
        return False
    return told["type"] in ("*", kind) and action in _SMART_1.get(told["may"], told["may"])


@dataclass(frozen=True, slots=True)
class Sight:
    """Which studies somebody may see: those all of whose access labels are among `labels`.

    `labels` None: every study; `opened`: accessions behind broken glass, and until when.
    """

    labels: frozenset[str] | None = None
    opened: Mapping[str, str] = field(default_factory=dict)

    def covers(self, labels: Iterable[str]) -> bool:
        """Whether a study with these labels may be seen."""
        return self.labels is None or self.labels.issuperset(labels)


EVERYTHING = Sight()
