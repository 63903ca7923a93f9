"""Numbers with their units: dimensions, ranges, ages, and when a plain number is digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.mapping.vocabulary_rules import UnitRule
from adapter.reporting.spoken_numbers import (
    Number,
    read_digits,
    read_joined,
    read_number,
    read_two_digits,
    read_year,
)
from adapter.reporting.spoken_tokens import Kind, Token
from adapter.reporting.written_form.reading import Reading, Written


@dataclass(frozen=True, slots=True)
class Member:
    """One number of a measurement: tokens [start, end), with its sign and unit."""

    start: int
    number: Number
    sign: str
    number_at: int
    unit: UnitRule | None
    end: int


def quantity(reading: Reading, index: int) -> Written | None:
    """three point two by two centimeters -> 3.2 x 2 cm; a lone small count stays a word."""
    first = None if _is_ordinal(reading, index) else _member(reading, index)
    if first is None:
        return None
    digits = None if first.unit else read_digits(reading.keys, index, reading.vocabulary)
    if digits is not None and reading.vocabulary.unit_at(reading.keys, digits.end) is None:
        return [reading.write(digits.text, index, digits.end)], digits.end
    members = [first]
    links = reading.vocabulary.links
    while reading.key(members[-1].end) in links:
        following = _member(reading, members[-1].end + 1)
        if following is None:
            break
        members.append(following)
    return _measured(reading, members) or _counted(reading, members)


def _is_ordinal(reading: Reading, index: int) -> bool:
    """Whether a ten is the beginning of an ordinal: twenty first, but not thirty second delay."""
    vocabulary = reading.vocabulary
    ones = vocabulary.ordinals.get(reading.key(index + 1), 10)
    tens = reading.key(index) in vocabulary.table.numbers.tens
    return tens and ones < 10 and vocabulary.unit_at(reading.keys, index + 1) is None


def _member(reading: Reading, index: int) -> Member | None:
    keys, vocabulary = reading.keys, reading.vocabulary
    sign = vocabulary.signs.match(keys, index)
    at = sign[1] if sign else index
    number = read_number(keys, at, vocabulary)
    if number is None:
        return None
    if keys[at] in vocabulary.table.numbers.points and (
        reading.key(at - 1) in vocabulary.table.numbers.no_point_after
    ):
        return None
    unit = vocabulary.unit_at(keys, number.end)
    if unit is None:
        number, unit = _longer(reading, at, number)
    rule, end = unit if unit else (None, number.end)
    named = sign is not None and _stands_after(reading, index, sign[0].after)
    if sign and sign[0].units and number.value is not None and not named:
        name = (rule.writes or reading.key(number.end)) if rule else ""
        if name not in sign[0].units:
            return None
    return Member(index, number, sign[0].writes if sign else "", at, rule, end)


def _stands_after(reading: Reading, index: int, phrases: Sequence[str]) -> bool:
    """Whether one of these phrases stands right before a place."""
    return any(
        reading.keys[max(0, index - len(words)) : index] == words
        for words in (phrase.split() for phrase in phrases)
    )


def _longer(
    reading: Reading, at: int, number: Number
) -> tuple[Number, tuple[UnitRule, int] | None]:
    """A number said in parts: before a unit that allows it, or a year."""
    keys, vocabulary = reading.keys, reading.vocabulary
    joined = read_joined(keys, at, vocabulary)
    if joined is not None and joined.end > number.end:
        unit = vocabulary.unit_at(keys, joined.end)
        if unit and unit[0].joined:
            return joined, unit
        tail = read_two_digits(keys, number.end, vocabulary)
        behind = tail[1] if tail is not None and _below_ten(number) else None
        if unit is None and behind == joined.end:  # one twenty over eighty
            return joined, None
    year = read_year(keys, at, vocabulary)
    return (year if year is not None and year.end > number.end else number), None


def _below_ten(number: Number) -> bool:
    return number.value is not None and number.value < 10


def _measured(reading: Reading, members: list[Member]) -> Written | None:
    """All numbers up to the last unit, and dimensions without one, in digits."""
    by = reading.vocabulary.table.ranges.by
    last = max((at for at, member in enumerate(members) if member.unit), default=-1)
    if last < 0 and not _are_dimensions(reading, members):
        return None
    last = max(last, 0)
    while last + 1 < len(members) and reading.key(members[last].end) in by:
        last += 1
    members = members[: last + 1]
    out: list[Token] = []
    for at, member in enumerate(members):
        out.extend(_digits(reading, member))
        if member is not members[-1]:
            out.append(_link(reading, members, at))
    return out, members[-1].end


def _are_dimensions(reading: Reading, members: list[Member]) -> bool:
    if len(members) < 2 or reading.key(members[0].end) not in reading.vocabulary.table.ranges.by:
        return False
    return (
        len(members) > 2
        or any(not _is_small(reading, member) for member in members[:2])
        or reading.key(members[0].start - 1) in reading.vocabulary.table.ranges.measures
    )


def _digits(reading: Reading, member: Member) -> list[Token]:
    aged = _age(reading, member)
    if aged:
        return aged
    end = member.number.end
    out = [reading.write(member.sign + member.number.text, member.start, end)]
    if member.unit is not None:
        text = member.unit.writes or _as_heard(reading, end, member.end)
        out.append(reading.write(text, end, member.end, left=member.unit.glue))
    return out


def _as_heard(reading: Reading, start: int, end: int) -> str:
    return " ".join(token.text for token in reading.tokens[start:end])


def _link(reading: Reading, members: list[Member], at: int) -> Token:
    """The word between two members: x between dimensions, - in a range, or as heard."""
    ranges = reading.vocabulary.table.ranges
    place = members[at].end
    key = reading.key(place)
    if key in ranges.by:
        return reading.write(ranges.by_writes, place, place + 1)
    signed = any(_signed(member)[:1] in "-±" for member in members[at : at + 2])
    plain = members[at].unit is None and not signed and not _in_dimensions(reading, members, at)
    before = reading.key(members[at].start - 1)
    if key in ranges.to and plain and before not in ranges.no_range_after:
        return reading.write(ranges.to_writes, place, place + 1, left=True, right=True)
    return reading.tokens[place]


def _in_dimensions(reading: Reading, members: list[Member], at: int) -> bool:
    """Whether one of the two members about this link is part of a dimension: 3 x 2 to 4 x 3."""
    near = [members[other] for other in (at - 1, at + 1) if 0 <= other < len(members)]
    return any(reading.key(member.end) in reading.vocabulary.table.ranges.by for member in near)


def _age(reading: Reading, member: Member) -> list[Token] | None:
    """fifty year old -> 50-year-old."""
    ages = reading.vocabulary.table.ages
    end = member.number.end
    noun, old = reading.key(end), reading.key(end + 1)
    if noun not in ages.nouns or old not in ages.old or member.end != end + 1:
        return None
    return [
        reading.write(member.number.text, member.start, end),
        reading.write(
            ages.joint + reading.tokens[end].text + ages.joint, end, end + 1, left=True, right=True
        ),
    ]


def _counted(reading: Reading, members: list[Member]) -> Written | None:
    """Plain numbers: small ones stay words, unless they are a range with a greater one."""
    to = reading.vocabulary.table.ranges.to
    ranged = all(reading.key(member.end) in to for member in members[:-1])
    together = ranged and not all(_is_small(reading, member) for member in members)
    out: list[Token] = []
    for member in members:
        if _stays(reading, member, together and len(members) > 1):
            out.extend(reading.tokens[member.start : member.end])
        else:
            out.append(reading.write(_signed(member), member.start, member.end))
        if member is not members[-1]:
            out.append(reading.tokens[member.end])
    return out, members[-1].end


def _stays(reading: Reading, member: Member, together: bool) -> bool:
    """Whether a plain number stays in words."""
    numbers = reading.vocabulary.table.numbers
    if reading.key(member.number_at) in numbers.points:
        digits = member.number.text.partition(numbers.decimal_mark)[2]
        follows = reading.key(member.start - 1) in numbers.point_after
        return not (follows or len(digits) > 1 or digits == "0")
    return _is_small(reading, member) and not together and not _in_figures(reading, member)


def _signed(member: Member) -> str:
    return member.sign + member.number.text


def _is_small(reading: Reading, member: Member) -> bool:
    value = member.number.value
    if not member.number.said or value is None:
        return False
    return value < reading.vocabulary.table.numbers.words_below


def _in_figures(reading: Reading, member: Member) -> bool:
    """Whether it is all that is said in a field, or a slash or hyphen ties it to another one."""
    return (
        _fills_a_field(reading, member)
        or _tied(reading, member.start - 1, member.start - 2)
        or _tied(reading, member.end, member.end + 1)
        or _out_of_more(reading, member)
    )


def _fills_a_field(reading: Reading, member: Member) -> bool:
    """Whether nothing but this number is said between a command that goes somewhere and an end."""
    before = reading.tokens[member.start - 1] if member.start else None
    after = reading.tokens[member.end] if member.end < len(reading.tokens) else None
    gone = before is not None and before.kind is Kind.COMMAND and before.ends
    return gone and (after is None or after.ends or after.kind is Kind.COMMAND)


def _out_of_more(reading: Reading, member: Member) -> bool:
    """Whether this number is counted out of one that is written in digits: three of twelve."""
    found = reading.vocabulary.out_of.match(reading.keys, member.end)
    whole = _member(reading, found[1]) if found else None
    return whole is not None and whole.unit is None and not _is_small(reading, whole)


def _tied(reading: Reading, mark_at: int, other: int) -> bool:
    if not 0 <= mark_at < len(reading.tokens):
        return False
    mark = reading.tokens[mark_at]
    key = reading.key(other)
    return (
        mark.kind is Kind.MARK
        and mark.tight
        and (key in reading.vocabulary.numbers or key[-1:].isdigit())
    )
