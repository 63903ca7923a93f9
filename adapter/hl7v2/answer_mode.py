"""Listeners that answer in one mode, whatever MSH-15 and MSH-16 ask for (HL7 v2 chapter 2.9)."""

from __future__ import annotations

from adapter.hl7v2.message import Header


def as_if_asked(header: Header, mode: str) -> Header:
    """The header as if MSH-15 and MSH-16 asked for `original` or `enhanced`.

    In enhanced mode a sender that asks for an application acknowledgement still gets it.
    """
    msh, signs = header.segment, header.delimiters
    fields = [msh.field(number) for number in range(2, max(len(msh.raw), 17))]
    fields[13:15] = ("", "") if mode == "original" else ("AL", msh.field(16) or "NE")
    line = signs.field.join(["MSH", *fields]).encode("latin-1", "replace")
    return Header(line, header.start)
