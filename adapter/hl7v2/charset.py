"""Character sets by their HL7 name (MSH-18, table 0211) as Python knows them."""

from __future__ import annotations

_PARTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)
NAMES = {
    "ASCII": "ascii",
    "US-ASCII": "ascii",
    "ISO IR6": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "ISO IR192": "utf-8",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    "LATIN1": "iso8859-1",
    "ISO IR100": "iso8859-1",
    "ISO IR101": "iso8859-2",
    "ISO IR109": "iso8859-3",
    "ISO IR110": "iso8859-4",
    "ISO IR144": "iso8859-5",
    "ISO IR127": "iso8859-6",
    "ISO IR126": "iso8859-7",
    "ISO IR138": "iso8859-8",
    "ISO IR148": "iso8859-9",
    "ISO IR166": "tis-620",
    "ISO IR13": "shift_jis",
    "ISO IR14": "shift_jis",
    "SHIFT-JIS": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "GB2312": "gb18030",
    "GBK": "gbk",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
    "ISO IR149": "euc_kr",
} | {f"8859/{part}": f"iso8859-{part}" for part in _PARTS}
"""Codec by name; case, blanks and signs do not count, and ISO may stand before 8859."""


def _normal(name: str) -> str:
    """Senders write ISO_IR 100, ISO 2022 IR 100, ISO-8859-1 and 8859/1 as they please."""
    bare = "".join(sign for sign in name.upper() if sign.isalnum())
    return bare.replace("ISO2022IR", "ISOIR").replace("ISO8859", "8859")


_CODECS = {_normal(name): codec for name, codec in NAMES.items()}


def codec(names: list[str]) -> str | None:
    """The codec for the repetitions of MSH-18; None when none is named or one is unknown.

    With several sets (ISO 2022 code extension) the last one is a superset of the first.
    """
    return next(iter(codecs(names)), None)


def codecs(names: list[str]) -> list[str]:
    """The codecs for the repetitions of MSH-18, the last named first; none if one is unknown."""
    known = [_CODECS.get(_normal(each), "") for each in names if each.strip()]
    return known[::-1] if all(known) else []


def choose(body: bytes, names: list[str], fallback: str) -> tuple[str, str]:
    """(codec that reads the whole body, what was wrong with MSH-18 or "")."""
    named = codecs(names)
    if not named and body.isascii() and b"\x1b" not in body:
        return "ascii", ""  # nothing depends on it
    for each in named:
        if _reads(body, each):
            return each, ""
    problem = "is empty" if not any(names) else "does not fit the bytes" if named else "is unknown"
    used = fallback if _reads(body, fallback) else "iso8859-1"
    return used, f"MSH-18 {problem}; read as {used}"


def _reads(body: bytes, name: str) -> bool:
    if name in ("ascii", "utf-8") and b"\x1b" not in body and body.isascii():
        return True
    try:
        body.decode(name)
    except UnicodeDecodeError:
        return False
    return True
