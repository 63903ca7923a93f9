"""Plain text with bracketed fields: "LUNGS: [The lungs are clear.]", "[size] cm", "[a | b]"."""

from __future__ import annotations

import re

from adapter.mapping.importers.foreign import Foreign, Part, blanked, unfilled

_FIELD = re.compile(r"\[([^\[\]\n]{0,500})\]")
_WILD = re.compile(r"\*{2,}|_{3,}|@[A-Z][A-Z0-9_.]{1,40}@|\{[^{}\n]{0,200}\}")
_ENDED = (".", "!", "?")


def read_brackets(text: str, title: str) -> Foreign:
    """The template of a text; `title` is its name when the text begins without one."""
    found = Foreign(title=title)
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if _is_title(lines[first]) and any(line.strip() for line in lines[first + 1 :]):
        found.title = blanked(lines[first])
        del lines[: first + 1]
    found.parts = [Part("", [filled(line) for line in lines])]
    return found


def filled(line: str) -> str:
    """The line with fields that hold a sentence as that sentence, and others as `[name]`."""
    return _WILD.sub("[field]", _FIELD.sub(_field, line))


def _field(match: re.Match[str]) -> str:
    content = blanked(match[1].strip(" <>*_"))
    if content.endswith(_ENDED) and "|" not in content:
        return content
    name, colon, rest = content.partition(":")
    choices = tuple(filter(None, (each.strip() for each in re.split(r"\||/", rest or content))))
    if len(choices) > 1:
        return unfilled(name if colon else "choice", choices)
    return unfilled(content)


def _is_title(line: str) -> bool:
    return ":" not in line and "[" not in line and not line.strip().endswith(_ENDED)
