from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2.escape import DEFAULT, Delimiters, escape, unescape

ODD = Delimiters("#", "!", "*", "/", "%")
SHORT = Delimiters("|", "^", "~", "", "")
TRICKY = st.text(st.sampled_from("|^~\\&FSRETXHN.br0D\r\n\x0b\x1c\x00é漢"), max_size=40)


@given(st.one_of(st.text(max_size=80), TRICKY), st.sampled_from([DEFAULT, ODD]))
def test_what_is_escaped_comes_back(text: str, delimiters: Delimiters) -> None:
    assert unescape(escape(text, delimiters), delimiters) == text


@given(st.one_of(st.text(max_size=80), TRICKY), st.sampled_from([DEFAULT, ODD, SHORT]))
def test_no_text_leaves_its_field(text: str, delimiters: Delimiters) -> None:
    field = escape(text, delimiters)
    assert not any(sign < " " or sign == "\x7f" for sign in field)
    signs = {sign for sign in delimiters if sign and sign != delimiters.escape}
    assert not signs & set(field)


@given(TRICKY)
def test_reading_any_field_ends_without_error(field: str) -> None:
    assert isinstance(unescape(field), str)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"line one\.br\line two", "line one\nline two"),
        (r"one\.sp3\two\.sp\three", "one\n\n\ntwo\nthree"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\X0D0A\\X41\ ", "\r\nA "),
        (r"\XC3A9\ ", "é "),
        (r"\C2842\k\M24ABCD\ ", r"\C2842\k\M24ABCD\ "),
        (r"\M2442\;3ED\C2842\ (Yamada)", "山田 (Yamada)"),
        (r"\M2442\;3E", r"\M2442\;3E"),
        (r"\C2849\123\C2842\ x", "ｱｲｳ x"),
        (r"\M2442\;3\C2842\ \T\ more", "山 & more"),
        (r"\Zown\F\ ", r"\Zown\F\ "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"a lone \ stays, C:\temp too", r"a lone \ stays, C:\temp too"),
        (r"ends with \E", r"ends with \E"),
        (r"\.in+4\ indent kept", r"\.in+4\ indent kept"),
    ],
)
def test_sequences_of_the_standard(field: str, text: str) -> None:
    assert unescape(field) == text


def test_hexadecimal_data_is_in_the_message_s_character_set() -> None:
    assert unescape(r"caf\XE9\ ", charset="iso8859-1") == "café "
