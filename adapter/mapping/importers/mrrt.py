"""IHE MRRT templates: HTML5, tag soup included, with an XML island of template attributes."""

from __future__ import annotations

from html.parser import HTMLParser

from adapter.mapping.field_table import FieldType
from adapter.mapping.importers.brackets import ENDED
from adapter.mapping.importers.foreign import (
    Foreign,
    ForeignChoice,
    ForeignField,
    Part,
    blanked,
    feed,
)

_DROPPED = frozenset(("script", "style", "iframe", "object", "embed", "svg", "canvas", "video"))
_LINES = frozenset(("p", "br", "li", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4"))
_TITLES = frozenset(("title", "header", "label"))
_UNFILLED_TYPES = frozenset(("button", "submit", "reset", "hidden", "image"))
_TICKED = frozenset(("checkbox", "radio"))
_KINDS: dict[str, FieldType] = {"number": "number", "date": "date", "range": "number"}

Attributes = list[tuple[str, str | None]]
Options = list[tuple[str, bool]]


def read_mrrt(text: str) -> Foreign:
    """The template of an HTML file; raises Malformed when the marks cannot be followed."""
    lists = _Reader({})  # a field may stand before the list of its choices
    feed(lists, text)
    reader = _Reader(lists.lists)
    feed(reader, text)
    reader.finish()
    return reader.found


class _Reader(HTMLParser):
    """Lines by section; a field stands in its line as its place, or as the sentence it holds."""

    def __init__(self, lists: dict[str, list[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Foreign()
        self.lists: dict[str, list[str]] = {}
        self._known = lists
        self._used: set[str] = set()
        self.outside = Part()
        self._open: list[Part] = []
        self._skip = ""  # dropped element inside which this is
        self._island = False
        self._title: str = ""  # element whose text is a title
        self._said: list[str] = []  # text of the title, option or textarea
        self._label = ""
        self._choice: Options | None = None
        self._area: dict[str, str] | None = None
        self._list: str | None = None
        self._ticks: dict[tuple[int, str], int] = {}  # group of ticks -> its field
        self._caption: int | None = None  # field to whose last choice the next words belong

    @property
    def part(self) -> Part:
        """The innermost open section."""
        return self._open[-1] if self._open else self.outside

    @property
    def line(self) -> int:
        """Where the parser stands in the source."""
        return self.getpos()[0]

    def finish(self) -> None:
        """End what is open; what stands outside of all sections is a part of its own."""
        if self._title:
            self._named(self._title)
        if self._choice is not None:
            self._selected()
        elif self._area is not None:
            self._write(self._area, "".join(self._said))
        for name, choices in self.lists.items():
            if name not in self._used:
                self.found.note(f"list that no field uses: {' / '.join(choices)}")
        if self.outside.title or any(line.text.strip(" >") for line in self.outside.lines):
            self.found.parts.insert(0, self.outside)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin an element; event handlers are dropped."""
        tag = tag.rpartition(":")[2]
        has = {name: value or "" for name, value in attrs}
        if any(name.startswith("on") for name in has):
            self.found.note("event handlers are left out", self.line)
        if self._skip:
            return
        if tag not in ("b", "i", "u", "em", "strong", "span", "font"):
            self._caption = None
        if tag in _DROPPED:
            self._island = has.get("type", "").lower() in ("text/xml", "application/xml")
            self._skip = tag
            if not self._island:
                self.found.note(f"<{tag}> is left out", self.line)
        elif tag in _LINES:
            self._add("\n")
        elif tag == "meta":
            self._meta(has)
        elif tag == "section":
            self._section(has)
        elif tag in _TITLES:
            if self._title:
                self._named(self._title)
            self._title, self._said = tag, []
        else:
            self._field(tag, has)

    def _section(self, has: dict[str, str]) -> None:
        part = Part(blanked(has.get("data-section-name", "")), self.line)
        self._open.append(part)
        self._label = ""
        self.found.parts.append(part)

    def _field(self, tag: str, has: dict[str, str]) -> None:
        if tag == "input":
            self._input(has)
        elif tag == "select":
            self._choice, self._area = [], has
        elif tag == "datalist":
            self._list = has.get("id", "")
            self.lists.setdefault(self._list, [])
        elif tag == "option":
            if self._list is not None:
                self.lists[self._list] += [has["value"]] if has.get("value") else []
            elif self._choice is not None:
                self._optioned()
                self._choice.append(("", "selected" in has))
                self._said = []
        elif tag == "textarea":
            self._area, self._said = has, []

    def handle_endtag(self, tag: str) -> None:
        """End an element; one that was never begun is passed over."""
        tag = tag.rpartition(":")[2]
        if self._skip:
            if tag == self._skip:
                self._skip, self._island = "", False
        elif tag == "section" and self._open:
            self._open.pop()
        elif tag == self._title:
            self._named(tag)
        elif tag == "option":
            self._optioned()
        elif tag == "select" and self._choice is not None:
            self._selected()
        elif tag == "datalist":
            self._list = None
        elif tag == "textarea" and self._area is not None and self._choice is None:
            self._write(self._area, "".join(self._said))
            self._area = None
        elif tag in _LINES:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        """Text: of a title, of a field, or of the section."""
        if self._island:
            self._attributes(data)
        elif self._skip:
            return
        elif self._list is not None:
            self.lists[self._list] += [blanked(data)] if data.strip() else []
        elif self._title or self._area is not None or self._choice is not None:
            self._said.append(data)
        elif self._caption is not None and blanked(data):
            self._captioned(self._caption, blanked(data))
        else:
            self._add(blanked(data) and f" {blanked(data)} ")

    def handle_comment(self, data: str) -> None:
        """Template attributes are found in comments too."""
        if "template_attributes" in data:
            self._attributes(data)

    def _add(self, text: str) -> None:
        self._caption = None if text.strip() else self._caption
        self.part.add(text, self.line)

    def _meta(self, has: dict[str, str]) -> None:
        name, content = has.get("name", "").lower(), blanked(has.get("content", ""))
        if name == "dcterms.title":
            self._titled(content)
        elif name == "dcterms.language":
            self.found.language = content.lower()[:2]
        elif name in ("dcterms.license", "dcterms.rights", "dcterms.publisher") and content:
            self.found.note(f"{name.removeprefix('dcterms.')} of the source: {content}", self.line)

    def _titled(self, text: str) -> None:
        """The first title counts."""
        known = self.found.title
        if known and text and text.casefold() != known.casefold():
            self.found.note(f"another title: {text}", self.line)
        self.found.title = known or text

    def _named(self, tag: str) -> None:
        text = blanked("".join(self._said))
        self._title, self._said = "", []
        if tag == "title":
            self._titled(text)
        elif tag == "header":
            known = self.part.title
            if known and text and text.casefold() != known.casefold():
                self.found.note(f"another title of {known!r}: {text}", self.line)
            self.part.title = known or text
            self.part.number = self.part.number or self.line
        elif self._caption is not None and text:
            self._captioned(self._caption, text)
        else:
            self._label = text.rstrip(" :")
            if text:
                self._add(f"\n{self._label}: ")

    def _optioned(self) -> None:
        """Keep the text of the option that was open; its end may be missing."""
        if self._choice and self._said:
            self._choice[-1] = (blanked("".join(self._said)), self._choice[-1][1])
        elif blanked("".join(self._said)):
            self.found.note(f"words in a list, left out: {blanked(''.join(self._said))}", self.line)
        self._said = []

    def _selected(self) -> None:
        self._optioned()
        choices, has = self._choice or [], self._area or {}
        self._choice = self._area = None
        default = next((text for text, selected in choices if selected), "")
        self._write(has, default, [text for text, _ in choices if text])

    def _input(self, has: dict[str, str]) -> None:
        kind = has.get("type", "text").lower()
        if kind in _UNFILLED_TYPES:
            if has.get("value"):
                self.found.note(f"{kind}, left out: {has['value']}", self.line)
        elif kind in _TICKED:
            self._tick(has)
        else:
            name = has.get("list", "")
            self._used.add(name)
            self._write(has, has.get("value", ""), self._known.get(name, ()), _KINDS.get(kind))

    def _tick(self, has: dict[str, str]) -> None:
        """Radio buttons of one name, and check boxes side by side, are one pick list."""
        value = blanked(has.get("value", ""))
        group = (id(self.part), has.get("name", "") or f"{len(self.part.lines)}")
        if group not in self._ticks:
            before = len(self.found.fields)
            place = self.found.place(self._made(has, "choice"))
            if len(self.found.fields) == before:
                return
            self._ticks[group] = before
            self._add(f"{place} ")
        index = self._ticks[group]
        one = self.found.fields[index]
        default = value if "checked" in has and not one.default else one.default
        choices = (*one.choices, ForeignChoice(value, value))
        self.found.fields[index] = one._replace(choices=choices, default=default)
        self._caption = index

    def _captioned(self, index: int, words: str) -> None:
        """The words beside a button are what it prints."""
        one = self.found.fields[index]
        last = one.choices[-1]
        self.found.fields[index] = one._replace(
            choices=(*one.choices[:-1], ForeignChoice(last.name or words, words))
        )
        self._caption = None

    def _write(
        self,
        has: dict[str, str],
        default: str,
        choices: list[str] | tuple[str, ...] = (),
        kind: FieldType | None = None,
    ) -> None:
        """The field's place in its line, or the sentences that a text holds by default."""
        default = blanked(default)
        declared = has.get("data-field-type", "").upper()
        if choices:
            kind = "choice"
        elif kind is None:
            kind = {"NUMBER": "number", "DATE": "date"}.get(declared, "text")  # type: ignore[assignment]
        if kind == "text" and default.endswith(ENDED):
            self._tooltip(has)
            self._add(f"{default} ")
            return
        one = self._made(has, kind or "text")
        made = tuple(ForeignChoice(each, each) for each in choices)
        if default and made and default not in choices:
            made = (*made, ForeignChoice(default, default))
        self._add(f"{self.found.place(one._replace(default=default, choices=made))} ")

    def _made(self, has: dict[str, str], kind: FieldType) -> ForeignField:
        name = self._label or has.get("title", "") or has.get("name", "") or has.get("id", "")
        if self._label:
            self._tooltip(has)
        self._label = ""
        wanted = has.get("data-field-completion-action", "").upper() == "ALERT"
        return ForeignField(
            name=blanked(name),
            type=kind,
            unit=blanked(has.get("data-field-units", "")),
            least=_number(has.get("min", "")),
            most=_number(has.get("max", "")),
            required=wanted or "required" in has,
            line=self.line,
        )

    def _tooltip(self, has: dict[str, str]) -> None:
        """A title beside another name or a text of its own."""
        title = blanked(has.get("title", ""))
        if title and title != self._label:
            self.found.note(f"title of a field, not used: {title}", self.line)

    def _attributes(self, island: str) -> None:
        attributes = _Island()
        feed(attributes, island.replace("<!--", "").replace("-->", ""))
        for code in attributes.codes:
            self.found.note(f"code not used: {code}")


class _Island(HTMLParser):
    """Codes of the template attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.codes: list[str] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """A code has meaning, value and scheme."""
        if tag.rpartition(":")[2] == "code" and len(self.codes) < 500:
            has = {name: value or "" for name, value in attrs}
            found = (has.get("scheme", ""), has.get("value", ""), has.get("meaning", ""))
            self.codes.append(blanked(" ".join(found))[:200])


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None
