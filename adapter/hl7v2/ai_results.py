"""Results of AI engines in: ORU^R01, the OBX of one sub-id (OBX-4) being one finding."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.ai_result import AiResult
from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.domain.scanner import scanner_name
from adapter.errors import Rejected, TooLarge
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.report_groups import ReportGroup, report_groups
from adapter.hl7v2.report_text import CODED, NOT_VALID, lines_of
from adapter.hl7v2.request import Request
from adapter.hl7v2.subject import identified, identifier_of
from adapter.mapping.ai_codes import AiCodes, Coded
from adapter.mapping.ai_measures import length_mm, probability_of
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.message_table import AiReportSource

_MOST_FINDINGS = 10_000
_LONGEST_TEXT, _LONGEST_CODE, _LONGEST_ID, _LONGEST_NUMBER = 4_000, 200, 100, 64
_MOST_SIZES = 10


def read_ai_results(
    message: Message, source: AiReportSource, orders: OrderMapping, codes: AiCodes
) -> tuple[AiResult, ...]:
    """One result for each OBR with OBX; raises Rejected, with its ERL location."""
    identified(message, orders)
    groups = [each for each in report_groups(message) if each.rows]
    if not groups:
        raise Rejected("the result has no OBX under an OBR", location="OBX^1", code="required")
    shared = {segment.name: segment for segment in message.segments if segment.name == "ZDS"}
    for each in groups:
        each.request.segments = shared | each.request.segments
    return tuple(_Reader(each, message, source, codes).result(orders) for each in groups)


class _Reader:
    """One OBR."""

    def __init__(
        self, group: ReportGroup, message: Message, source: AiReportSource, codes: AiCodes
    ) -> None:
        self._group, self._source, self._codes = group, source, codes
        self._signs = message.header.delimiters
        self._at = _iso(fields.time(group.request.first(source.at)))

    def result(self, orders: OrderMapping) -> AiResult:
        request, pid = self._group.request, self._group.pid
        accession = request.first(self._source.accession)
        uid = request.first(self._source.study_uid)
        if not accession and not uid:
            raise Rejected(
                "the result names neither accession nor study UID where messages.yaml says",
                location=f"OBR^{request.number}^18",
                code="required",
            )
        if len(accession) > _LONGEST_NUMBER or not accession.isprintable():
            told = f"the accession number is over {_LONGEST_NUMBER} characters or not printable"
            raise Rejected(told, location=f"OBR^{request.number}^18", code="value")
        return AiResult(
            source=self._source.name,
            findings=tuple(self._findings()),
            accession=accession,
            study_uid=uid[:_LONGEST_NUMBER],
            patient=fields.patient(pid, identifier_of(pid, orders)),
        )

    def _findings(self) -> Iterator[AiFinding]:
        valid = (row for row in self._group.rows if row.text(11).upper() not in NOT_VALID)
        parts: dict[str, list[Segment]] = {}
        for number, row in enumerate(valid, 1):
            parts.setdefault(row.text(4) or f"#{number}", []).append(row)
        if len(parts) > _MOST_FINDINGS:
            raise TooLarge(f"more than {_MOST_FINDINGS} findings in one message", code="too-costly")
        for name, rows in parts.items():
            if made := self._finding(name, rows):
                yield made

    def _finding(self, name: str, rows: list[Segment]) -> AiFinding | None:
        text = "; ".join(filter(None, (self._words(row) for row in rows)))
        if not text:
            return None
        what = next(filter(None, map(self._what, rows)), None)
        told = [each for row in rows if (each := self._answer(row)) is not None]
        sides = [side for row in rows if (side := self._side(row))]
        sizes = (length_mm(row.text(5), row.text(6)) for row in rows if self._is_size(row))
        shares = (probability_of(row.text(5), row.text(6)) for row in rows if self._is_share(row))
        return AiFinding(
            id=f"{self._group.request.number}/{name}"[:_LONGEST_ID],
            text=text[:_LONGEST_TEXT],
            model=self._source.model,
            version=self._group.request.first(self._source.version_at)[:100]
            or self._source.version,
            present=all(told),
            finding=what[0] if what else None,
            code="|".join(filter(None, what[1]))[:_LONGEST_CODE] if what else None,
            side=sides[0] if len(set(sides)) == 1 else Side.BILATERAL if sides else None,
            size_mm=tuple(each for each in sizes if each is not None)[:_MOST_SIZES],
            probability=next((each for each in shares if each is not None), None),
            at=self._at,
            manufacturer=self._source.manufacturer,
            scanner=self._scanner(rows),
        )

    def _scanner(self, rows: list[Segment]) -> str:
        """As the finding's own OBX tell it, else the request."""
        request = self._group.request
        parts = [Request(request.number, request.segments | {"OBX": row}) for row in rows]
        told = (each.first(self._source.scanner_at) for each in parts)
        return scanner_name("", next(filter(None, told), ""))

    def _what(self, row: Segment) -> tuple[str | None, Coded] | None:
        """The finding that a row names: by its question where it is answered, or by its value."""
        for number in (3, 5) if self._answer(row) is not None else (5, 3):
            if number == 5 and row.text(2).upper() not in CODED:
                continue
            coded = (row.text(number, 3), row.text(number))
            known = self._source.labels.get(coded[1]) or self._codes.finding(coded)
            if known:
                return known, coded
        return None

    def _answer(self, row: Segment) -> bool | None:
        coded = self._codes.presence((row.text(5, 3), row.text(5)))
        words = (row.text(5, 2).lower(), row.text(5).lower())
        told = (self._source.answers.get(each) for each in words if each)
        return coded if coded is not None else next((t for t in told if t is not None), None)

    def _side(self, row: Segment) -> Side | None:
        coded = self._codes.side((row.text(5, 3), row.text(5)))
        return coded or self._source.sides.get(row.text(5).lower())

    def _is_size(self, row: Segment) -> bool:
        asked = (row.text(3, 3), row.text(3))
        return row.text(2) == "NM" and not self._codes.within(self._codes.distances, asked)

    def _is_share(self, row: Segment) -> bool:
        asked = (row.text(3, 3), row.text(3))
        known = asked[1] in self._source.probabilities
        return row.text(2) == "NM" and (
            known or self._codes.within(self._codes.probabilities, asked)
        )

    def _words(self, row: Segment) -> str:
        """A text as it stands; another value behind the name of its question."""
        value = " ".join(line.strip() for line in lines_of(row, self._signs) if line.strip())
        name = row.text(3, 2) or row.text(3)
        if row.text(2).upper() not in CODED or not value or value == name:
            return value
        return f"{name}: {value}"


def _iso(told: str) -> str:
    """YYYYMMDDHHMMSS as ISO 8601 without offset."""
    if len(told) != 14:
        return ""
    day, clock = told[:8], told[8:]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
