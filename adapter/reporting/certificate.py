"""The proof: every token of the report is derived again from its source, every word accounted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import AiFinding
from adapter.domain.prior import PriorReport
from adapter.domain.report import Certificate, Origin, Section, Statement
from adapter.mapping.templates import Template, header_key
from adapter.reporting.comparison import NAME, comparison_text
from adapter.reporting.dictated import Dictated
from adapter.reporting.said import Header

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
    ) -> None:
        self.dictated = {each.id: each for each in dictated}
        self._order = list(self.dictated)
        self.headers = tuple(headers)
        self.template = template
        self.ai: dict[str, set[str]] = {}
        self._inline: set[str] = set()
        for each in ai:
            self.ai.setdefault(each.id, set()).add(each.text)
            if template.ai_policy(each.model) == "inline":
                self._inline.add(each.id)
        self.decisions = tuple(decisions)
        self.status = status
        self._prior = prior

    def derives(self, statement: Statement) -> bool:
        """Whether the statement's text is what its source says."""
        match statement.origin:
            case Origin.DICTATED:
                return self._slice(statement) == statement.text
            case Origin.TEMPLATE:
                return self._from_template(statement)
            case Origin.AI:
                return self._from_ai(statement)
            case Origin.EDITED:
                return self._edited(statement)

    def _slice(self, statement: Statement) -> str | None:
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
            return self._slice(statement) == statement.text
        targets = {statement.id, statement.source.ai}
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
    problems += _printed(sections, text)
    count = Counter[Origin]()
    for statement in statements:
        count[statement.origin] += len(statement.text.split())
    return Certificate(
        ok=not problems,
        tokens=count.total(),
        dictated=count[Origin.DICTATED],
        template=count[Origin.TEMPLATE],
        ai=count[Origin.AI],
        edited=count[Origin.EDITED],
        problems=tuple(problems),
    )


def _repeated(statements: list[Statement]) -> Iterator[str]:
    for id, times in Counter(each.id for each in statements).items():
        if times > 1:
            yield f"{id}: appears {times} times"


def _uncovered(statements: list[Statement], evidence: Evidence) -> Iterator[str]:
    """Every character of a dictation is in one statement or header, or is blank."""
    pieces: dict[str, list[tuple[int, int]]] = {id: [] for id in evidence.dictated}
    for statement in statements:
        if statement.source.dictation in pieces and statement.source.chars:
            pieces[statement.source.dictation].append(statement.source.chars)
    for header in evidence.headers:
        id = evidence.place(header.dictation)
        if not _is_header(evidence.dictated[id].text[header.start : header.end], evidence.template):
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


def _is_header(text: str, template: Template) -> bool:
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
