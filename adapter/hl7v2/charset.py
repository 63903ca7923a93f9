"""Character sets by their HL7 name (MSH-18, table 0211) as Python knows them."""

from __future__ import annotations

_CODECS = {
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO IR100": "iso8859-1",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
} | {f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)}
_ALIASES = {f"ISO-8859-{part}": f"8859/{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)}


def codec(names: list[str]) -> str | None:
    """The codec for the repetitions of MSH-18; None when none is named or one is unknown.

    With several sets (ISO 2022 code extension) the last one is a superset of the first.
    """
    known = [_CODECS.get(_ALIASES.get(each, each)) for each in map(_normal, names) if each]
    return known[-1] if known and None not in known else None


def _normal(name: str) -> str:
    return " ".join(name.upper().split())


def choose(body: bytes, names: list[str], fallback: str) -> tuple[str, str]:
    """(codec that reads the whole body, what was wrong with MSH-18 or "")."""
    named = codec(names)
    if named is None and body.isascii() and b"\x1b" not in body:
        return "ascii", ""  # nothing depends on it
    if named is not None and _reads(body, named):
        return named, ""
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
