"""The report itself: sections of sentences, each marked by who said it, with fields to fill."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.report import FieldState, Flag, Origin, Section, Severity, Statement
from adapter.mapping.form import FormField
from adapter.reporting.route import UNROUTED
from adapter.web.pages.markup import Child, Html, el
from adapter.web.pages.report.scene import Scene

_MARKS = {Origin.TEMPLATE: "T", Origin.AI: "AI", Origin.EDITED: "E", Origin.ELSEWHERE: "X"}
_TYPED, _TYPED_NAME = "K", "typed"
_MARK_OF = {Severity.ALERT: "danger", Severity.WARN: "warn", Severity.INFO: "info"}


def editor(scene: Scene) -> Html:
    """All sections of the template, filled or not, and what belongs to none."""
    return el(
        "section",
        _tools(scene) if scene.is_open else None,
        _waiting(scene),
        (_section(scene, each) for each in _sections(scene)),
        _legend(),
        id="editor",
        class_="editor card",
        aria_label="Report",
        data_version=scene.number,
        data_dictations=" ".join(each.dictation_id for each in scene.inputs.transcripts),
        data_open="true" if scene.is_open else None,
        data_signed="true" if scene.is_signed else None,
    )


def _tools(scene: Scene) -> Html:
    table = scene.template.table
    macros = sorted({each.id for each in scene.template.macros.values()})
    return el(
        "div",
        el("span", table.title, class_="muted"),
        el("button", "Template…", type="button", data_act="templates"),
        el(
            "label",
            el("span", "Macro", class_="unseen"),
            el(
                "select",
                el("option", "Insert macro…", value=""),
                (el("option", each.replace("_", " "), value=each) for each in macros),
                id="macro",
                data_act="macro",
            ),
        )
        if macros
        else None,
        el("button", "Read back", type="button", data_act="read-back"),
        class_="tools",
        role="toolbar",
        aria_label="Template and macros",
    )


def template_choices(scene: Scene, titles: dict[str, str]) -> Html:
    """The dialog in which a template is chosen; it is fetched when it is asked for."""
    return el(
        "select",
        (
            el("option", title, value=name, selected=name == scene.template.table.id)
            for name, title in sorted(titles.items(), key=lambda each: each[1])
        ),
        id="template",
        aria_label="Template",
    )


def _waiting(scene: Scene) -> Html | None:
    if not scene.waiting:
        return None
    count = len(scene.waiting)
    words = "A dictation is" if count == 1 else f"{count} dictations are"
    return el("p", f"{words} being transcribed…", class_="note", data_waiting=count)


def _sections(scene: Scene) -> Iterator[Section]:
    """The report's; before there is one, those of the template, empty."""
    shown = {each.id: each for each in scene.report.sections} if scene.report else {}
    for rule in scene.template.table.sections:
        yield shown.pop(rule.id, Section(rule.id, rule.title))
    yield from shown.values()


def _section(scene: Scene, section: Section) -> Html:
    fields = [each for each in _fields(scene) if each[0].section == section.id]
    required = {each.id for each in scene.template.table.sections if each.required}
    missing = section.id in required and not section.statements
    marks = el("span", "required", class_="gap") if missing else None
    sentences = [child for each in section.statements for child in (_statement(scene, each), " ")]
    return el(
        "section",
        el("h2", section.title, marks),
        el("p", sentences, class_="prose") if sentences else None,
        (_conflict(scene, each) for each in scene.conflicts if _is_in(each, section)),
        el("div", (_field(scene, *each) for each in fields), class_="fields") if fields else None,
        _typing(section) if scene.is_open and section.id != UNROUTED else None,
        class_="part" if sentences or fields else "part bare",
        id=f"section-{section.id}",
        data_section=section.id,
    )


def _is_in(flag: Flag, section: Section) -> bool:
    return any(each.id == flag.statement for each in section.statements)


def _typing(section: Section) -> Html:
    return el(
        "button",
        "+ Type",
        type="button",
        class_="type quiet",
        data_act="type",
        data_title=section.title,
        aria_label=f"Type into {section.title}",
    )


def _statement(scene: Scene, statement: Statement) -> Html:
    typed = statement.origin is Origin.DICTATED and statement.source.ms is None
    mark = _TYPED if typed else _MARKS.get(statement.origin, "")
    told = _TYPED_NAME if typed else statement.origin.value
    flags = [each for each in scene.flags if each.statement == statement.id]
    loud = min((_MARK_OF[each.severity] for each in flags), default="", key=_loudness)
    return el(
        "span",
        el("sup", mark, aria_hidden="true", class_="origin") if mark else None,
        _words(statement, flags),
        class_=f"statement {loud}".strip(),
        id=f"st-{statement.id}",
        tabindex="0",
        role="button",
        aria_describedby=f"told-{told}",
        data_id=statement.id,
        data_origin=statement.origin.value,
        data_text=statement.text,
        data_typed="true" if typed else None,
    )


def _loudness(mark: str) -> int:
    return list(_MARK_OF.values()).index(mark)


def _words(statement: Statement, flags: list[Flag]) -> Iterator[Child]:
    """The text, with the characters that flags are about marked; where two overlap, the first."""
    at = 0
    for flag in sorted((each for each in flags if each.chars), key=lambda each: each.chars or ()):
        start, end = flag.chars or (0, 0)
        whole = end - start >= len(statement.text)
        if start < at or end > len(statement.text) or whole:
            continue
        yield statement.text[at:start]
        kind = "unsure" if flag.heard else _MARK_OF[flag.severity]
        yield el("mark", statement.text[start:end], class_=kind, title=flag.message)
        at = end
    yield statement.text[at:]


def _conflict(scene: Scene, flag: Flag) -> Html:
    """Both versions side by side, and what can be done."""
    said = scene.statements.get(flag.statement or "")
    finding = scene.findings.get(flag.ai or "")
    return el(
        "div",
        el("p", el("strong", "Conflict"), f" {flag.message}"),
        el(
            "div",
            _side("Dictated", said.text if said else "", "Keep dictated", "keep", flag, scene),
            _side("AI", finding.text if finding else "", "Take AI instead", "take", flag, scene),
            class_="sides",
        ),
        class_="conflict",
        id=f"conflict-{flag.id}",
        role="group",
        aria_label="Conflict between dictation and AI finding",
    )


def _side(title: str, words: str, label: str, act: str, flag: Flag, scene: Scene) -> Html:
    button = el(
        "button",
        label,
        type="button",
        data_act=act,
        data_ai=flag.ai,
        data_statement=flag.statement,
    )
    return el(
        "div",
        el("span", title, class_=f"chip {'ai' if title == 'AI' else ''}".strip()),
        el("p", words),
        button if scene.is_open else None,
    )


def _fields(scene: Scene) -> Iterator[tuple[FormField, FieldState]]:
    known = scene.template.form.fields
    states = {each.id: each for each in scene.report.fields} if scene.report else {}
    for name, field in known.items():
        rule = field.rule
        empty = FieldState(name, rule.label, rule.type, "empty", required=rule.required)
        yield field, states.get(name, empty)


def _field(scene: Scene, field: FormField, state: FieldState) -> Html:
    rule, name = field.rule, field.name
    filled = state.state in ("filled", "default", "stated")
    gap = state.required and not filled
    value = state.value.removesuffix(rule.unit).strip() if rule.unit else state.value
    told = {"unfit": "does not fit", "stated": "stated in a sentence"}.get(state.state, "")
    label = el("span", rule.label, el("span", "required", class_="gap") if gap else None)
    common: dict[str, str | bool | None] = {
        "data_act": "field",
        "data_field": name,
        "data_was": value,
        "data_unit": rule.unit or None,
        "aria_required": "true" if rule.required else None,
        "aria_invalid": "true" if state.state == "unfit" else None,
        "disabled": not scene.is_open or scene.number == 0,
        "id": f"field-{name}",
    }
    return el(
        "label",
        label,
        _input(field, value, common),
        el("span", told, class_="muted") if told else None,
        class_="field gapped" if gap else "field",
    )


def _input(field: FormField, value: str, common: dict[str, str | bool | None]) -> Html:
    rule = field.rule
    if rule.type == "choice":
        texts = [each.text for each in rule.choices]
        others = [value] if value and value not in texts else []
        options = (
            el("option", each or "-", value=each, selected=each == value)
            for each in ("", *texts, *others)
        )
        return el("select", options, **common)
    unit = el("span", rule.unit, class_="muted") if rule.unit else None
    mode = "decimal" if rule.type == "number" and rule.dimensions == 1 else None
    box = el("input", value=value, inputmode=mode, autocomplete="off", **common)
    return el("span", box, " ", unit, class_="measure") if unit else box


def _legend() -> Html:
    marks = (
        ("dictated", "", "dictated"),
        ("typed", "K", "typed"),
        ("template", "T", "template"),
        ("ai", "AI", "AI, accepted"),
        ("edited", "E", "edited"),
        ("elsewhere", "X", "signed in another system"),
    )
    return el(
        "p",
        (
            el(
                "span",
                el("sup", mark, class_="origin", aria_hidden="true") if mark else None,
                " ",
                words,
                id=f"told-{name}",
            )
            for name, mark, words in marks
        ),
        el("span", el("mark", "doubtful", class_="unsure"), " heard with doubt"),
        class_="legend muted",
    )
