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
    if found is not None and _lacks_words(found[0], keys, found[1], vocabulary):
        begun.append(found[0])
    return begun


def _lacks_words(rule: CommandRule, keys: Sequence[str], at: int, vocabulary: Vocabulary) -> bool:
    """Whether what must follow the name is not there, or only its beginning is."""
    if at == len(keys):
        return rule.argument != "none" or rule.action in _TAKES_WORDS
    names = {"heading": vocabulary.sections, "organ": vocabulary.organs}.get(rule.argument)
    if names is None:
        return False
    at += keys[at] in vocabulary.table.articles
    return at == len(keys) or bool(names.longer(keys, at))


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
