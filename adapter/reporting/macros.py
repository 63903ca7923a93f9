"""What spoken commands do: open sections to defaults, apply a template, insert a macro."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from adapter.domain.report import Flag, Severity
from adapter.domain.transcript import VoiceCommand
from adapter.mapping.form import name_key
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template, Templates, template_names
from adapter.reporting.route import by_keyword, section_of
from adapter.reporting.said import GO_TO, INSERT, Dictation, is_macro
from adapter.reporting.verdicts import Verdicts

ALL_NORMAL = frozenset(("otherwise_normal", "use_normals"))
ONE_NORMAL = "normal"
APPLY = "apply_template"
SIGN = "sign_report"
DECISIONS = {"accept_finding": "accept", "reject_finding": "reject"}


def open_sections(dictation: Dictation, template: Template, lexicon: Lexicon) -> frozenset[str]:
    """Sections whose defaults may enter."""
    everything = frozenset(section.id for section in template.table.sections)
    policy = template.table.defaults_policy
    if policy != "macro":
        return everything if policy == "always" else frozenset()
    opened: set[str] = set()
    for command, under in dictation.commands:
        if command.name in ALL_NORMAL:
            opened |= _scope(under, template, everything)
        elif command.name == ONE_NORMAL and command.argument:
            opened |= set(_named(command.argument, template, lexicon))
    for said in dictation.said:
        if is_macro(said.text):
            opened |= _scope(said.under, template, everything)
    return frozenset(opened)


def applied(commands: Iterable[VoiceCommand], templates: Templates) -> Template | None:
    """The template that was named last; None when none was."""
    asked = [templates.named(each.argument) for each in commands if each.name == APPLY]
    return next((template for template in reversed(asked) if template), None)


def undone(dictation: Dictation, template: Template) -> Iterator[Flag]:
    """Commands that the templates cannot carry out; nothing spoken is lost in silence."""
    places = frozenset(map(name_key, (*template.headers, *template.form.by_spoken)))
    known = {
        APPLY: template_names(template),
        INSERT: frozenset(template.macros),
        GO_TO: places,
    }
    for command, _ in dictation.commands:
        if command.name in known and name_key(command.argument) not in known[command.name]:
            message = (
                f"not done, there is no {command.argument!r}: {command.name.replace('_', ' ')}"
            )
            yield Flag("command_not_done", Severity.WARN, message)


def asked(dictation: Dictation, findings: Sequence[str], verdicts: Verdicts) -> Iterator[Flag]:
    """What was asked for by voice and only a person decides: sign, accept or reject a finding.

    `findings`: ids of the AI findings in the order in which they are shown, counted from 1.
    """
    for command, _ in dictation.commands:
        if command.name == SIGN:
            message = "the dictation asks to sign the report: read it, then sign it"
            yield Flag("sign_requested", Severity.INFO, message)
        elif command.name in DECISIONS:
            verb = DECISIONS[command.name]
            place = int(command.argument or 0)
            if not 0 < place <= len(findings):
                message = f"not done, there is no AI finding {command.argument}: {verb}"
                yield Flag("command_not_done", Severity.WARN, message)
            elif verdicts.last(findings[place - 1]) is None:
                message = f"the dictation asks to {verb} AI finding {place}: confirm it"
                yield Flag(f"{verb}_requested", Severity.WARN, message, ai=findings[place - 1])


def _scope(under: str | None, template: Template, everything: frozenset[str]) -> frozenset[str]:
    """The section under whose header it was said; all when there is none that has defaults."""
    if under is None or under in template.header_only:
        return everything
    return frozenset((under,))


def _named(argument: str, template: Template, lexicon: Lexicon) -> Iterable[str]:
    """The sections that "normal liver" speaks of."""
    words = [token.word for token in lexicon.forms.tokens(argument)]
    found = [section_of(h.value.organ, template, lexicon) for h in lexicon.sites.find(words)]
    found += [template.headers.get(" ".join(argument.lower().split()))]
    named = [section for section in found if section]
    return named or [section for section in [by_keyword(argument, template)] if section]
