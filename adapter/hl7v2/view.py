"""A message for people: its segments and filled fields with their names, escapes decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from adapter.hl7v2.message import Message, Segment
from adapter.mapping.hl7_names import Hl7Names

LONGEST = 4_000
"""Most characters of a value that are shown."""
MOST_PARTS = 20_000
"""Most values of a message that are shown."""
_HEADERS = ("MSH", "FHS", "BHS")


@dataclass(frozen=True, slots=True)
class Part:
    """One value: `place` is `PID-5.1`, of a later repetition `PID-3(2).4`, or `PID-3.4.2`."""

    place: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One filled field."""

    place: str
    name: str
    raw: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One segment; `start` and `end` are its byte offsets in the message."""

    id: str
    name: str
    start: int
    end: int
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class MessageText:
    """A whole message. `complete` is False when it holds more values than are shown."""

    charset: str
    charset_problem: str
    text: str
    segments: tuple[SegmentView, ...]
    complete: bool


def read_view(body: bytes, names: Hl7Names, fallback_charset: str) -> MessageText:
    """The message; raises Malformed when there is no readable MSH."""
    message = Message.parse(body, fallback_charset)
    reader = _Reader(message, names)
    segments = tuple(reader.segments())
    return MessageText(
        charset=message.charset,
        charset_problem=message.charset_problem,
        text=body.decode(message.charset, "replace"),
        segments=segments,
        complete=reader.left > 0,
    )


class _Reader:
    """Reads one message until `left`, the values that may still be shown, is used up."""

    def __init__(self, message: Message, names: Hl7Names) -> None:
        self._message, self._names = message, names
        self._signs = message.header.delimiters
        self.left = MOST_PARTS

    def segments(self) -> Iterator[SegmentView]:
        """The segments in order."""
        for segment in self._message.segments:
            if self.left <= 0:
                return
            id_ = segment.name
            fields = tuple(self._fields(segment))
            yield SegmentView(id_, self._names.segment(id_), segment.start, segment.end, fields)

    def _fields(self, segment: Segment) -> Iterator[FieldView]:
        for number, raw in enumerate(segment.raw):
            if number == 0 or not raw:
                continue
            if self.left <= 0:
                return
            place = f"{segment.name}-{number}"
            name = self._names.field(segment.name, number)
            delimiters = segment.name in _HEADERS and number <= 2  # are not cut by themselves
            every = iter([Part(place, name, raw)]) if delimiters else self._parts(segment, number)
            parts = tuple(islice(every, self.left))
            self.left -= len(parts)
            yield FieldView(place, name, _cut(raw), parts)

    def _parts(self, segment: Segment, number: int) -> Iterator[Part]:
        repetitions = segment.repetitions(number)
        for place, repetition in enumerate(repetitions, start=1):
            where = f"{segment.name}-{number}" + (f"({place})" if len(repetitions) > 1 else "")
            components = repetition.split(self._signs.component)
            for at, component in enumerate(components, start=1):
                name = self._names.component(segment.name, number, at)
                inner = f"{where}.{at}" if len(components) > 1 else where
                for deep, text in self._subcomponents(segment, component):
                    yield Part(f"{inner}.{deep}" if deep else inner, name, text)

    def _subcomponents(self, segment: Segment, component: str) -> Iterator[tuple[int, str]]:
        """(number, text) of the filled subcomponents; number 0 where there is only one."""
        sign = self._signs.subcomponent
        every = component.split(sign) if sign else [component]
        for number, each in enumerate(every, start=1):
            if each:
                text = each if each == '""' else segment.part(each, 1)
                yield (number if len(every) > 1 else 0), _cut(text)


def _cut(text: str) -> str:
    more = len(text) - LONGEST
    return text if more <= 0 else f"{text[:LONGEST]} … ({more} more characters)"
