"""The last words of a dictation that goes on may be the beginning of a command."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_table import CommandRule

_TAKES_WORDS = frozenset(("correct", "spell", "literal"))


def begun_command(words: Sequence[str], written: str, vocabulary: Vocabulary) -> str:
    """The last words, joined by blanks, if more words would make a command of them; else "".

    `words`: the last ones heard; `written`: what is written of all of them.
    """
    keys = [word.lower() for word in words]
    for at in range(len(keys)):
        rest = " ".join(words[at:])
        opens = _opens(written, rest, vocabulary)
        before = keys[at - 1] if at else ""
        if any(_may_stand(rule, before, opens) for rule in _begun(keys, at, vocabulary)):
            return rest
    return ""


def _begun(keys: Sequence[str], at: int, vocabulary: Vocabulary) -> list[CommandRule]:
    """Commands that lack words: of their name, or of what must follow it."""
    begun = vocabulary.commands.longer(keys, at)
    found = vocabulary.commands.match(keys, at)
    if found is not None and found[1] == len(keys):
        rule = found[0]
        if rule.argument != "none" or rule.action in _TAKES_WORDS:
            begun.append(rule)
    return begun


def _may_stand(rule: CommandRule, before: str, opens: bool) -> bool:
    return before not in rule.not_after and (rule.where == "anywhere" or opens)


def _opens(written: str, rest: str, vocabulary: Vocabulary) -> bool:
    """Whether the last words begin a sentence."""
    if not written.lower().endswith(rest.lower()):
        return True  # what was written of them is a command by itself
    before = written[: -len(rest)].rstrip(" ")
    return not before or before[-1] == "\n" or _ends(before[-1], vocabulary)


def _ends(mark: str, vocabulary: Vocabulary) -> bool:
    rule = vocabulary.mark_of.get(mark)
    return rule is not None and (rule.ends_sentence or rule.heading)
