"""PNG files that hold pixels and nothing else (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib

PNG_MARK = b"\x89PNG\r\n\x1a\n"

_PIXELS_ONLY = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_GRAY = 0


def gray_png(width: int, height: int, rows: bytes) -> bytes:
    """An 8-bit grey PNG; `rows` holds width x height bytes, from the top."""
    header = struct.pack(">IIBBBBB", width, height, 8, _GRAY, 0, 0, 0)
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, width * height, width))
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return PNG_MARK + b"".join(_chunk(name, body) for name, body in parts)


def extra_chunks(body: bytes) -> list[str]:
    """Names of the chunks that hold anything but pixels, and `trailer` for bytes behind the end."""
    at, extra = len(PNG_MARK), []
    while at + 8 <= len(body):
        length, name = struct.unpack(">I4s", body[at : at + 8])
        if name not in _PIXELS_ONLY:
            extra.append(name.decode("latin-1"))
        at += 12 + length
        if name == b"IEND":
            break
    return extra if at == len(body) else [*extra, "trailer"]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
