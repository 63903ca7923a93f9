"""A template as IHE MRRT HTML5, readable as XML too; reading it gives the same template again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from pydantic import ValidationError

from adapter.mapping.field_table import FieldRule
from adapter.mapping.form import pieces
from adapter.mapping.template_table import SectionRule, TemplateTable

_STATUS = {"draft": "DRAFT", "active": "ACTIVE", "retired": "RETIRED"}
_TYPE = {"text": "TEXT", "number": "NUMBER", "date": "DATE", "choice": "SELECTION_LIST"}
_WHOLE = re.compile(r'<script type="application/json" id="readout_template">\n(.*)\n</script>\n')


def mrrt_html(table: TemplateTable) -> str:
    """Sections with their fields as inputs, the normals as text, and the whole as JSON."""
    head = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(table.language)}">',
        "<head>",
        f"<title>{escape(table.title)}</title>",
        '<meta charset="UTF-8"/>',
        *_metas(table),
        '<script type="text/xml">',
        "<template_attributes>",
        "<top-level-flag>true</top-level-flag>",
        f"<status>{_STATUS[table.status]}</status>",
        "</template_attributes>",
        "</script>",
        '<script type="application/json" id="readout_template">',
        _json(table),
        "</script>",
        "</head>",
        "<body>",
    ]
    sections = [line for section in table.sections for line in _section(section)]
    return "\n".join([*head, *sections, "</body>", "</html>"]) + "\n"


def exported_table(text: str) -> TemplateTable | None:
    """The template that a page was made of; None when it is not such a page, or was changed."""
    match = _WHOLE.search(text)
    if match is None:
        return None
    try:
        table = TemplateTable.model_validate_json(match[1])
    except (ValidationError, RecursionError):
        return None
    return table if mrrt_html(table) == text else None


def _json(table: TemplateTable) -> str:
    """The table on one line, with no character that is a mark of HTML or XML."""
    row = table.model_dump_json(by_alias=True, exclude_defaults=True)
    return row.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _metas(table: TemplateTable) -> list[str]:
    terms = {
        "title": table.title,
        "identifier": f"{table.id}.{table.version}",
        "description": table.title,
        "type": "IMAGE_REPORT_TEMPLATE",
        "language": table.language,
    }
    return [f'<meta name="dcterms.{k}" content="{escape(v)}"/>' for k, v in terms.items()]


def _section(section: SectionRule) -> list[str]:
    name, title = escape(section.id), escape(section.title)
    text = escape(" ".join(default.text for default in section.defaults))
    required = ' data-section-required="true"' if section.required else ""
    return [
        f'<section id="{name}" data-section-name="{title}"{required}>',
        f'<header class="level1">{title}</header>',
        *_lines(section),
        f'<p><textarea id="{name}_text" name="{title}" data-field-type="TEXTAREA"'
        f' data-field-completion-action="{_action(section.required)}">'
        f"{text}</textarea></p>",
        "</section>",
    ]


def _lines(section: SectionRule) -> Iterator[str]:
    """A line of the template, with an input in each place."""
    rules = {rule.id: rule for rule in section.fields}
    for line in section.lines:
        parts = (
            _input(f"{section.id}.{piece.text}", rules[piece.text])
            if piece.is_place and piece.text in rules
            else escape(piece.text)
            for piece in pieces(line.text)
        )
        yield f"<p>{''.join(parts)}</p>"


def _input(name: str, rule: FieldRule) -> str:
    shared = (
        f'id="{escape(name)}" name="{escape(rule.label)}" title="{escape(rule.label)}"'
        f' data-field-type="{_TYPE[rule.type]}"'
        f' data-field-completion-action="{_action(rule.required)}"'
    )
    if rule.type == "choice":
        options = "".join(
            f"<option{_selected(each.text == rule.default)}>{escape(each.text)}</option>"
            for each in rule.choices
        )
        return f"<select {shared}>{options}</select>"
    kind = "text" if rule.dimensions > 1 else rule.type
    limits = {"min": rule.least, "max": rule.most} if kind == "number" else {}
    more = "".join(f' {key}="{value:g}"' for key, value in limits.items() if value is not None)
    if rule.unit:
        more += f' data-field-units="{escape(rule.unit)}"'
    return f'<input type="{kind}" {shared}{more} value="{escape(rule.default)}"/>'


def _selected(is_default: bool) -> str:
    return ' selected="selected"' if is_default else ""


def _action(required: bool) -> str:
    return "ALERT" if required else "NONE"
