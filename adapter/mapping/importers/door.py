"""Which maker wrote a file, its drafts, and the YAML of a draft."""

from __future__ import annotations

import json
import re

import yaml

from adapter.errors import Malformed
from adapter.mapping.importers.autotext import read_autotext
from adapter.mapping.importers.brackets import read_brackets
from adapter.mapping.importers.draft import Imported, as_draft, draft
from adapter.mapping.importers.foreign import Foreign, decode
from adapter.mapping.importers.mrrt import read_mrrt
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.mrrt_export import exported_table
from adapter.mapping.template_table import TemplateTable

_HTML = re.compile(r"<(?:\w+:)?(?:html|body|section|head|!doctype html)\b", re.IGNORECASE)
_AUTOTEXT = re.compile(r"<autotext\b", re.IGNORECASE)
_LOOKED_AT = 65_536  # characters by which the maker is told


def import_templates(body: bytes, name: str, lexicon: Lexicon) -> tuple[Imported, ...]:
    """Drafts of all templates in a file; raises Rejected (Malformed, TooLarge) and nothing else.

    `name` is the title of a template that has none. What Readout has exported comes back as it
    was, as a draft of its own id.
    """
    text = decode(body)
    if again := exported_table(text):
        return (Imported(as_draft(again), ()),)
    return tuple(draft(each, lexicon) for each in _foreign(text, name))


def to_yaml(table: TemplateTable) -> str:
    """The table as a file of mappings/templates."""
    row = table.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(row, sort_keys=False, allow_unicode=True, width=100)


def _foreign(text: str, name: str) -> tuple[Foreign, ...]:
    text = _unwrapped(text)
    start = text[:_LOOKED_AT]
    if start.lstrip().startswith("{\\rtf") or (_AUTOTEXT.search(start) and not _HTML.search(start)):
        return read_autotext(text, name)
    if _HTML.search(start) or "data-field-type" in start:
        found = read_mrrt(text)
        found.title = found.title or name
        return (found,)
    return (read_brackets(text, name),)


def _unwrapped(text: str) -> str:
    """The template inside an answer of the RSNA template library; other text as it is."""
    if not text.lstrip().startswith("{") or '"templateData"' not in text:
        return text
    try:
        found = json.loads(text)["DATA"]["templateData"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Malformed("this looks like an answer of the RSNA library, but is not one") from None
    if not isinstance(found, str) or not found.strip():
        raise Malformed("the answer of the RSNA library holds no template")
    return found
