"""A template as IHE MRRT HTML5, readable as XML too."""

from __future__ import annotations

from html import escape

from adapter.mapping.template_table import SectionRule, TemplateTable

_STATUS = {"draft": "DRAFT", "active": "ACTIVE", "retired": "RETIRED"}


def mrrt_html(table: TemplateTable) -> str:
    """One section each; a default is the text of its section's field."""
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
        "</head>",
        "<body>",
    ]
    sections = [line for section in table.sections for line in _section(section)]
    return "\n".join([*head, *sections, "</body>", "</html>"]) + "\n"


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
        f'<p><textarea id="{name}_text" name="{title}" data-field-type="TEXTAREA"'
        f' data-field-completion-action="{"ALERT" if section.required else "NONE"}">'
        f"{text}</textarea></p>",
        "</section>",
    ]
