"""PowerScribe AutoText: PortalAutoTextExport XML, and RTF with its fields behind `{\\xml}`.

The maker publishes no format. As files in the open show it, `ContentText` holds the text, and
`fields` of the inner XML say by `start` and `length` which stretches of it are fields:
1 text, 2 measurement, 3 pick list, 4 merged from the order.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import NamedTuple

from adapter.errors import Malformed, TooLarge
from adapter.mapping.field_table import FieldType
from adapter.mapping.importers.brackets import ENDED, placed, read_brackets
from adapter.mapping.importers.foreign import (
    Foreign,
    ForeignChoice,
    ForeignField,
    Part,
    blanked,
    feed,
)
from adapter.mapping.importers.rtf import plain_text

MARK = "{\\xml}"
MAX_TEXTS = 500
_LEAVES = frozenset(("name", "description", "contenttext", "contentrtf"))
_MEASURED = "2"
_MERGED = "4"

Attributes = list[tuple[str, str | None]]


class AutoText(NamedTuple):
    """One entry of an export."""

    name: str
    text: str
    inner: str
    line: int  # of the source, on which the text begins
    description: str = ""


class _Field(NamedTuple):
    kind: str
    start: int
    length: int
    name: str
    default: str
    choices: tuple[ForeignChoice, ...]
    unit: str


def read_autotext(text: str, title: str) -> tuple[Foreign, ...]:
    """All templates of an export, or the one of an RTF file; raises Malformed."""
    if text.lstrip().startswith("{\\rtf"):
        body, _, inner = text.partition(MARK)
        return (_foreign(AutoText(title, plain_text(body).strip("\n"), inner, 1)),)
    soup = _Export()
    feed(soup, _without_cdata(text))
    soup.finish()
    if not soup.texts:
        raise Malformed("there is no <AutoText> in the file")
    found = tuple(_foreign(each) for each in soup.texts)
    for words, line in soup.outside:
        found[0].note(f"stands outside of the text, left out: {words}", line)
    return found


def _foreign(entry: AutoText) -> Foreign:
    soup = _Inner()
    feed(soup, entry.inner)
    if not soup.fields:
        found = read_brackets(entry.text, entry.name)
        found.title = entry.name or found.title
    else:
        found = _with_fields(entry, soup.fields)
    for words in soup.outside:
        found.note(f"not used: {words}", entry.line)
    if entry.description:
        found.note(f"description: {entry.description}", entry.line)
    return found


def _with_fields(entry: AutoText, fields: list[_Field]) -> Foreign:
    found = Foreign(title=entry.name)
    part, at = Part("", entry.line), 0

    def write(text: str) -> None:
        for n, line in enumerate(text.split("\n")):
            number = entry.line + entry.text.count("\n", 0, at) + n
            part.add(("\n" if n else "") + placed(line, number, found), number)

    for each in sorted(fields, key=lambda field: field.start):
        end = each.start + each.length
        if each.start < at or end > len(entry.text):
            words = " ".join((each.name, each.default, *(c.text for c in each.choices)))
            found.note(f"a field lies outside of the text, left out: {words}", entry.line)
            continue
        write(entry.text[at : each.start])
        number = entry.line + entry.text.count("\n", 0, each.start)
        part.add(_written(each, entry.text[each.start : end], number, found), number)
        at = end
    write(entry.text[at:])
    found.parts = [part]
    return found


def _written(field: _Field, shown: str, number: int, found: Foreign) -> str:
    """The field's place, or the sentence that it holds by default."""
    words = {*shown.split()} - {*" ".join((field.name, field.default)).split()}
    words -= {
        word for each in field.choices for part in each for word in re.split(r"[\s/:|]+", part)
    }
    if words:
        found.note(f"shown in the field {field.name!r}: {blanked(shown)}", number)
    if field.kind == _MERGED:
        found.note(f"merged from the order there, here a field to fill: {field.name}", number)
    if not field.choices and field.kind != _MEASURED and field.default.endswith(ENDED):
        if field.name:
            found.note(f"field {field.name!r} is its default", number)
        return field.default
    kind: FieldType = "text"
    if field.choices:
        kind = "choice"
    elif field.kind == _MEASURED:
        kind = "number"
    default = field.default
    one = ForeignField(field.name, kind, default, field.choices, field.unit, line=number)
    return found.place(one)


def _without_cdata(text: str) -> str:
    """CDATA sections as escaped text."""
    first, *rest = text.split("<![CDATA[")
    found = [first]
    for piece in rest:
        raw, end, after = piece.partition("]]>")
        found += [html.escape(raw), after] if end else [html.escape(piece)]
    return "".join(found)


class _Export(HTMLParser):
    """The entries of a PortalAutoTextExport; `outside`: words that stand in none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[AutoText] = []
        self.outside: list[tuple[str, int]] = []
        self._entry: dict[str, list[str]] | None = None
        self._leaf = ""
        self._line = 1

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:  # noqa: ARG002 - as its base has it
        """Begin an entry or one of its parts."""
        if tag == "autotext" and self._entry is None:
            self._entry = {leaf: [] for leaf in _LEAVES}
            self._line = self.getpos()[0]
        elif self._entry is not None and tag in _LEAVES:
            self._leaf = tag
            if tag.startswith("content") and not any(self._entry["contenttext"]):
                self._line = self.getpos()[0]

    def handle_data(self, data: str) -> None:
        """Text of a part."""
        if self._entry is not None and self._leaf:
            self._entry[self._leaf].append(data)
        elif data.strip(" \t\n>"):
            self.outside.append((blanked(data), self.getpos()[0]))

    def handle_endtag(self, tag: str) -> None:
        """End a part or an entry."""
        if tag == self._leaf:
            self._leaf = ""
        elif tag == "autotext":
            self.finish()

    def finish(self) -> None:
        """End the entry that is open."""
        if self._entry is None:
            return
        has = {leaf: "".join(pieces) for leaf, pieces in self._entry.items()}
        self._entry, self._leaf = None, ""
        if not any(map(str.strip, has.values())):
            return
        rich, _, inner = has["contentrtf"].partition(MARK)
        text = has["contenttext"] or plain_text(rich)
        if len(self.texts) >= MAX_TEXTS:
            raise TooLarge(f"the file holds more than {MAX_TEXTS} texts; part it")
        name, description = blanked(has["name"]), blanked(has["description"])
        line = self._line + len(text) - len(text.lstrip("\n"))
        self.texts.append(AutoText(name, text.strip("\n"), inner, line, description))


class _Inner(HTMLParser):
    """The fields of one entry; `outside`: words that belong to no field."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: list[_Field] = []
        self.outside: list[str] = []
        self._has: dict[str, str] | None = None
        self._texts: dict[str, str] = {}
        self._choices: list[ForeignChoice] = []
        self._path: list[str] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin a field or one of its parts."""
        has = {name: value or "" for name, value in attrs}
        if tag == "field":
            self._finish()
            self._has, self._texts, self._choices, self._path = has, {}, [], []
        elif self._has is not None:
            self._path.append(tag)
            if tag == "choice":
                self._choices.append(ForeignChoice(blanked(has.get("name", "")), ""))

    def handle_data(self, data: str) -> None:
        """Text of a part of the field, of a choice, or of a property of its own."""
        if self._has is None:
            self.outside += [blanked(data)] if data.strip(" \t\n>") else []
            return
        inner = self._path[-1] if self._path else ""
        if inner == "choice" and self._choices:
            last = self._choices[-1]
            self._choices[-1] = last._replace(text=blanked(f"{last.text} {data}"))
            return
        key = ".".join(self._path)
        self._texts[key] = self._texts.get(key, "") + data

    def handle_endtag(self, tag: str) -> None:
        """End a part or a field; a part that was not begun is passed over."""
        if tag == "field":
            self._finish()
        elif tag in self._path:
            while self._path.pop() != tag:
                pass

    def close(self) -> None:
        """End the field that is open, too."""
        super().close()
        self._finish()

    def _finish(self) -> None:
        if self._has is not None:
            self._add(self._has)
        self._has = None

    def _add(self, has: dict[str, str]) -> None:
        texts = {key: blanked(text) for key, text in self._texts.items() if text.strip(" \n\t>")}
        name = texts.pop("name", "") or has.get("mergename", "")
        default = texts.pop("defaultvalue", "")
        unit = _unit(texts)
        choices = tuple(
            each._replace(text=each.text or each.name)
            for each in self._choices
            if each.text or each.name
        )
        start, length = _number(has.get("start", "")), _number(has.get("length", ""))
        if start is None or length is None:
            words = (name, default, *(word for each in choices for word in each))
            self.outside.append("field without a place: " + " ".join(words))
        else:
            kind = has.get("type", "")
            self.fields.append(_Field(kind, start, length, name, default, choices, unit))
        self.outside += [f"property of {name!r}: {text}" for text in texts.values()]


def _unit(texts: dict[str, str]) -> str:
    """The unit among the properties of a field, taken out of them."""
    names, values = "customproperties.property.name", "customproperties.property.value"
    if texts.get(names, "").lower() not in ("unit", "units"):
        return ""
    texts.pop(names)
    return texts.pop(values, "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
