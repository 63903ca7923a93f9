"""Pure: what is known of the study becomes the few phrases that help the recogniser most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

_MOST_WORDS = 5  # longer phrases teach the model to recite


def study_phrases(
    procedure: str = "",
    findings: Iterable[str] = (),
    prior: Iterable[str] = (),
    template: Iterable[str] = (),
) -> tuple[str, ...]:
    """Phrases, most relevant first: procedure, AI finding terms, prior report, template words.

    Each is said once, whatever its case; blanks are tidied and long sentences left out.
    """
    ordered = [procedure, *findings, *prior, *template]
    phrases: dict[str, str] = {}
    for phrase in (" ".join(each.split()) for each in ordered):
        if phrase and len(phrase.split()) <= _MOST_WORDS:
            phrases.setdefault(phrase.casefold(), phrase)
    return tuple(phrases.values())


def fitting_phrases(
    phrases: Sequence[str], count_tokens: Callable[[str], int], limit: int
) -> tuple[str, ...]:
    """The phrases that fit into `limit` tokens as one prompt, in their order.

    A phrase too long for what is left gives way to the next one that still fits.
    """
    chosen: list[str] = []
    for phrase in phrases:
        if count_tokens(prompt_text([*chosen, phrase])) <= limit:
            chosen.append(phrase)
    return tuple(chosen)


def prompt_text(phrases: Sequence[str]) -> str:
    """The phrases as the hotwords prompt."""
    return ", ".join(phrases)
