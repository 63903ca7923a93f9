"""Fields and lines of a draft, from places among the words of another maker's template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from adapter.mapping.field_table import Choice, FieldRule, LineRule
from adapter.mapping.form import name_key
from adapter.mapping.importers.foreign import PLACE, Foreign, ForeignField, blanked

_UNITS = (
    "cm", "mm", "mL/min", "mL", "ml", "cc", "L", "kg", "g", "mg/dL", "mmol/L", "ng/mL", "mSv",
    "mGy", "mCi", "MBq", "bpm", "HU", "%", "weeks", "days", "years", "degrees", "min", "hours",
)  # fmt: skip
_UNIT = re.compile(rf"\s*({'|'.join(map(re.escape, _UNITS))})(?![\w/])")
_WORDS = re.compile(r"[^\W_]")
_ENDED = (".", "!", "?")
_LONGEST = 80  # characters of a label
_OF_SENTENCE = re.compile(r"normal_\d+")  # the ids that the draft's own sentences get


class FieldMaker:
    """Makes the fields of one draft; their ids and spoken names are told apart."""

    def __init__(self, foreign: Foreign, taken: frozenset[str]) -> None:
        self._foreign = foreign
        self._names = set(taken)  # spoken names that fields must not have
        self._ids: set[str] = set()

    def line(
        self, section: str, title: str, text: str, number: int
    ) -> tuple[list[FieldRule], LineRule]:
        """The fields of a line with places, and the line."""
        text = self._unbraced(text, number)
        rules: list[FieldRule] = []
        labels: list[str] = []
        out, at, bare = [], 0, not _WORDS.search(PLACE.sub("", text))
        for match in PLACE.finditer(text):
            foreign = self._foreign.field_at(match[0])
            before = text[at : match.start()]
            unit = _UNIT.match(text, match.end())
            if unit and not foreign.unit and foreign.type in ("text", "number"):
                foreign = foreign._replace(type="number", unit=unit[1])
            labels.append(self._label(foreign, before, title))
            rules.append(self._rule(foreign, section, labels[-1]))
            joined = " " if at and not before else ""
            out += [joined, before, f"{{{rules[-1].id}}}"]
            at = unit.end() if unit and foreign.unit == unit[1] else match.end()
        out.append(text[at:])
        written = blanked("".join(out))
        if bare and name_key(labels[0]) != name_key(title):
            written = f"{labels[0]}: {written}"
        ended = written.endswith(_ENDED) or _is_ended(rules[-1], written)
        return rules, LineRule(id=f"{rules[0].id}_line", text=written + ("" if ended else "."))

    def _label(self, foreign: ForeignField, before: str, title: str) -> str:
        """The field's own name, else the words before it, else the title of its section."""
        own = blanked(foreign.name)
        if not own and len(foreign.choices) == 1:
            own = blanked(foreign.choices[0].text)
        if len(own) > _LONGEST:
            self._foreign.note(f"the name of a field is too long, cut from: {own}", foreign.line)
        words = own or " ".join(re.findall(r"[^\W_][\w'/-]*", before)[-3:])
        return (words or title)[:_LONGEST].strip(" :")

    def _unbraced(self, text: str, number: int) -> str:
        if "{" not in text and "}" not in text:
            return text
        self._foreign.note("braces are written as parentheses", number)
        return text.replace("{", "(").replace("}", ")")

    def _rule(self, foreign: ForeignField, section: str, label: str) -> FieldRule:
        id = self._free(_slug(label) or "field", section)
        label = self._free_name(label, section)
        choices = tuple(self._choices(foreign))
        kind = "choice" if choices else "text" if foreign.type == "choice" else foreign.type
        default = self._default(foreign, kind, choices)
        row: dict[str, Any] = {"id": id, "label": label, "type": kind, "default": default}
        row |= {"required": foreign.required, "choices": choices}
        if kind == "number":
            row |= {"unit": foreign.unit, "least": foreign.least, "most": foreign.most}
        elif foreign.unit:
            self._foreign.note(f"unit of {label!r}, not used: {foreign.unit}", foreign.line)
        try:
            return FieldRule.model_validate(row)
        except ValidationError as error:
            why = error.errors()[0]["msg"]
            limits = f"{foreign.least} to {foreign.most}"
            self._foreign.note(
                f"field {label!r} is a plain text now: {why}; {limits}", foreign.line
            )
            return FieldRule(id=id, label=label)

    def _choices(self, foreign: ForeignField) -> Iterator[Choice]:
        seen: set[str] = set()
        for one in foreign.choices:
            text = blanked(one.text)
            names = list(dict.fromkeys((text, blanked(one.name))))
            new = [each for each in names if name_key(each) and name_key(each) not in seen]
            for each in names:
                if each not in new and each:
                    self._foreign.note(f"a name of two choices, left out: {each}", foreign.line)
            if text in new:
                says = tuple(each for each in new if name_key(each) != name_key(text))
                seen |= {name_key(each) for each in new}
                yield Choice(text=text, says=says)
            elif new:
                self._foreign.note(f"choice left out: {' '.join(names)}", foreign.line)

    def _default(self, foreign: ForeignField, kind: str, choices: tuple[Choice, ...]) -> str:
        """A default that fits; a measurement and a date have none, as nobody took them."""
        default = blanked(foreign.default)
        if not default:
            return ""
        if kind == "text":
            return default
        keys = {name_key(name): one.text for one in choices for name in (one.text, *one.says)}
        if kind == "choice" and name_key(default) in keys:
            if default != keys[name_key(default)]:
                self._foreign.note(f"default {default!r} is the choice of that name", foreign.line)
            return keys[name_key(default)]
        self._foreign.note(f"default of {foreign.name!r}, not taken over: {default}", foreign.line)
        return ""

    def _free(self, id: str, section: str) -> str:
        names = (id, *(f"{id[:50]}_{n}" for n in range(2, 1_000)))
        found = next(
            name
            for name in names
            if f"{section}.{name}" not in self._ids and not _OF_SENTENCE.fullmatch(name)
        )
        self._ids |= {f"{section}.{found}", f"{section}.{found}_line"}
        return found

    def _free_name(self, label: str, section: str) -> str:
        plain = label if name_key(label) else "Field"
        of = section.replace("_", " ").capitalize()
        of = of if name_key(of) != name_key(plain) else "Text of"
        names = (plain, f"{of} {plain}", *(f"{of} {plain} {n}" for n in range(2, 1_000)))
        found = next(name for name in names if name_key(name) not in self._names)
        self._names.add(name_key(found))
        return found


def _is_ended(rule: FieldRule, text: str) -> bool:
    """Whether the values of the field that ends the line are sentences."""
    ends = [each.text.endswith(_ENDED) for each in rule.choices]
    return text.endswith("}") and bool(ends) and all(ends)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
