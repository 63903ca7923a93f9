"""Tokens to text: blanks, capitals, one mark where several met, and the spans."""

from __future__ import annotations

from adapter.domain.transcript import Span, VoiceCommand, WrittenText
from adapter.reporting.spoken_tokens import Kind, Token

LINE_FEEDS = 2  # a paragraph


def lay_out(tokens: list[Token], spoken: str) -> WrittenText:
    """The written text; every character of it lies in a span, every command keeps its place."""
    page = _Page(spoken)
    for token in _tightened(merge_marks(tokens)):
        page.add(token)
    return WrittenText("".join(page.parts), tuple(page.spans), tuple(page.commands))


def merge_marks(tokens: list[Token]) -> list[Token]:
    """The tokens with one mark where several stand in a row, one break likewise, none after it."""
    out: list[Token] = []
    for token in tokens:
        before = out[-1] if out else None
        if before is not None and _swallows(before, token):
            out[-1] = before._replace(end=token.end)
        elif before is not None and _is_swallowed(before, token):
            out[-1] = token._replace(start=before.start)
        elif before is not None and token.rank > 0 and before.rank > 0:
            out[-1] = _stronger(before, token)
        elif before is not None and token.rank > 0 and before.kind is Kind.BREAK:
            out[-1] = before._replace(end=token.end)
        elif before is not None and token.kind is before.kind is Kind.BREAK:
            feeds = min(LINE_FEEDS, len(before.text) + len(token.text))
            out[-1] = before._replace(text="\n" * feeds, end=token.end)
        else:
            out.append(token)
    return out


def _swallows(said: Token, heard: Token) -> bool:
    """Whether a pause behind a spoken bracket, quote or hyphen was heard as a mark."""
    opens = said.right or not said.left
    return _is_sign(said) and opens and heard.rank > 0 and not heard.said


def _is_swallowed(heard: Token, said: Token) -> bool:
    """Whether a pause before a spoken bracket, quote or hyphen was heard as a mark."""
    pause = heard.rank == 1 or said.left
    return _is_sign(said) and pause and heard.rank > 0 and not heard.said


def _is_sign(token: Token) -> bool:
    return token.kind is Kind.MARK and token.said and token.rank == 0


def _stronger(one: Token, other: Token) -> Token:
    """A spoken mark beats one that the recogniser put there; of equals the higher rank stays."""
    best = max(one, other, key=lambda mark: (mark.said, mark.rank))
    return best._replace(start=min(one.start, other.start), end=max(one.end, other.end))


def _tightened(tokens: list[Token]) -> list[Token]:
    """The tokens with no blank around a dash between two numbers."""
    for index in range(1, len(tokens) - 1):
        if tokens[index].tight and _ties(tokens, index):
            tokens[index] = tokens[index]._replace(left=True, right=True)
    return tokens


def _ties(tokens: list[Token], index: int) -> bool:
    """Whether the dash at `index` ties two numbers; of two bare ones the second is greater."""
    before, dash, after = tokens[index - 1 : index + 2]
    if before.text.isdecimal() and after.text.isdecimal() and not dash.right:
        return int(before.text) < int(after.text)
    begins = any(character.isdigit() for character in after.text[:3])
    return before.text[-1:].isdigit() and begins


class _Page:
    """The text so far."""

    def __init__(self, spoken: str) -> None:
        self.spoken = spoken
        self.parts: list[str] = []
        self.spans: list[Span] = []
        self.commands: list[VoiceCommand] = []
        self.length = 0
        self.last: Token | None = None  # the last token that was written
        self.opens = True  # the next word starts a sentence
        self.turn: Token | None = None  # a command left a sentence unfinished
        self.feeds = 0  # line feeds at the end of the text

    def add(self, token: Token) -> None:
        if token.kind is Kind.COMMAND:
            self._note(token)
        elif token.kind is Kind.BREAK:
            self._break(token)
        elif self._has_its_dot(token):
            self._extend(token)
            self.opens = True
        else:
            self._add_text(token)

    def _add_text(self, token: Token) -> None:
        if self.turn is not None:
            self._write("\n", self.turn.start, self.turn.end)
        elif self._parted(token):
            self._part(token)
        start = self._glued(token)
        self.turn, self.feeds, self.last = None, 0, token
        capital = self.opens and token.kind is not Kind.MARK
        self._write(_capitalised(token.text) if capital else token.text, start, token.end)
        if token.ends:
            self.opens = True
        elif any(character.isalnum() for character in token.text):
            self.opens = False

    def _glued(self, token: Token) -> int:
        """Where the words of this token begin, with a hyphen that nothing was written for."""
        done = self.spans[-1].in_end if self.spans else token.start
        return done if self.spoken[done : token.start] == "-" else token.start

    def _break(self, token: Token) -> None:
        """Line feeds; with those before it they are two at most."""
        feeds = min(len(token.text), LINE_FEEDS - self.feeds)
        if feeds:
            self._write("\n" * feeds, token.start, token.end)
        else:
            self._extend(token)
        self.turn, self.feeds, self.last, self.opens = None, self.feeds + feeds, token, True

    def _extend(self, token: Token) -> None:
        """What was written last stands for this token too."""
        self.spans[-1] = self.spans[-1]._replace(in_end=token.end)

    def _has_its_dot(self, token: Token) -> bool:
        """Whether an abbreviation before this full stop already ends in one."""
        if token.kind is not Kind.MARK or self.last is None or not self.spans:
            return False
        return self.last.kind is Kind.DONE and self.last.text[-1:] == token.text == "."

    def _note(self, token: Token) -> None:
        self.commands.append(
            VoiceCommand(token.text, token.argument, token.start, token.end, self.length)
        )
        if token.ends:
            if not self.opens:
                self.turn = token
            self.opens = True

    def _parted(self, token: Token) -> bool:
        """Whether a blank stands before this token."""
        last = self.last
        return not (last is None or last.right or token.left or last.kind is Kind.BREAK)

    def _part(self, token: Token) -> None:
        """A blank, or the hyphen of a hyphened word that stays as it was heard."""
        start, end = self._gap(token)
        heard = self.spoken[start:end]
        whole = self.last is not None and self.last.kind is token.kind is Kind.WORD
        if whole and heard == "-":
            self._write(heard, start, end)
        elif start < end:
            self._write(" ", start, end)
        elif not whole or self._apart(token):
            self._write(" ", token.start, token.end)

    def _gap(self, token: Token) -> tuple[int, int]:
        """The one spoken character that a blank before this token comes from, if there is one."""
        before = self.spoken[token.start - 1 : token.start] if token.start else ""
        behind = self.last is not None and self.last.end == token.start - 1
        if before.isspace() or (behind and before == "-"):
            return token.start - 1, token.start
        return token.start, token.start

    def _apart(self, token: Token) -> bool:
        """Whether this token was heard elsewhere than right behind the last one."""
        return self.last is None or self.last.end != token.start

    def _write(self, text: str, start: int, end: int) -> None:
        self.parts.append(text)
        self.spans.append(Span(self.length, self.length + len(text), start, end))
        self.length += len(text)


def _capitalised(text: str) -> str:
    """The first letter as a capital, unless the word has its own way with capitals."""
    if any(character.isupper() for character in text.partition(" ")[0]):
        return text
    return text[:1].upper() + text[1:]
