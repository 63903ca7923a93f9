"""PowerScribe AutoText: PortalAutoTextExport XML, and RTF with its fields behind `{\\xml}`.

The maker publishes no format. As files in the open show it, `ContentText` holds the text, and
`fields` of the inner XML say by `start` and `length` which stretches of it are fields:
1 text, 2 measurement, 3 pick list, 4 merged from the order.
"""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import NamedTuple

from adapter.errors import Malformed
from adapter.mapping.importers.brackets import filled, read_brackets
from adapter.mapping.importers.foreign import Foreign, Part, blanked, feed, unfilled
from adapter.mapping.importers.rtf import plain_text

MARK = "{\\xml}"
MAX_TEXTS = 500
_LEAVES = frozenset(("name", "description", "contenttext", "contentrtf"))
_MERGED = "4"

Attributes = list[tuple[str, str | None]]


class AutoText(NamedTuple):
    """One entry of an export."""

    name: str
    text: str
    inner: str


class _Field(NamedTuple):
    kind: str
    start: int
    length: int
    name: str
    default: str
    choices: tuple[str, ...]


def read_autotext(text: str, title: str) -> tuple[Foreign, ...]:
    """All templates of an export, or the one of an RTF file; raises Malformed."""
    if text.lstrip().startswith("{\\rtf"):
        body, _, inner = text.partition(MARK)
        return (_foreign(AutoText(title, plain_text(body).strip("\n"), inner)),)
    soup = _Export()
    feed(soup, _without_cdata(text))
    if not soup.texts:
        raise Malformed("there is no <AutoText> in the file")
    return tuple(_foreign(each) for each in soup.texts)


def _foreign(entry: AutoText) -> Foreign:
    fields = _fields(entry.inner)
    if not fields:
        found = read_brackets(entry.text, entry.name)
        found.title = entry.name or found.title
        return found
    found = Foreign(title=entry.name)
    pieces, at = [], 0
    for each in sorted(fields, key=lambda field: field.start):
        end = each.start + each.length
        if each.start < at or end > len(entry.text):
            found.note(f"field {each.name!r} lies outside of the text")
            continue
        pieces += [filled(entry.text[at : each.start]), _written(each, found)]
        at = end
    pieces.append(filled(entry.text[at:]))
    found.parts = [Part("", "".join(pieces).split("\n"))]
    return found


def _written(field: _Field, found: Foreign) -> str:
    if field.kind == _MERGED:
        found.note(f"merged from the order, left out: {field.name}")
        return ""
    return field.default or unfilled(field.name, field.choices)


def _fields(inner: str) -> list[_Field]:
    soup = _Inner()
    feed(soup, inner)
    return soup.fields


def _without_cdata(text: str) -> str:
    """CDATA sections as escaped text."""
    first, *rest = text.split("<![CDATA[")
    found = [first]
    for piece in rest:
        raw, end, after = piece.partition("]]>")
        found += [html.escape(raw), after] if end else [html.escape(piece)]
    return "".join(found)


class _Export(HTMLParser):
    """The entries of a PortalAutoTextExport."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[AutoText] = []
        self._entry: dict[str, list[str]] | None = None
        self._leaf = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:  # noqa: ARG002 - as its base has it
        """Begin an entry or one of its parts."""
        if tag == "autotext" and self._entry is None:
            self._entry = {leaf: [] for leaf in _LEAVES}
        elif self._entry is not None and tag in _LEAVES:
            self._leaf = tag

    def handle_data(self, data: str) -> None:
        """Text of a part."""
        if self._entry is not None and self._leaf:
            self._entry[self._leaf].append(data)

    def handle_endtag(self, tag: str) -> None:
        """End a part or an entry."""
        if tag == self._leaf:
            self._leaf = ""
        elif tag == "autotext" and self._entry is not None and len(self.texts) < MAX_TEXTS:
            has = {leaf: "".join(pieces) for leaf, pieces in self._entry.items()}
            rich, _, inner = has["contentrtf"].partition(MARK)
            text = has["contenttext"] or plain_text(rich)
            self.texts.append(AutoText(blanked(has["name"]), text.strip("\n"), inner))
            self._entry = None


class _Inner(HTMLParser):
    """The fields of one entry."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: list[_Field] = []
        self._has: dict[str, str] | None = None
        self._texts: dict[str, str] = {}
        self._choices: list[str] = []
        self._path: list[str] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin a field or one of its parts."""
        has = {name: value or "" for name, value in attrs}
        if tag == "field":
            self._has, self._texts, self._choices, self._path = has, {}, [], []
        elif self._has is not None:
            self._path.append(tag)
            if tag == "choice":
                self._choices.append(has.get("name", ""))

    def handle_data(self, data: str) -> None:
        """Text of a part of the field itself, not of its custom properties."""
        if self._has is not None and len(self._path) == 1:
            self._texts[self._path[0]] = self._texts.get(self._path[0], "") + data

    def handle_endtag(self, tag: str) -> None:
        """End a part or a field; a part that was not begun is passed over."""
        if tag == "field" and self._has is not None:
            self._add(self._has)
            self._has = None
        elif tag in self._path:
            while self._path.pop() != tag:
                pass

    def _add(self, has: dict[str, str]) -> None:
        start, length = _number(has.get("start", "")), _number(has.get("length", ""))
        if start is None or length is None:
            return
        name = blanked(self._texts.get("name", "")) or has.get("mergename", "")
        default = blanked(self._texts.get("defaultvalue", ""))
        kind, choices = has.get("type", ""), tuple(map(blanked, self._choices))
        self.fields.append(_Field(kind, start, length, name, default, choices))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
