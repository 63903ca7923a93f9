"""What the fields and lines of a template must not do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from adapter.mapping.form import FormField, FormLine, name_key
from adapter.mapping.templates import Template, header_key
from adapter.reporting.field_values import read_value
from adapter.reporting.sentences import split


def field_faults(template: Template) -> Iterator[str]:
    """One line for each fault."""
    form = template.form
    standing = Counter(name for line in form.lines for name in line.fields)
    for line in form.lines:
        for fault in _line_faults(line, frozenset(form.fields)):
            yield f"{line.name}: {fault}"
    for name, field in form.fields.items():
        if standing[name] != 1:
            yield f"{name}: stands in {standing[name]} lines; a field stands in one"
        for fault in _field_faults(field, template):
            yield f"{name}: {fault}"


def _line_faults(line: FormLine, fields: frozenset[str]) -> Iterator[str]:
    text = "".join("x" if piece.is_place else piece.text for piece in line.pieces)
    if len(split(text)) != 1:
        yield f"{text!r} is more than one sentence; make one line of each"
    if not line.fields:
        yield "no field stands in it; make it a default"
    for name in line.fields:
        if name not in fields:
            yield f"there is no field {name}"
    places = [piece.is_place for piece in line.pieces]
    if any(one and other for one, other in pairwise(places)):
        yield "two fields stand side by side; put words between them"


def _field_faults(field: FormField, template: Template) -> Iterator[str]:
    rule = field.rule
    for name in field.names:
        if template.form.by_spoken[name] is not field:
            yield f"the name {name!r} is that of {template.form.by_spoken[name].name}, too"
        if header_key(name) in template.headers:
            yield f"the name {name!r} is that of a section, too"
    if rule.default and rule.type == "number":
        yield "a measurement has no default"
    elif rule.default and read_value(rule, rule.default) is None:
        yield f"its default {rule.default!r} does not fit it"
    names = Counter(
        key for each in rule.choices for key in {*map(name_key, (each.text, *each.says))}
    )
    for key, times in names.items():
        if times > 1:
            yield f"{times} choices are named {key!r}"
