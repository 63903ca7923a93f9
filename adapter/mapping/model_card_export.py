"""A model card as CHAI's XML (applied model card, schema v0.2) and as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree as ET

from pydantic import BaseModel

from adapter.errors import NotFound
from adapter.mapping.ai_sources import AiSource
from adapter.mapping.model_card import MetricResult, ModelCard

NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
_ROOT = "AppliedModelCard"
_NAMES = {"ehr_compatibility": "EHRCompatibility", "ai_system_facts": "AISystemFacts"}
_ITEMS = {"ehr_compatibility": "EHR", "keywords": "Keyword", "results": "MetricResult"}
_MAY_BE_EMPTY = ("keywords", "bibliography")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "dt{font-weight:600;margin-top:.75rem}dd{margin:0;white-space:pre-line}"
)


def card_of(source: AiSource) -> ModelCard:
    """The card of a source; raises NotFound where its file holds none."""
    if source.card is None:
        raise NotFound(f"the file of {source.id} holds no `card`", code="not-found")
    return source.card


def as_xml(card: ModelCard) -> bytes:
    """The card as an XML document."""
    root = ET.Element(_ROOT, xmlns=NAMESPACE)
    _add(root, card)
    ET.indent(root, "\t")
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def as_html(card: ModelCard) -> str:
    """The card as a page that stands by itself."""
    title = escape(card.basic_info.model_name)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    body = "".join(_html(card, 2))
    page = f'<html lang="en"><head>{head}</head><body><h1>{title}</h1>{body}</body></html>'
    return f"<!DOCTYPE html>\n{page}\n"


def _add(parent: ET.Element, table: BaseModel) -> None:
    """The fields of a table in order; an optional one that is empty is left out."""
    for name, value in _fields(table):
        if not value and name not in _MAY_BE_EMPTY:
            continue
        child = ET.SubElement(parent, _element(name))
        if isinstance(value, BaseModel):
            _add(child, value)
        elif isinstance(value, tuple):
            _add_items(child, _ITEMS[name], value)
        else:
            child.text = _NOT_XML.sub("\ufffd", str(value))


def _add_items(parent: ET.Element, name: str, items: tuple[str | MetricResult, ...]) -> None:
    for each in items:
        child = ET.SubElement(parent, name)
        if isinstance(each, str):
            child.text = _NOT_XML.sub("\ufffd", each)
        else:
            ET.SubElement(child, "Label").text = _NOT_XML.sub("\ufffd", each.label)
            ET.SubElement(child, "ValueJson").text = each.value_json.model_dump_json(
                exclude_defaults=False, exclude={"unit"} if not each.value_json.unit else None
            )


def _html(table: BaseModel, level: int) -> Iterator[str]:
    """Tables under headings, their words in a list."""
    for name, value in _fields(table):
        if not value:
            continue
        label = _words(name)
        if isinstance(value, BaseModel):
            yield f"<h{level}>{label}</h{level}>"
            yield from _html(value, level + 1)
        else:
            yield f"<dl><dt>{label}</dt><dd>{escape(_told(value))}</dd></dl>"


def _told(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    if all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return "\n".join(f"{each.label}: {_number(each)}" for each in value)


def _number(result: MetricResult) -> str:
    value = result.value_json
    unit = f" {value.unit}" if value.unit else ""
    if value.kind == "estimate_ci":
        interval = f"({value.level:g} % interval {value.lower:g} to {value.upper:g})"
        return f"{value.estimate:g}{unit} {interval}"
    if value.kind == "mean_sd":
        return f"{value.mean:g}{unit} (standard deviation {value.sd:g})"
    return f"{value.value:g}{unit}"


def _fields(table: BaseModel) -> Iterator[tuple[str, object]]:
    return ((name, getattr(table, name)) for name in type(table).model_fields)


def _element(name: str) -> str:
    return _NAMES.get(name) or "".join(part.capitalize() for part in name.split("_"))


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _element(name))
