"""What each place asks of a caller: the one table of the whole interface; the first row counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.domain.access import (
    ADMIN,
    AUDIT,
    BREAK_GLASS,
    CHECK,
    MESSAGES,
    PRELIMINARY,
    QUEUES,
    READ,
    SIGN,
    WRITE,
    holds,
)
from adapter.web.problems import PLUG_IN

OPEN = re.compile(
    r"/(healthz|readyz|metrics|openapi\.json|health/(liveness|readiness)|\.well-known/.*"
    r"|fhir/metadata|fhir/subscription/.*|api/ai-results/.*|launch(/back)?|login(/back|/ended)?|static/.*)"
)
"""Places that anybody may ask for: they hold no patient data, or find out themselves who calls."""

READING = ("GET", "HEAD", "OPTIONS")

_FHIR = re.compile(r"/fhir(?:/(?P<type>[A-Za-z]+))?(?P<id>/.+)?")
_ANY = re.compile(r".*")
_GET = re.compile("|".join(READING))

_Row = tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]]


def _row(path: str, *scopes: str, method: re.Pattern[str] = _ANY) -> _Row:
    return method, re.compile(path), scopes


_PLACES: tuple[_Row, ...] = (
    _row(r"/|/worklist(/next)?", READ),
    _row(r"/studies/.+", READ),
    _row(r"(/api)?/break-glass(/.+)?", BREAK_GLASS),
    _row(r"/audit(/.*)?", AUDIT),
    _row(r"/(messages|deliveries)", QUEUES),
    _row(r"/(messages|deliveries)/[^/]+", MESSAGES, method=_GET),
    _row(r"/(messages|deliveries)/[^/]+/(replay|resend)", QUEUES),
    _row(r"/destinations(/.+)?", QUEUES),
    _row(r"/(turnaround|checks|ai(/ledger)?)", READ, ADMIN),
    _row(r"/ai-sources", READ, ADMIN, method=_GET),
    _row(r"/ai-sources/.+", ADMIN),
    _row(r"/system", READ, QUEUES, ADMIN),
    _row(r"/setup(/.*)?|/demonstration", ADMIN),
    _row(r"/(help(/keys)?|tour)"),
    _row(r"/events", READ, QUEUES),
    _row(r"/api/studies/[^/]+/report/wet-read", PRELIMINARY, SIGN),
    _row(r"/api/studies/[^/]+/report/(sign|hand-back|addendum|correct|retract)", SIGN),
    _row(r"/api/studies/[^/]+/summary/release", SIGN),
    _row(r"/api/studies(/.*)?|/api/context(/.*)?", READ, method=_GET),
    _row(r"/api/studies/.+|/api/context/.+", WRITE),
    _row(r"/dicom-web/.*", WRITE),
    _row(r"/api/ai-sources(/.+)?", READ, ADMIN, method=_GET),
    _row(r"/api/ai-sources/.+", ADMIN),
    _row(r"/api/ai/ledger", READ, ADMIN),
    _row(r"/api/outgoing(/.+)?", MESSAGES, ADMIN),
    _row(r"/api/checks", READ, ADMIN),
    _row(rf"/api/check|{PLUG_IN}", CHECK),
    _row(r"/api/(messages|deliveries)(/search)?", QUEUES),
    _row(r"/api/(messages|deliveries)/[^/]+", MESSAGES, method=_GET),
    _row(r"/api/(messages|deliveries)/[^/]+/(replay|resend)", QUEUES),
    _row(r"/api/destinations(/.*)?", QUEUES),
)
_OTHERWISE = (ADMIN,)  # a place that nobody has thought of


@dataclass(frozen=True, slots=True)
class Need:
    """What a caller must hold for one request: one of these scopes; none: to be known at all."""

    scopes: tuple[str, ...]

    @property
    def scope(self) -> str:
        """The first of them, for a refusal."""
        return self.scopes[0] if self.scopes else ""

    def met_by(self, held: Iterable[str]) -> bool:
        """Whether one of them is held."""
        known = frozenset(held)
        return not self.scopes or any(holds(known, each) for each in self.scopes)


def need(method: str, path: str) -> Need | None:
    """What this request needs; None: nothing. A WebSocket's method is empty."""
    if OPEN.fullmatch(path):
        return None
    fhir = _FHIR.fullmatch(path)
    if fhir:
        action = _interaction(method, bool(fhir["id"]))
        return Need((f"system/{fhir['type'] or 'Bundle'}.{action}",))
    found = listed(method, path)
    return Need(_OTHERWISE if found is None else found)


def listed(method: str, path: str) -> tuple[str, ...] | None:
    """The scopes in the table, None where it does not name the place."""
    rows = (row for row in _PLACES if row[0].fullmatch(method) and row[1].fullmatch(path))
    return next((scopes for _, _, scopes in rows), None)


def _interaction(method: str, has_id: bool) -> str:
    if method in READING:
        return "r" if has_id else "s"
    return {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}.get(method, "u")
