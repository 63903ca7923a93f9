"""Frames for the fuzz: messages of every kind, batches, and what chance does to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from adapter.hl7v2.charset import NAMES

SAMPLES = Path(__file__).parent.parent / "samples" / "hl7v2"
LARGEST_FRAME = 65_536
_NASTY = (
    b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"|",
    b"^", b"~", b"\\", b"&", b'""', b"\\X0D\\", b"\\.br\\", b"\\E\\", b"\\C2842\\", b"\\Z99\\",
    b"\rMSH|^~\\&|", b"\rBHS|^~\\&|", b"FHS|^~\\&|\r", b"\rZZZ|1", b"\rOBR|1||||", b"\rORC|CA",
    b"\xe2\x80\xa8", b"\xc3", b"\x1b$B", b"9" * 400, b"UNICODE UTF-16", b"ISO IR87",
)  # fmt: skip
_CONTROLS = (b"CA", b"DC", b"XO", b"SC", b"RP", b"SN", b"SS", b"HD", b"RL", b"SR")
_FLAGS = (b"E", b"R", b"D", b"F", b"N")
_MODES = (b"AL|NE", b"NE|AL", b"AL|AL", b"ER|SU", b"NE|NE", b"SU|ER")
_EVENTS = (b"A01", b"A08", b"A13", b"A34", b"A40", b"A47", b"A18", b"A28")
_ESCAPES = (
    b"\\F\\", b"\\E\\", b"\\X0D0A\\", b"\\.br\\", b"\\.sp99\\", b"\\H\\", b"\\C2842\\",
    b"\\M2442\\", b"\\Z", b"\\", b"\\X\\", b"\\XZZ\\", b"\\X00\\", b"\\T", b"x",
)  # fmt: skip
_CODECS = ("utf-8", "utf-16", "latin-1", "iso2022_jp", "shift_jis", "gb18030", "big5", "euc_kr")
_NAME = "Ångström 山田 Ωμέγα Иван"
Mutation = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _insert(chance: random.Random, body: bytes) -> bytes:
    at = chance.randint(0, len(body))
    return body[:at] + chance.choice(_NASTY) * chance.choice((1, 1, 1, 2, 50)) + body[at:]


def _cut(chance: random.Random, body: bytes) -> bytes:
    start, end = sorted(chance.randint(0, len(body)) for _ in range(2))
    return body[:start] + body[end:] if chance.random() < 0.5 else body[:start]


def _repeat(chance: random.Random, body: bytes) -> bytes:
    start, end = sorted(chance.randint(0, len(body)) for _ in range(2))
    return body[:end] + body[start:end] * chance.randint(1, 20) + body[end:]


def _lines(chance: random.Random, body: bytes) -> bytes:
    lines = body.split(b"\r")
    chance.shuffle(lines)
    return chance.choice((b"\r", b"\n", b"\r\n", b"\r\r")).join(lines)


def _field(chance: random.Random, body: bytes) -> bytes:
    fields = body.split(b"|")
    fields[chance.randrange(len(fields))] = chance.choice((*_NASTY, b""))
    return b"|".join(fields)


def _delimiters(chance: random.Random, body: bytes) -> bytes:
    signs = bytes(chance.choice(b"|^~\\&#@$%*+-/:;=_ \t\rAz09\xe4") for _ in range(5))
    return body.replace(b"|^~\\&", signs[: chance.randint(1, 5)], 1)


def _huge(chance: random.Random, body: bytes) -> bytes:
    """A field, or many of them, as large as a frame may be."""
    fields = body.split(b"|")
    at = chance.randrange(len(fields))
    size = chance.choice((300, 4_000, LARGEST_FRAME - len(body) - 10, LARGEST_FRAME))
    fields[at] = chance.choice((b"x", b"|", b"~", b"^&", b"\\E\\", b"\rNTE|", b"\xc3\xa5")) * size
    return b"|".join(fields)[: LARGEST_FRAME + chance.choice((0, 2))]


def _escapes(chance: random.Random, body: bytes) -> bytes:
    """Escape sequences within and behind each other."""
    fields = body.split(b"|")
    nested = b"".join(chance.choice(_ESCAPES) for _ in range(chance.randint(1, 40)))
    fields[chance.randrange(len(fields))] = nested
    return b"|".join(fields)


def _charset(chance: random.Random, body: bytes) -> bytes:
    """MSH-18 says one character set, the bytes may be of another."""
    lines = body.split(b"\r")
    msh = lines[0].split(b"|")
    msh += [b""] * (18 - len(msh))
    named = chance.choice((*NAMES, "", "NONE", "UNICODE UTF-16")).encode()
    msh[17:18] = [named if chance.random() < 0.8 else named + b"~ISO IR87"]
    lines[0] = b"|".join(msh)
    name = _NAME.encode(chance.choice(_CODECS), "replace").replace(b"\r", b"")
    return b"\r".join(line.replace(b"^", name + b"^", 1) for line in lines)


MUTATIONS: tuple[Mutation, ...] = (
    _flip, _insert, _cut, _repeat, _lines, _field, _delimiters, _huge, _escapes, _charset,
)  # fmt: skip


def mutated(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """A frame: a sample, or two spliced, after some mutations; now and then several in a batch.

    In most the header stays as it is, or little would get past the door.
    """
    if chance.random() < 0.05:
        return _batch(chance, [_message(chance, corpus) for _ in range(chance.randint(0, 8))])
    return _message(chance, corpus)


def _message(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    body = chance.choice(corpus)
    if chance.random() < 0.2:
        other = chance.choice(corpus)
        body = body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]
    head = b""
    if chance.random() < 0.75:
        head, end, body = body.partition(b"\r")
        head += end
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        body = chance.choice(MUTATIONS)(chance, body)
    return head + body


def _batch(chance: random.Random, messages: Sequence[bytes]) -> bytes:
    """Messages with the envelopes of a file and a batch, whole or not, or none at all."""
    signs = b"|^~\\&|"
    parts = [b"FHS" + signs, b"BHS" + signs, *messages, b"BTS|%d" % len(messages), b"FTS|1"]
    if chance.random() < 0.3:
        parts = [each for each in parts if chance.random() < 0.8]
    return chance.choice((b"\r", b"\r\n", b"\n", b"")).join(parts)


def corpus(sound: bytes) -> list[bytes]:
    """Orders of every kind and mode, ADT, SIU and (one in five) reports, as they are sound."""
    orders = [path.read_bytes() for path in sorted(SAMPLES.glob("o[rm][mgi]_o*.hl7"))]
    control = [sound.replace(b"ORC|NW", b"ORC|" + each, 1) for each in _CONTROLS]
    modes = [sound.replace(b"|P|2.5.1||||", b"|P|2.5.1|||" + each + b"|", 1) for each in _MODES]
    bare = [b"\r".join([*sound.split(b"\r")[:2], b"ORC|%s|P-77001\r" % each]) for each in _CONTROLS]
    flags = [sound.replace(b"|SC|", b"|SC|" + each, 1) for each in _FLAGS]
    head, rest = sound.split(b"\r", 1)
    patient = rest.split(b"\r", 1)[0]
    retired = b"\rMRG|OLD1^^^NORTH^MR\r"
    adt = [
        head.replace(b"ORM^O01^ORM_O01", b"ADT^" + event) + b"\rEVN||20261122\r" + patient + retired
        for event in _EVENTS
    ]
    appointment = b"\rSCH" + b"|" * 27 + b"RA-20261122-0042\r"
    siu = [
        head.replace(b"ORM^O01^ORM_O01", b"SIU^" + event)
        + appointment
        + patient
        + b"\rAIS|1|A||20261124080000\r"
        for event in (b"S12", b"S13", b"S15", b"S26")
    ]
    inbound = [*orders, *control, *modes, *bare, *flags, *adt, *siu]
    reports = [path.read_bytes() for path in sorted(SAMPLES.rglob("oru_*.hl7"))]
    reports += [path.read_bytes() for path in sorted((SAMPLES / "destinations").glob("*.hl7"))]
    times = max(1, 4 * len(reports) // len(inbound))
    return [*inbound * times, *reports]
