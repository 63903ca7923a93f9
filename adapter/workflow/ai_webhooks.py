"""JSON that AI engines post in their own form: let in by signature or token, read by a mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.domain.ai_result import AiResult
from adapter.domain.finding import AiFinding, Box, Evidence
from adapter.domain.identifiers import Phi
from adapter.domain.message import SearchKeys
from adapter.domain.order import Side
from adapter.domain.people import Patient
from adapter.domain.scanner import scanner_name
from adapter.errors import Malformed, Rejected, TooLarge
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.ai_measures import length_mm, number, probability_of
from adapter.mapping.ai_webhooks import AiWebhook, EvidencePaths, Paths
from adapter.mapping.json_path import found
from adapter.workflow.ai_results import LONGEST_TEXT, MOST_FINDINGS

_LONGEST_ID, _LONGEST_NAME, _LONGEST_CODE, _LONGEST_LEVEL = 100, 200, 200, 20
_LONGEST_VERSION, _LONGEST_UID, _LONGEST_ACCESSION = 100, 64, 64
_MOST_SIZES, _MOST_PLACES = 10, 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]{5,15}(Z|[+-]\d\d:?\d\d)?)?")


def read_webhook(body: bytes, engine: AiWebhook, codes: AiCodes) -> Sequence[AiResult]:
    """The result of one body; raises Malformed or Rejected."""
    return [_Body(_json(body), engine, codes).result()]


def read_keys(body: bytes, engine: AiWebhook) -> SearchKeys:
    """By what a body is found."""
    try:
        return _Root(_json(body)).keys(engine)
    except Malformed:
        return SearchKeys()


def _json(body: bytes) -> Any:
    """JSON of any shape; what is no finite number is nothing."""
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON", code="json") from None


@dataclass(frozen=True)
class _Root:
    root: Any

    def _every(self, paths: Paths, here: Any) -> list[Any]:
        return [each for path in paths for each in found(path, here, self.root)]

    def _first(self, paths: Paths, here: Any) -> Any:
        return next(iter(self._every(paths, here)), None)

    def _text(self, paths: Paths, here: Any) -> str:
        told = self._first(paths, here)
        is_text = isinstance(told, str | int | float) and not isinstance(told, bool)
        return str(told).strip() if is_text else ""

    def _accession(self, engine: AiWebhook) -> str:
        """Of the study; "" where what stands there can be none."""
        told = self._text(engine.accession, self.root)
        return told if len(told) <= _LONGEST_ACCESSION and told.isprintable() else ""

    def keys(self, engine: AiWebhook) -> SearchKeys:
        accession = self._accession(engine)
        number = self._text(engine.patient.mrn, self.root)
        return SearchKeys((accession,) if accession else (), (Phi(number),) if number else ())


@dataclass(frozen=True)
class _Body(_Root):
    engine: AiWebhook
    codes: AiCodes

    def result(self) -> AiResult:
        engine = self.engine
        accession = self._accession(engine)
        uid = self._text(engine.study_uid, self.root)
        if not accession and not uid:
            told = "neither accession nor study UID stands where the mapping file says"
            raise Rejected(told, location=", ".join(engine.accession), code="required")
        drafts = found(engine.findings, self.root, self.root)
        if len(drafts) > MOST_FINDINGS:
            raise TooLarge(f"more than {MOST_FINDINGS} findings in one body", code="too-costly")
        return AiResult(
            source=engine.name,
            findings=tuple(self._finding(each, n) for n, each in enumerate(drafts, 1)),
            accession=accession,
            study_uid=uid[:_LONGEST_UID],
            patient=self._patient(),
        )

    def _patient(self) -> Patient:
        paths = self.engine.patient
        family, _, given = self._text(paths.name, self.root).partition("^")
        birth = re.sub(r"\D", "", self._text(paths.birth_date, self.root))
        return Patient(
            mrn=Phi(self._text(paths.mrn, self.root)),
            issuer=self._text(paths.issuer, self.root),
            family=Phi(self._text(paths.family, self.root) or family),
            given=Phi(self._text(paths.given, self.root) or given.replace("^", " ").strip()),
            birth_date=Phi(birth[:8]),
        )

    def _finding(self, here: Any, position: int) -> AiFinding:
        engine, paths = self.engine, self.engine.finding
        code = self._text(paths.code, here)
        system = self._text(paths.system, here) or engine.code_system
        text = self._text(paths.text, here) or code
        if not text:
            told = f"finding {position} has no text where the mapping file says"
            raise Rejected(told, location=", ".join(paths.text), code="required")
        return AiFinding(
            id=(self._text(paths.id, here) or str(position))[:_LONGEST_ID],
            text=text[:LONGEST_TEXT],
            model=(self._text(paths.model, here) or engine.model)[:_LONGEST_NAME],
            version=(self._text(paths.version, here) or engine.version)[:_LONGEST_VERSION],
            present=self._present(here),
            finding=engine.labels.get(code) or self.codes.finding((system, code)),
            code="|".join(filter(None, (system, code)))[:_LONGEST_CODE] or None,
            side=self._side(here),
            level=self._text(paths.level, here)[:_LONGEST_LEVEL] or None,
            size_mm=tuple(self._sizes(here))[:_MOST_SIZES],
            probability=self._probability(here),
            evidence=tuple(self._evidence(here))[:_MOST_PLACES],
            at=self._moment(here),
            manufacturer=engine.manufacturer,
            scanner=self._scanner(),
        )

    def _scanner(self) -> str:
        paths = self.engine.scanner
        told = (paths.manufacturer, paths.model, paths.station, paths.serial)
        return scanner_name(*(self._text(each, self.root) for each in told))

    def _present(self, here: Any) -> bool:
        told = self._first(self.engine.finding.present, here)
        return told if isinstance(told, bool) else self.engine.answers.get(_low(told), True)

    def _side(self, here: Any) -> Side | None:
        return self.engine.sides.get(_low(self._first(self.engine.finding.side, here)))

    def _sizes(self, here: Any) -> Iterator[float]:
        for told in self._every(self.engine.finding.size, here):
            size = number(told)
            length = length_mm(size and size * self.engine.size_unit_mm, "mm")
            if length is not None:
                yield length

    def _probability(self, here: Any) -> float | None:
        told = number(self._first(self.engine.finding.probability, here))
        return None if told is None else probability_of(told / self.engine.probability_of_one)

    def _moment(self, here: Any) -> str:
        told = self._text(self.engine.finding.at, here)
        return told if _MOMENT.fullmatch(told) else ""

    def _evidence(self, here: Any) -> Iterator[Evidence]:
        paths = self.engine.evidence
        if paths is None:
            return
        study = self._text(self.engine.study_uid, self.root)[:_LONGEST_UID]
        for place in found(paths.each, here, self.root):
            series, image = (
                self._text(each, place)[:_LONGEST_UID] for each in (paths.series_uid, paths.sop_uid)
            )
            frame = number(self._first(paths.frame, place))
            whole = int(frame) if frame is not None and frame >= 1 else None
            box = self._box(paths, place)
            if series or image or box:
                yield Evidence(study, series, image, whole, box)

    def _box(self, paths: EvidencePaths, place: Any) -> Box | None:
        """Cut at the image; None where it is none, or lies beside the image."""
        numbers = [number(each) for each in self._every_flat(paths.box, place)]
        told = [each for each in numbers if each is not None]
        if len(told) != 4 or len(numbers) != 4:
            return None
        left, top, third, fourth = told
        right, low = (left + third, top + fourth) if paths.form == "extent" else (third, fourth)
        width, height = (self._edge(each, place) for each in (paths.width, paths.height))
        if not width or not height or right < left or low < top:
            return None
        return Box.on_image(left / width, top / height, right / width, low / height)

    def _edge(self, paths: Paths, place: Any) -> float | None:
        """Length of an edge of the image; 1 where boxes are fractions of it."""
        edge = number(self._first(paths, place)) if paths else 1.0
        return edge if edge and edge > 0 else None

    def _every_flat(self, paths: Paths, here: Any) -> Iterator[Any]:
        for told in self._every(paths, here):
            yield from told if isinstance(told, list) else [told]


def _low(told: Any) -> str:
    return str(told).strip().lower()
