"""The proof: every token of the report is derived again from its source, every word accounted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from adapter.domain.ai_source import AiMode, AiRuling
from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.prior import PriorReport
from adapter.domain.report import Certificate, Origin, Part, Section, Statement
from adapter.mapping.form import FormLine, Piece, name_key
from adapter.mapping.templates import Template, header_key
from adapter.reporting.ai_modes import AiModes
from adapter.reporting.comparison import NAME, comparison_text
from adapter.reporting.dictated import Dictated
from adapter.reporting.field_values import read_value
from adapter.reporting.fields import gap, unit_text
from adapter.reporting.said import Header

_TOKEN = re.compile(r"\S+")

_OPEN_STATUS = frozenset(("draft", "preliminary"))


class Evidence:
    """All that a report may be made of, as it was before the merge."""

    def __init__(
        self,
        dictated: Iterable[Dictated],
        headers: Iterable[Header],
        template: Template,
        ai: Iterable[AiFinding],
        decisions: Iterable[Decision],
        status: str,
        prior: PriorReport | None = None,
        rulings: Iterable[AiRuling] = (),
    ) -> None:
        modes = AiModes(rulings, template)
        self.dictated = {each.id: each for each in dictated}
        self._order = list(self.dictated)
        self.headers = tuple(headers)
        self.template = template
        self.ai: dict[str, set[str]] = {}
        self._inline: set[str] = set()
        for each in ai:
            self.ai.setdefault(each.id, set()).add(each.text)
            if modes.of(each) is AiMode.INLINE:
                self._inline.add(each.id)
        self.decisions = tuple(decisions)
        self.status = status
        self._prior = prior

    def derives(self, statement: Statement) -> bool:
        """Whether the statement's text is what its source says."""
        match statement.origin:
            case Origin.DICTATED:
                return self._slice(statement) == statement.text
            case Origin.TEMPLATE if statement.parts:
                return self._line(statement)
            case Origin.TEMPLATE:
                return self._from_template(statement)
            case Origin.AI:
                return self._from_ai(statement)
            case Origin.EDITED:
                return self._edited(statement)
            case Origin.ELSEWHERE:
                return False

    def _line(self, statement: Statement) -> bool:
        """Whether each piece of a line, and the value in each place of it, has its source."""
        name, parts = statement.source.template, list(statement.parts)
        line = next((each for each in self.template.form.lines if each.name == name), None)
        if line is None or "".join(part.text for part in parts) != statement.text:
            return False
        for piece in line.pieces:
            part = parts.pop(0) if parts else None
            if part is None or not self._derives_part(line, piece, part):
                return False
            unit = self.template.form.fields[part.field].rule.unit if part.field else ""
            if parts and unit and part.origin is Origin.DICTATED and _is_unit(parts[0], part, unit):
                parts.pop(0)
        return not parts

    def _derives_part(self, line: FormLine, piece: Piece, part: Part) -> bool:
        if not piece.is_place:
            return (part.text, part.origin, part.field) == (piece.text, Origin.TEMPLATE, "")
        if part.field != f"{line.section}.{piece.text}":
            return False
        rule = self.template.form.fields[part.field].rule
        if part.origin is Origin.EDITED:
            wanted = (DecisionKind.EDIT, part.field, part.source.person, part.text)
            return any((d.kind, d.target, d.person, d.text) == wanted for d in self.decisions)
        if part.origin is Origin.DICTATED:
            return self._slice(part) == part.text
        if part.source.chars is None:
            return part.text in (rule.default, gap(rule.label))
        value = read_value(rule, self._slice(part) or "")
        return value is not None and value.picked and value.text == part.text

    def _slice(self, statement: Statement | Part) -> str | None:
        source = self.dictated.get(statement.source.dictation or "")
        if source is None or statement.source.chars is None:
            return None
        start, end = statement.source.chars
        return source.text[start:end]

    def _from_template(self, statement: Statement) -> bool:
        source = statement.source
        if source.template == NAME:
            prior = self._prior
            named = prior is not None and source.prior == prior.accession
            return named and comparison_text(self.template, prior) == statement.text
        known = self.template.texts.get(source.template or "")
        return source.prior is None and known == statement.text

    def _from_ai(self, statement: Statement) -> bool:
        finding, person = statement.source.ai or "", statement.source.person
        if statement.text not in self.ai.get(finding, ()):
            return False
        if person is None:
            return finding in self._inline and self.status in _OPEN_STATUS
        return self._decided(DecisionKind.ACCEPT, finding, person)

    def _edited(self, statement: Statement) -> bool:
        if statement.source.person is None:  # typed, not edited
            typed = self.dictated.get(statement.source.dictation or "")
            is_typed = typed is not None and typed.transcript is None
            return is_typed and self._slice(statement) == statement.text
        targets = {statement.id, statement.source.ai, statement.source.template}
        return any(
            decision.kind is DecisionKind.EDIT
            and decision.target in targets
            and decision.text == statement.text
            and decision.person == statement.source.person
            for decision in self.decisions
        )

    def _decided(self, kind: DecisionKind, target: str, person: str) -> bool:
        wanted = (kind, target, person)
        return any((d.kind, d.target, d.person) == wanted for d in self.decisions)

    def turn(self, dictation: str | None) -> int:
        """The place of a dictation among all; behind them when it is none."""
        known = dictation in self.dictated
        return self._order.index(dictation) if dictation and known else len(self._order)

    def place(self, dictation: int) -> str:
        """Id of the dictation that a header stands in."""
        return self._order[dictation]


def certify(
    sections: tuple[Section, ...], removed: tuple[Statement, ...], text: str, evidence: Evidence
) -> Certificate:
    """The certificate of these sections and of `text`, their printed form."""
    statements = [statement for section in sections for statement in section.statements]
    problems = [
        f"{each.id}: text is not that of its source"
        for each in (*statements, *removed)
        if not evidence.derives(each)
    ]
    problems += _repeated(statements)
    problems += _uncovered([*statements, *removed], evidence)
    problems += _out_of_order(sections, evidence)
    problems += _printed(sections, text)
    count = Counter[Origin]()
    for statement in statements:
        count.update(_origins(statement))
    return Certificate(
        ok=not problems,
        tokens=count.total(),
        dictated=count[Origin.DICTATED],
        template=count[Origin.TEMPLATE],
        ai=count[Origin.AI],
        edited=count[Origin.EDITED],
        problems=tuple(problems),
    )


def _origins(statement: Statement) -> Iterator[Origin]:
    """The origin of each token; a token of a line has that of the part that it begins in."""
    if statement.origin is not Origin.TEMPLATE or not statement.parts:
        yield from [statement.origin] * len(statement.text.split())
        return
    by_character = [part.origin for part in statement.parts for _ in part.text]
    yield from (by_character[token.start()] for token in _TOKEN.finditer(statement.text))


def _is_unit(part: Part, value: Part, unit: str) -> bool:
    return (part.text, part.origin, part.field) == (
        unit_text(unit),
        Origin.TEMPLATE,
        value.field,
    )


def _repeated(statements: list[Statement]) -> Iterator[str]:
    for id, times in Counter(each.id for each in statements).items():
        if times > 1:
            yield f"{id}: appears {times} times"


def _uncovered(statements: list[Statement], evidence: Evidence) -> Iterator[str]:
    """Every character of a dictation is in one statement or header, or is blank."""
    pieces: dict[str, list[tuple[int, int]]] = {id: [] for id in evidence.dictated}
    for statement in statements:
        for source in (statement.source, *(part.source for part in statement.parts)):
            if source.dictation in pieces and source.chars:
                pieces[source.dictation].append(source.chars)
    for header in evidence.headers:
        id = evidence.place(header.dictation)
        if not _is_header(evidence.dictated[id].text[header.start : header.end], header, evidence):
            yield f"{id}: [{header.start}, {header.end}) is no header"
        pieces[id].append((header.start, header.end))
    for id, spans in pieces.items():
        text, at = evidence.dictated[id].text, 0
        for start, end in sorted(spans):
            if start < at:
                yield f"{id}: characters [{start}, {at}) are used twice"
            elif text[at:start].strip():
                yield f"{id}: characters [{at}, {start}) are lost"
            at = max(at, end)
        if text[at:].strip():
            yield f"{id}: characters [{at}, {len(text)}) are lost"


def _out_of_order(sections: tuple[Section, ...], evidence: Evidence) -> Iterator[str]:
    """Sections stand as in the template; in each, what was dictated stands as it was said."""
    places = {rule.id: at for at, rule in enumerate(evidence.template.table.sections)}
    last = -1
    for section in sections:
        at = places.get(section.id, len(places))
        if at < last or (at == last < len(places)):
            yield f"section {section.id} is not in its place"
        last = at
        said = [each.source for each in section.statements if each.origin is Origin.DICTATED]
        spans = [(evidence.turn(source.dictation), source.chars or (0, 0)) for source in said]
        if spans != sorted(spans):
            yield f"section {section.id}: sentences are not in the order in which they were said"


def _is_header(text: str, header: Header, evidence: Evidence) -> bool:
    """A header of the template; or of a field its name, or the mark behind its value."""
    template = evidence.template
    if header.field:
        name = template.form.bare.fullmatch(text) if template.form.bare else None
        field = template.form.by_spoken[name_key(name["name"])].name if name else None
        return field == header.field or not text.strip(" \t\r\n.")
    words = (header_key(part.strip(" \t*#_.")) for part in text.split(":"))
    return all(word in template.headers for word in words if word)


def _printed(sections: tuple[Section, ...], text: str) -> Iterator[str]:
    """The printed words are the titles and the statements, in order, and no others."""
    expected: list[str] = []
    for section in sections:
        if section.statements:
            expected += f"{section.title.upper()}:".split()
            for statement in section.statements:
                expected += statement.text.split()
    if expected != text.split():
        yield "the printed text is not that of the sections"
