"""IHE MRRT templates: HTML5, tag soup included, with an XML island of template attributes."""

from __future__ import annotations

from html.parser import HTMLParser

from adapter.mapping.importers.foreign import Foreign, Part, blanked, feed, unfilled

_DROPPED = frozenset(("script", "style", "iframe", "object", "embed", "svg", "canvas", "video"))
_LINES = frozenset(("p", "br", "li", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4"))
_TITLES = frozenset(("title", "header", "label"))
_UNFILLED_TYPES = frozenset(("button", "submit", "reset", "hidden", "image"))

Attributes = list[tuple[str, str | None]]


def read_mrrt(text: str) -> Foreign:
    """The template of an HTML file; raises Malformed when the marks cannot be followed."""
    lists = _Reader({})  # a field may stand before the list of its choices
    feed(lists, text)
    reader = _Reader(lists.lists)
    feed(reader, text)
    reader.finish()
    return reader.found


class _Reader(HTMLParser):
    """Lines by section; a field enters its line as its default or as `[label]`."""

    def __init__(self, lists: dict[str, list[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Foreign()
        self.lists: dict[str, list[str]] = {}
        self._known = lists
        self.outside = Part()
        self._open: list[Part] = []
        self._skip = ""  # dropped element inside which this is
        self._island = False
        self._title: str = ""  # element whose text is a title
        self._said: list[str] = []  # text of the title, option or textarea
        self._label = ""
        self._choice: list[tuple[str, bool]] | None = None
        self._area: dict[str, str] | None = None
        self._list: str | None = None

    @property
    def part(self) -> Part:
        """The innermost open section."""
        return self._open[-1] if self._open else self.outside

    def finish(self) -> None:
        """What stands outside of all sections is a part of its own when it says anything."""
        if any(line.strip(" >") for line in self.outside.lines):
            self.found.parts.insert(0, self.outside)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin an element; event handlers are dropped."""
        tag = tag.rpartition(":")[2]
        has = {name: value or "" for name, value in attrs}
        if any(name.startswith("on") for name in has):
            self.found.note("event handlers are left out")
        if self._skip:
            return
        if tag in _DROPPED:
            self._island = has.get("type", "").lower() in ("text/xml", "application/xml")
            self._skip = tag
            if not self._island:
                self.found.note(f"<{tag}> is left out")
        elif tag in _LINES:
            self.part.add("\n")
        elif tag == "meta":
            self._meta(has)
        elif tag == "section":
            part = Part(blanked(has.get("data-section-name", "")))
            self._open.append(part)
            self._label = ""
            self.found.parts.append(part)
        elif tag in _TITLES:
            self._title, self._said = tag, []
        else:
            self._field(tag, has)

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
                self.lists[self._list].append(has.get("value", ""))
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
            self.part.add("\n")

    def handle_data(self, data: str) -> None:
        """Text: of a title, of a field, or of the section."""
        if self._island:
            self._attributes(data)
        elif self._skip or self._list is not None:
            return
        elif self._title or self._area is not None or self._choice is not None:
            self._said.append(data)
        else:
            self.part.add(blanked(data) and f" {blanked(data)} ")

    def handle_comment(self, data: str) -> None:
        """Template attributes are found in comments too."""
        if "template_attributes" in data:
            self._attributes(data)

    def _meta(self, has: dict[str, str]) -> None:
        name, content = has.get("name", "").lower(), blanked(has.get("content", ""))
        if name == "dcterms.title":
            self.found.title = content
        elif name == "dcterms.language":
            self.found.language = content.lower()[:2]
        elif name in ("dcterms.license", "dcterms.rights", "dcterms.publisher") and content:
            self.found.note(f"{name.removeprefix('dcterms.')} of the source: {content[:200]}")

    def _named(self, tag: str) -> None:
        text = blanked("".join(self._said))
        self._title = ""
        if tag == "title":
            self.found.title = self.found.title or text
        elif tag == "header":
            self.part.title = self.part.title or text
        else:
            self._label = text.rstrip(" :")
            if self._label:
                self.part.add(f"\n{self._label}: ")

    def _optioned(self) -> None:
        """Keep the text of the option that was open; its end may be missing."""
        if self._choice and self._said:
            self._choice[-1] = (blanked("".join(self._said)), self._choice[-1][1])
        self._said = []

    def _selected(self) -> None:
        self._optioned()
        choices, has = self._choice or [], self._area or {}
        self._choice = self._area = None
        default = next((text for text, selected in choices if selected), "")
        self._write(has, default, tuple(text for text, _ in choices if text))

    def _input(self, has: dict[str, str]) -> None:
        kind = has.get("type", "text").lower()
        if kind in _UNFILLED_TYPES:
            return
        if kind in ("checkbox", "radio"):
            value = has.get("value", "") if "checked" in has else ""
            self._write(has, value, (has.get("value", ""),))
            return
        self._write(has, has.get("value", ""), tuple(self._known.get(has.get("list", ""), ())))

    def _write(self, has: dict[str, str], default: str, choices: tuple[str, ...] = ()) -> None:
        """The field in its line; one that no default fills is told."""
        unit = has.get("data-field-units", "")
        if default.strip():
            self.part.add(f"{blanked(default)} {unit}".rstrip() + " ")
            return
        name = self._label or has.get("title", "") or has.get("name", "") or has.get("id", "")
        self.part.add(unfilled(name, tuple(filter(None, choices)), unit) + " ")

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
        if tag.rpartition(":")[2] == "code" and len(self.codes) < 50:
            has = {name: value or "" for name, value in attrs}
            found = (has.get("scheme", ""), has.get("value", ""), has.get("meaning", ""))
            self.codes.append(blanked(" ".join(found))[:200])
