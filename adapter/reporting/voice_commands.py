"""Finds spoken commands before anything is written, so that a command is never printed."""

from __future__ import annotations

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_table import CommandRule
from adapter.reporting.spoken_corrections import REACH, Corrector, KindAt
from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Kind, Token, keys_of

LONGEST_NAME = 6
CORRECTION_REACH = REACH
DELETE_REACH = 50  # commands passed over in search of the sentence to delete


def find_commands(
    tokens: list[Token], spoken: str, vocabulary: Vocabulary, kind_at: KindAt
) -> list[Token]:
    """The tokens with a command token in place of each command, and its effect on the text.

    A command token covers the characters of the command and of what it removed. Words that
    only sound like a command stay. `kind_at` tells what a correction may correct.
    """
    reader = _Reader(tokens, spoken, vocabulary, kind_at)
    index = 0
    while index < len(tokens):
        index = reader.command(index) or reader.keep(index)
    return reader.out


class _Reader:
    """Reads tokens from left to right; `out` holds what stays of the text so far."""

    def __init__(
        self, tokens: list[Token], spoken: str, vocabulary: Vocabulary, kind_at: KindAt
    ) -> None:
        self.tokens = tokens
        self.keys = keys_of(tokens)
        self.spoken = spoken
        self.vocabulary = vocabulary
        self.out: list[Token] = []
        self._corrector = Corrector(tokens, self.keys, self.out, vocabulary, kind_at)

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
        if found is None or self._key(found[1]) in found[0].not_before:
            return False
        if found[0].where == "bare":
            return self._argument(found[0], found[1]) is not None
        return found[0].where == "anywhere"

    def _key(self, index: int) -> str:
        return self.keys[index] if index < len(self.keys) else ""

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
        if rule.argument == "number":
            for number, until in self._more_numbers(end):
                self._add(rule, text, start, end)
                text, start, end = number, self.tokens[end].start, until
        return self._add(rule, text, start, self._behind_mark(end))

    def _more_numbers(self, index: int) -> list[tuple[str, int]]:
        """Further numbers of a command, when nothing else follows: accept finding one AND TWO."""
        also = self.vocabulary.table.ranges.also
        found: list[tuple[str, int]] = []
        while index < len(self.tokens):
            linked = self.keys[index] in also or self.tokens[index].rank == 1
            at = index + 1 + (linked and self._key(index + 1) in also)
            number = read_number(self.keys, at, self.vocabulary) if linked else None
            if number is None or number.value is None:
                break
            found.append((number.text, number.end))
            index = number.end
        return found if self._at_end(index) else []

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
            return self._name(index)
        places = self.vocabulary.table.place_words if rule.argument == "heading" else ()
        for words in (self.vocabulary.table.articles, places):
            index += self._key(index) in words
        names = self.vocabulary.sections if rule.argument == "heading" else self.vocabulary.organs
        found = names.match(self.keys, index)
        if found is None:
            return None
        text = " ".join(self.keys[index : found[1]])
        return text, found[1] + (self._key(found[1]) in places)

    def _name(self, index: int) -> tuple[str, int] | None:
        """A known name, or else the words up to the end of the sentence."""
        if index < len(self.tokens) and self.tokens[index].rank == 1:
            index += 1  # the comma that a recogniser hears
        known = self.vocabulary.names.match(self.keys, index)
        end = known[1] if known else index
        while not known and end < min(len(self.tokens), index + LONGEST_NAME) and self.keys[end]:
            if end > index and self._at_end(end):
                break
            end += 1
        return (" ".join(self.keys[index:end]), end) if end > index else None

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
        """Put what is said in the place of the last thing of its kind."""
        if end < len(self.tokens) and self.tokens[end].rank > 0:
            end += 1
        found = self._corrector.find(end)
        if found is None:
            return None
        place, stop, behind, again = found
        finished = self._at_start()
        if not finished and self.out[-1].rank > 0 and not self.out[-1].said:
            self.out.pop()  # the comma that a recogniser writes before the command
        replaced = self.out[place:stop] or self.out[place : place + 1]  # none: it goes before this
        old = min(token.start for token in replaced)
        if again:
            del self.out[place:]
            return self._add(rule, "", old, end)
        said = self.tokens[end:behind]
        rest = [token.key for token in self.out[stop:]]
        self.out[place:stop] = [_cased_like(self.out[place], said[0]), *said[1:]]
        if rest and self.keys[behind : behind + len(rest)] == rest:
            behind += len(rest)  # the words after it were said again
        behind = self._behind_mark(behind) if finished else behind
        return self._add(rule, " ".join(token.key for token in said if token.key), old, behind)

    def _spell(self, rule: CommandRule, index: int, end: int) -> int | None:
        """Letters and digits one by one become a word."""
        letters, first = "", end
        capital = False
        while end < len(self.tokens):
            key = self.keys[end]
            if not key and self.tokens[end].rank == 1 and not self.tokens[end].said:
                end += 1  # the comma that a recogniser hears
                continue
            letter = self._letter(key)
            if letter is not None:
                letters += letter.upper() if capital else letter
            elif not key or key not in self.vocabulary.table.capital_words:
                break
            capital = letter is None
            end += 1
        if len(letters) < 2:
            return None
        while not self.keys[end - 1]:
            end -= 1
        self._add(rule, letters, self.tokens[index].start, first)
        start, stop = self.tokens[first].start, self.tokens[end - 1].end
        self.out.append(Token(letters, start, stop, Kind.DONE))
        return end

    def _letter(self, key: str) -> str | None:
        """The letter, digit or hyphened letters that a word spells."""
        if len(key) == 1 and key.isalnum():
            return key
        parts = key.split("-")
        if len(parts) > 1 and all(len(part) == 1 and part.isalnum() for part in parts):
            return "".join(parts)
        number = self.vocabulary.numbers.get(key)
        if number is not None and number.kind in ("one", "zero"):
            return str(number.value)
        return self.vocabulary.alphabet.get(key)

    def _literal(self, rule: CommandRule, index: int, end: int) -> int | None:
        """The name of a mark or of a command is written as words."""
        if end < len(self.tokens) and self.tokens[end].rank > 0 and not self.tokens[end].said:
            end += 1  # the comma that a recogniser hears
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


def _cased_like(old: Token, new: Token) -> Token:
    """The new token, without the capital that only began its own sentence."""
    if old.text[:1].islower():
        return new._replace(text=new.text[:1].lower() + new.text[1:])
    return new
