"""Spoken punctuation: which names of marks are marks, and which are words (a sigmoid colon)."""

from __future__ import annotations

from adapter.mapping.vocabulary import SpokenMark, Vocabulary
from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Kind, Token, keys_of, mark

LONGEST_HEADING = 6
_LONGEST_FRACTION = 4  # words
HEADING_RANK = 9  # the colon of a heading stays whatever mark follows


def resolve_marks(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with spoken marks and breaks in place of their names."""
    keys = keys_of(tokens)
    out: list[Token] = []
    clause: list[str] = []  # words since the last sentence end, heading or break
    quoted = False
    behind_command = -1
    index = 0
    while index < len(tokens):
        token = tokens[index]
        command = vocabulary.commands.match(keys, index) if token.key else None
        if command is not None and command[1] > index + 1:
            behind_command = command[1]
        found = vocabulary.marks.match(keys, index) if token.key else None
        before = keys[index - 1] if 0 < index != behind_command else ""
        if found is not None and (
            _is_said_twice(found, out, tokens)
            or _is_mark(keys, index, found, before, clause, out, vocabulary)
        ):
            spoken, end = found
            quoted ^= spoken.rule.glue == "quote"
            token = mark(spoken.rule, token.start, tokens[end - 1].end, said=True, right=quoted)
            if before in spoken.rule.tight_after or _key(keys, end) in spoken.rule.tight_before:
                token = token._replace(left=True, right=True)
            index = end - 1
        rule = vocabulary.mark_of.get(token.text) if token.kind is Kind.MARK else None
        if rule is not None and rule.heading:
            token = _opened(token, out, clause, vocabulary)
        out.append(token)
        if token.ends:
            clause = []
        elif token.key:
            clause.append(token.key)
        index += 1
    return out


def _key(keys: list[str], at: int) -> str:
    return keys[at] if at < len(keys) else ""


def _is_said_twice(found: tuple[SpokenMark, int], out: list[Token], tokens: list[Token]) -> bool:
    """Whether the recogniser wrote the mark and its name too: "Impression: colon." """
    spoken, end = found
    if not out or out[-1].said or out[-1].text != spoken.rule.writes:
        return False
    return end < len(tokens) and tokens[end].rank > 0


def _is_mark(
    keys: list[str],
    index: int,
    found: tuple[SpokenMark, int],
    before: str,
    clause: list[str],
    out: list[Token],
    vocabulary: Vocabulary,
) -> bool:
    spoken, end = found
    if _is_decimal_point(keys, index, end, out, vocabulary):
        return False
    if not clause and _is_list_item(keys, index, end, vocabulary):
        return False
    stays = spoken.stays_before.match(keys, end) is not None
    if spoken.rule.doubtful and heading_length(clause, vocabulary):
        return end >= len(keys) or keys[end] not in vocabulary.table.headings.never_before
    if spoken.rule.doubtful and end < len(keys) and keys[end] in vocabulary.table.list_words:
        return True
    stays_after = spoken.stays_after(keys, index) if before else False
    if stays_after and not _is_lone_letter(keys, index - 1, vocabulary):
        return False
    if spoken.rule.doubtful:
        return bool(before) and not stays and _may_open(clause, vocabulary)
    return not stays or spoken.mark_before.match(keys, end) is not None


def _is_lone_letter(keys: list[str], at: int, vocabulary: Vocabulary) -> bool:
    """Whether a one-letter word belongs to what is before it: four A, p A."""
    before = keys[at - 1] if at else ""
    return len(keys[at]) == 1 and (len(before) == 1 or before in vocabulary.numbers)


def _is_decimal_point(
    keys: list[str], index: int, end: int, out: list[Token], vocabulary: Vocabulary
) -> bool:
    """Whether the name of a mark stands between two numbers and is the decimal point there."""
    points = vocabulary.table.numbers.points
    if keys[index] not in points or not 0 < index < len(keys) - 1:
        return False
    if not all(_is_figure(keys, near, vocabulary) for near in (index - 1, end)):
        return False
    before = keys_of(out[-_LONGEST_FRACTION:])
    while before and _is_figure(before, len(before) - 1, vocabulary):
        before.pop()
    return not before or before[-1] not in points  # that number has its point already


def _is_list_item(keys: list[str], index: int, end: int, vocabulary: Vocabulary) -> bool:
    """Whether the name of a mark is said before the number of an item: Punkt zwei Erguss."""
    if keys[index] not in vocabulary.table.list_words:
        return False
    number = read_number(keys, end, vocabulary)
    if number is None or number.value is None or vocabulary.unit_at(keys, number.end):
        return False
    after = _key(keys, number.end)
    return after != "" and after not in vocabulary.links


def _is_figure(keys: list[str], at: int, vocabulary: Vocabulary) -> bool:
    return 0 <= at < len(keys) and (keys[at] in vocabulary.numbers or keys[at][:1].isdigit())


def _may_open(clause: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a colon may follow these words though they are no known heading."""
    if _ends_in_number(clause, vocabulary):
        return True
    tail = clause[-LONGEST_HEADING:]
    if any(
        (found := vocabulary.introducers.match(tail, at)) and found[1] == len(tail)
        for at in range(len(tail))
    ):
        return True
    return _is_short_opening(clause, vocabulary)


def _ends_in_number(clause: list[str], vocabulary: Vocabulary) -> bool:
    """Whether the colon stands behind a category or a level: BI-RADS 2: benign."""
    if not clause:
        return False
    last = len(clause) - 1
    if last and len(clause[last]) == 1 and clause[last].isalpha():
        last -= 1  # category four A
    return clause[last] in vocabulary.numbers or clause[last][-1:].isdigit()


def _is_short_opening(clause: list[str], vocabulary: Vocabulary) -> bool:
    limits = vocabulary.table.headings
    if len(clause) > LONGEST_HEADING or any(key in limits.never_in for key in clause):
        return False
    counted = [key for key in clause if key not in vocabulary.numbers and not key[:1].isdigit()]
    return len(clause) > 0 and len(counted) <= limits.max_words


def heading_length(clause: list[str], vocabulary: Vocabulary) -> int:
    """How many words at the end of a clause are a known heading; 0: none."""
    for length in range(min(len(clause), LONGEST_HEADING), 0, -1):
        found = vocabulary.headings.match(clause, len(clause) - length)
        if found is not None and found[1] == len(clause):
            if length == len(clause):
                return length
            if _is_short_opening(clause, vocabulary):
                return len(clause)
            before = clause[-length - 1]
            return 0 if before in vocabulary.no_heading_after else length
    return 0


def _opened(colon: Token, out: list[Token], clause: list[str], vocabulary: Vocabulary) -> Token:
    """The colon of a heading starts a sentence; a known heading inside one starts a new line."""
    length = heading_length(clause, vocabulary)
    if not length:
        opens = _is_short_opening(clause, vocabulary) or _ends_in_number(clause, vocabulary)
        return colon._replace(ends=opens)
    if colon.said and length < len(clause):
        _start_line(out, length)
    return colon._replace(ends=True, rank=HEADING_RANK)


def _start_line(out: list[Token], words: int) -> None:
    """A break before the last words; it stands for the blank there."""
    place = len(out)
    while words:
        place -= 1
        words -= bool(out[place].key)
    start = out[place].start
    if place and out[place - 1].end < start:
        out.insert(place, Token("\n", start - 1, start, Kind.BREAK, ends=True))
