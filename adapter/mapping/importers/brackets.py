"""Plain text with bracketed fields: "LUNGS: [The lungs are clear.]", "[size] cm", "[a | b]"."""

from __future__ import annotations

import re

from adapter.mapping.importers.foreign import (
    Foreign,
    ForeignChoice,
    ForeignField,
    Line,
    Part,
    blanked,
)

_TICK = r"\[(?P<tick> |x|X)\][ \t]*(?P<item>[^\[\]\n{}]{1,200}?)(?=\s*(?:\[|$))"
_TICKS = re.compile(rf"(?:{_TICK}\s*)")
_PLACE = re.compile(
    r"\[(?P<square>[^\[\]\n]{0,500})\]"
    r"|\{(?P<curly>[^{}\n]{0,200})\}"
    r"|(?P<wild>\*{2,}|_{3,}|@(?P<smart>[A-Z][A-Z0-9_.]{1,40})@)"
)
ENDED = (".", "!", "?")


def read_brackets(text: str, title: str) -> Foreign:
    """The template of a text; `title` is its name when the text begins without one."""
    found = Foreign(title=title)
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if _is_title(lines[first]) and any(line.strip() for line in lines[first + 1 :]):
        found.title = blanked(lines[first])
        lines[first] = ""
    numbered = enumerate(lines, 1)
    found.parts = [Part("", 0, [Line(n, placed(line, n, found)) for n, line in numbered])]
    return found


def placed(line: str, number: int, found: Foreign) -> str:
    """The line with a place for each field; one that holds a sentence is that sentence."""
    line = _ticked(line, number, found)
    return _PLACE.sub(lambda match: _field(match, number, found), line)


def _ticked(line: str, number: int, found: Foreign) -> str:
    """ "[ ] Normal [x] Enlarged" as one pick list."""
    ticks = list(_TICKS.finditer(line))
    if not ticks:
        return line
    items = [blanked(each["item"]) for each in ticks]
    default = next((i for each, i in zip(ticks, items, strict=True) if each["tick"] in "xX"), "")
    choices = tuple(ForeignChoice(item, item) for item in dict.fromkeys(items) if item)
    start, end = ticks[0].start(), ticks[-1].end()
    between = _TICKS.sub("", line[start:end]).strip()
    if between or not choices:
        return line
    field = ForeignField("", "choice", default, choices, line=number)
    return f"{line[:start]}{found.place(field)}{line[end:]}"


def _field(match: re.Match[str], number: int, found: Foreign) -> str:
    """The place of a field, or the sentence that it holds."""
    if match["wild"]:
        return found.place(ForeignField(match["smart"] or "", line=number))
    if match["curly"] is not None:
        name, colon, default = match["curly"].rpartition(":")
        if not colon and blanked(default).endswith(ENDED):
            return blanked(default)
        one = ForeignField(blanked(name), default=blanked(default), line=number)
        return found.place(one)
    content = blanked(match["square"].strip(" <>*_"))
    if content.endswith(ENDED) and "|" not in content:
        return content
    name, colon, rest = content.partition(":")
    values = tuple(filter(None, map(str.strip, re.split(r"\||/", rest if colon else content))))
    if len(values) > 1 and not _is_unit(values):
        choices = tuple(ForeignChoice(each, each) for each in dict.fromkeys(values))
        return found.place(ForeignField(name if colon else "", "choice", "", choices, line=number))
    return found.place(ForeignField(content, line=number))


def _is_unit(values: tuple[str, ...]) -> bool:
    """mg/dL is no choice."""
    return all(re.fullmatch(r"[munμµ]?[A-Za-z]{1,3}\d?", each) for each in values) and (
        values[0] in ("mg", "g", "ng", "mmol", "mL", "ml", "kg", "beats")
    )


def _is_title(line: str) -> bool:
    return ":" not in line and "[" not in line and not line.strip().endswith(ENDED)
