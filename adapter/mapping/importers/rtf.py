"""Rich text to plain text."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
_WORDS = (
    "fonttbl colortbl stylesheet generator info pict object themedata colorschememapping "
    "latentstyles datastore listtable listoverridetable rsidtbl fldinst xmlnstbl xml"
)
_HIDDEN = frozenset(_WORDS.split())
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "row": "\n", "tab": " ", "cell": " "}
_SYMBOLS = {"~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}", "\n": "\n"}


def plain_text(rtf: str) -> str:
    """What a reader of the document sees; text that is not RTF comes back as it is."""
    if not rtf.lstrip().startswith("{\\rtf"):
        return rtf
    reader = _Reader()
    for token in _TOKEN.finditer(rtf):
        reader.take(token)
    return "".join(reader.out)


class _Reader:
    """Groups nest; a hidden destination hides its whole group."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._hidden = False
        self._outer: list[bool] = []
        self._fallback = 0  # characters that stand for a Unicode one before them

    def take(self, token: re.Match[str]) -> None:
        """One control word, symbol, brace or run of text."""
        word, number, byte, symbol, brace, text = token.groups()
        if brace == "{":
            self._outer.append(self._hidden)
        elif brace:
            self._hidden = self._outer.pop() if self._outer else False
        elif symbol == "*" or (word or "").lower() in _HIDDEN:
            self._hidden = True
        elif word == "u" and number:
            code = int(number) % 65536
            self._say("" if 0xD800 <= code <= 0xDFFF else chr(code))
            self._fallback = 1
        elif word:
            self._say(_BREAKS.get(word, ""))
        elif byte:
            self._text(bytes([int(byte, 16)]).decode("cp1252", errors="replace"))
        elif symbol:
            self._say(_SYMBOLS.get(symbol, ""))
        elif text:
            self._text(text)

    def _text(self, text: str) -> None:
        kept = text[self._fallback :]
        self._fallback = max(0, self._fallback - len(text))
        self._say(kept)

    def _say(self, text: str) -> None:
        if not self._hidden:
            self.out.append(text)
