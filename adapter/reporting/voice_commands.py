"""Finds spoken commands before anything is written, so that a command is never printed."""

from __future__ import annotations

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_rules import UnitRule
from adapter.mapping.vocabulary_table import CommandRule
from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Kind, Token, keys_of

LONGEST_NAME = 6
CORRECTION_REACH = 80  # tokens looked back over for the word to correct
DELETE_REACH = 50  # commands passed over in search of the sentence to delete


def find_commands(tokens: list[Token], spoken: str, vocabulary: Vocabulary) -> list[Token]:
    """The tokens with a command token in place of each command, and its effect on the text.

    A command token covers the characters of the command and of what it removed. Words that
    only sound like a command stay.
    """
    reader = _Reader(tokens, spoken, vocabulary)
    index = 0
    while index < len(tokens):
        index = reader.command(index) or reader.keep(index)
    return reader.out


class _Reader:
    """Reads tokens from left to right; `out` holds what stays of the text so far."""

    def __init__(self, tokens: list[Token], spoken: str, vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.keys = keys_of(tokens)
        self.spoken = spoken
        self.vocabulary = vocabulary
        self.out: list[Token] = []

    def keep(self, index: int) -> int:
        """The token at `index` is text."""
        self.out.append(self.tokens[index])
        return index + 1

    def command(self, index: int) -> int | None:
        """Carry out the command at `index`; the index behind it, or None when there is none."""
        found = self.vocabulary.commands.match(self.keys, index) if self.keys[index] else None
        if found is None or not self._may_stand(found[0], index, found[1]):
            return None
        rule, end = found
        match rule.action:
            case "correct":
                return self._correct(rule, end)
            case "spell":
                return self._spell(rule, index, end)
            case "literal":
                return self._literal(rule, index, end)
            case _:
                return self._plain(rule, index, end)

    def _may_stand(self, rule: CommandRule, index: int, end: int) -> bool:
        if index and self.keys[index - 1] in rule.not_after:
            return False
        if end < len(self.keys) and self.keys[end] in rule.not_before:
            return False
        return rule.where == "anywhere" or self._at_start()

    def _at_start(self) -> bool:
        """Whether a sentence begins here."""
        return not self.out or self.out[-1].ends or self.out[-1].kind is Kind.COMMAND

    def _at_end(self, index: int) -> bool:
        """Whether a sentence, or the text before another command, ends before `index`."""
        if index >= len(self.tokens) or self.tokens[index].ends:
            return True
        found = self.vocabulary.commands.match(self.keys, index)
        return found is not None and found[0].where == "anywhere" and not found[0].not_before

    def _plain(self, rule: CommandRule, index: int, end: int) -> int | None:
        argument = self._argument(rule, end)
        if argument is None:
            return None
        text, end = argument
        if rule.where in ("alone", "bare") and not self._at_end(end):
            return None
        if rule.where == "bare" and end < len(self.tokens) and self.tokens[end].rank > 0:
            return None
        start = self.tokens[index].start
        if rule.action == "delete":
            start = min([start, *(token.start for token in self._delete_sentence())])
        return self._add(rule, text, start, self._behind_mark(end))

    def _add(self, rule: CommandRule, argument: str, start: int, end: int) -> int:
        last = self.tokens[end - 1]
        moves = rule.action == "move"
        self.out.append(
            Token(rule.name, start, last.end, Kind.COMMAND, argument=argument, ends=moves)
        )
        return end

    def _behind_mark(self, index: int) -> int:
        """Past the punctuation that ends a command."""
        while index < len(self.tokens) and self.tokens[index].rank > 0:
            index += 1
        return index

    def _argument(self, rule: CommandRule, index: int) -> tuple[str, int] | None:
        """Argument and the index behind it; None when the command needs one and has none."""
        if rule.argument == "none":
            return "", index
        if rule.argument == "number":
            number = read_number(self.keys, index, self.vocabulary)
            return (number.text, number.end) if number and number.value is not None else None
        if rule.argument == "name":
            end = index
            while end < min(len(self.tokens), index + LONGEST_NAME) and self.keys[end]:
                if end > index and self._at_end(end):
                    break
                end += 1
            return (" ".join(self.keys[index:end]), end) if end > index else None
        if index < len(self.keys) and self.keys[index] in self.vocabulary.table.articles:
            index += 1
        names = self.vocabulary.sections if rule.argument == "heading" else self.vocabulary.organs
        found = names.match(self.keys, index)
        return (" ".join(self.keys[index : found[1]]), found[1]) if found else None

    def _delete_sentence(self) -> list[Token]:
        """Take the unfinished sentence out of the text, or else the last one; commands stay."""
        kept: list[Token] = []
        removed: list[Token] = []
        while self.out and len(kept) < DELETE_REACH:
            token = self.out[-1]
            if token.kind is Kind.COMMAND:
                if token.ends:
                    break
                kept.append(self.out.pop())
                continue
            if token.ends and not _only_ends(removed):
                break
            removed.append(self.out.pop())
            if token.kind is Kind.BREAK and len(removed) == 1:
                break
        self.out.extend(reversed(kept))
        return removed

    def _correct(self, rule: CommandRule, end: int) -> int | None:
        """Put the said word or measure in the place of the last one of its kind."""
        if end < len(self.tokens) and self.tokens[end].rank > 0:
            end += 1
        found = self._measure_to_correct(end) or self._word_to_correct(end)
        if found is None:
            return None
        place, stop, behind = found
        finished = self._at_start()
        if not finished and self.out[-1].rank > 0 and not self.out[-1].said:
            self.out.pop()  # the comma that a recogniser writes before the command
        old = self.out[place].start
        said = self.tokens[end:behind]
        rest = [token.key for token in self.out[stop:]]
        self.out[place:stop] = [token._replace(text=token.key) for token in said]
        if rest and self.keys[behind : behind + len(rest)] == rest:
            behind += len(rest)  # the words after it were said again
        behind = self._behind_mark(behind) if finished else behind
        return self._add(rule, " ".join(token.key for token in said), old, behind)

    def _word_to_correct(self, at: int) -> tuple[int, int, int] | None:
        """Place of the last word of this word's group in the sentence, and the index behind it."""
        groups = self.vocabulary.corrections
        group = groups.get(self.keys[at]) if at < len(self.keys) else None
        if group is None:
            return None
        for place in range(len(self.out) - 1, self._sentence_start() - 1, -1):
            if groups.get(self.out[place].key) == group:
                return place, place + 1, at + 1
        return None

    def _measure_to_correct(self, at: int) -> tuple[int, int, int] | None:
        """Tokens of the last number with this number's unit in the sentence."""
        said = self._measure(self.keys, at)
        if said is None:
            return None
        first = self._sentence_start()
        keys = keys_of(self.out[first:])
        best = None
        for place in range(len(keys) - 1, -1, -1):
            found = self._measure(keys, place) if keys[place] else None
            if best is not None and (found is None or found[1] != best[1]):
                break
            if found is not None and found[0] is said[0]:
                best = (place, found[1])
        return (first + best[0], first + best[1], said[1]) if best else None

    def _measure(self, keys: list[str], at: int) -> tuple[UnitRule, int] | None:
        number = read_number(keys, at, self.vocabulary)
        return number and self.vocabulary.unit_at(keys, number.end)

    def _sentence_start(self) -> int:
        """Index in `out` at which the last sentence begins, finished or not."""
        words = False
        for place in range(len(self.out) - 1, max(-1, len(self.out) - CORRECTION_REACH), -1):
            if self.out[place].ends and words:
                return place + 1
            words = words or bool(self.out[place].key)
        return max(0, len(self.out) - CORRECTION_REACH)

    def _spell(self, rule: CommandRule, index: int, end: int) -> int | None:
        """Letters one by one become a word."""
        letters, first = "", end
        capital = False
        while end < len(self.keys) and self.keys[end]:
            key = self.keys[end]
            letter = key if len(key) == 1 and key.isalpha() else self.vocabulary.alphabet.get(key)
            if letter is not None:
                letters += letter.upper() if capital else letter
            elif key not in self.vocabulary.table.capital_words:
                break
            capital = letter is None
            end += 1
        if len(letters) < 2:
            return None
        self._add(rule, letters, self.tokens[index].start, first)
        start, stop = self.tokens[first].start, self.tokens[end - 1].end
        self.out.append(Token(letters, start, stop, Kind.DONE))
        return end

    def _literal(self, rule: CommandRule, index: int, end: int) -> int | None:
        """The name of a mark or of a command is written as words."""
        if end >= len(self.tokens):
            return None
        behind = end + 1
        if not self.tokens[end].said:
            found = self.vocabulary.marks.match(self.keys, end) or self.vocabulary.commands.match(
                self.keys, end
            )
            if found is None:
                return None
            behind = found[1]
        start, stop = self.tokens[end].start, self.tokens[behind - 1].end
        self._add(rule, self.spoken[start:stop], self.tokens[index].start, end)
        self.out.append(Token(self.spoken[start:stop], start, stop, Kind.DONE))
        return behind


def _only_ends(tokens: list[Token]) -> bool:
    return all(token.ends for token in tokens)
