"""What every rule is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.spoken_tokens import Kind, Token, written


class Reading(NamedTuple):
    """The tokens of a dictation with their look-up keys."""

    tokens: list[Token]
    keys: list[str]
    vocabulary: Vocabulary

    def key(self, index: int) -> str:
        """The word at `index`; empty where there is none."""
        return self.keys[index] if 0 <= index < len(self.keys) else ""

    def write(
        self, text: str, start: int, end: int, *, left: bool = False, right: bool = False
    ) -> Token:
        """Text written for the tokens [start, end)."""
        first, last = self.tokens[start], self.tokens[end - 1]
        return written(text, first, last, left=left, right=right)

    def starts_sentence(self, index: int) -> bool:
        """Whether the token at `index` opens a sentence."""
        before = self.tokens[index - 1] if index else None
        return before is None or before.ends or before.kind is Kind.COMMAND

    def is_mark(self, index: int, text: str) -> bool:
        """Whether this punctuation mark stands at `index`."""
        if not 0 <= index < len(self.tokens):
            return False
        token = self.tokens[index]
        return token.kind is Kind.MARK and token.text == text


Written = tuple[list[Token], int]
"""The tokens written, and the index behind the tokens that they were written for."""
Rule = Callable[[Reading, int], Written | None]
