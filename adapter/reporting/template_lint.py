"""What a template file must not do, beyond what its schema can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import Default, Macro
from adapter.mapping.templates import Template
from adapter.reporting.facts import read
from adapter.reporting.field_lint import field_faults
from adapter.reporting.sentences import split


def lint(template: Template, lexicon: Lexicon) -> Iterator[str]:
    """One line for each fault."""
    for section in template.table.sections:
        if section.header_only and section.defaults:
            yield f"{section.id}: filled by its header only, so it can have no defaults"
        for default in section.defaults:
            for fault in _faults(default, lexicon):
                yield f"{section.id}.{default.id}: {fault}"

    yield from macro_faults(template.table.macros)
    yield from _lost(template)
    yield from field_faults(template)


def macro_faults(macros: Iterable[Macro]) -> Iterator[str]:
    """A sentence of a macro comes or yields as a whole."""
    for macro in macros:
        for sentence in macro.sentences:
            if len(split(sentence.text)) != 1:
                yield f"macro {macro.id}: {sentence.text!r} is more than one sentence"


def _lost(template: Template) -> Iterator[str]:
    known = {section.id for section in template.table.sections}
    for macro in template.table.macros:
        for sentence in macro.sentences:
            if sentence.section and sentence.section not in known:
                yield f"macro {macro.id}: no section {sentence.section!r}"


def _faults(default: Default, lexicon: Lexicon) -> Iterator[str]:
    """A default asserts one thing; else one half would go or stay with the other."""
    if len(split(default.text)) != 1:
        yield f"{default.text!r} is more than one sentence; make one default of each"
        return
    reading = read(default.text, lexicon)
    named = [mention.fact.finding for mention in reading.mentions]
    asserted = named or sorted(reading.normal)
    if len(asserted) > 1:
        yield f"{default.text!r} asserts {' and '.join(asserted)}; make one default of each"
    if any(mention.present for mention in reading.mentions):
        yield f"{default.text!r} affirms a finding; a default states what is normal"
    if not default.absent and not default.supersede_keyword:
        yield "nothing withdraws it; name findings or organs under `absent`"
