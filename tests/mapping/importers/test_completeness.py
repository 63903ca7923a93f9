"""Nothing is dropped in silence: each word of a source is in the draft or in the notes."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import Rejected
from adapter.mapping.importers.door import import_templates, to_yaml
from adapter.reporting.template_lint import lint
from tests.mapping.importers.test_door import PIECES, SAMPLES, read_again
from tests.reporting.tables import tables

WORDS = ("liver", "Spleen", "normal", "The lungs are clear.", "size", "cm", "mm", "mass", "No",
         "Impression:", "Findings:", "Kidneys:", "1.", "2)", "-", "45", "4.5", "unchanged", "ÄÖ",
         "Reason for exam:", "None", "x")  # fmt: skip
words = st.sampled_from(WORDS)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)


def told(body: str) -> str:
    """All that an import gives, in lower case; empty when the file is refused."""
    try:
        found = import_templates(body.encode(), "some name", tables().lexicon)
    except Rejected:
        return ""
    shown = []
    for one in found:
        again = read_again(one)
        assert again.table == one.table
        list(lint(again, tables().lexicon))
        shown += [to_yaml(one.table), *one.notes]
    return "\n".join(shown).lower()


def missing(visible: str, given: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", visible.lower()) if word not in given]


@st.composite
def brackets(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 7))
    one, other = draw(texts), draw(texts)
    return {
        0: f"[{one}]",
        1: f"[{one} | {other}]",
        2: f"[{one}/{other}]",
        3: f"[ ] {one} [x] {other}",
        4: f"{{{one}}}",
        5: f"[{one}: {other}]",
        6: "***",
        7: "[]",
    }[kind]


lines = st.lists(texts | brackets(), min_size=1, max_size=5).map(" ".join)


@given(st.lists(lines, min_size=1, max_size=12).map("\n".join))
@settings(max_examples=120, deadline=None)
def test_bracket_text(body: str) -> None:
    assert not missing(body, told(body))


@st.composite
def elements(draw: st.DrawFn) -> str:
    one, other = html.escape(draw(texts)), html.escape(draw(texts))
    close = draw(st.booleans())
    return draw(
        st.sampled_from(
            [
                f"<p>{one}</p>",
                f"{one}<br>",
                f"<ul><li>{one}<ul><li>{other}</ul></ul>",
                f"<label>{one}</label>",
                f"<header>{one}</header>",
                f"<section data-section-name='{one}'>{other}" + ("</section>" if close else ""),
                f"<textarea title='{one}'>{other}</textarea>",
                f"<input type=text title='{one}' value='{other}'>",
                f"<input type=number title='{one}' data-field-units='mm' min=1 max=9>",
                f"<input type=date title='{one}'>",
                f"<input type=checkbox value='{one}'>{other}",
                f"<input type=radio name=a value='{one}'>{other}<input type=radio name=a>{one}",
                f"<select title='{one}'><option>{other}<option selected>{one}</select>",
                f"<input list=l title='{one}'><datalist id=l><option value='{other}'></datalist>",
                f"<button>{one}</button>",
                f"<b>{one}</b>&amp;&nbsp;{other}",
                f"<table><tr><td>{one}<td>{other}</table>",
            ]
        )
    )


@given(st.lists(elements(), min_size=1, max_size=8).map(" ".join))
@settings(max_examples=120, deadline=None)
def test_mrrt(body: str) -> None:
    page = f"<html><body>{body}</body></html>"
    assert not missing(seen(page), told(page))


def test_a_field_that_is_called_like_a_sentence_of_the_draft() -> None:
    page = "<html><body><p>Normal 1: <input type=text></p><p>The heart is normal.</p></body></html>"
    assert not missing(seen(page), told(page))


def seen(page: str) -> str:
    """What a browser shows: text, values, options, captions."""
    soup = _Soup()
    soup.feed(page)
    soup.close()
    return " ".join(soup.words)


class _Soup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        shown = ("value", "data-section-name", "title")
        self.words += [value or "" for name, value in attrs if name in shown]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@given(
    st.lists(
        st.tuples(texts, st.sampled_from("1234"), texts, st.lists(texts, max_size=3)), max_size=5
    )
)
@settings(max_examples=80, deadline=None)
def test_autotext(fields: list[tuple[str, str, str, list[str]]]) -> None:
    text, inner, visible = "FINDINGS:\n", "", ["findings"]
    for name, kind, default, choices in fields:
        shown = default or name
        options = "".join(
            f"<choice name='{html.escape(c)}'>{html.escape(c)}.</choice>" for c in choices
        )
        inner += (
            f"<field type='{kind}' start='{len(text)}' length='{len(shown)}'>"
            f"<name>{html.escape(name)}</name><defaultvalue>{html.escape(default)}</defaultvalue>"
            f"<choices>{options}</choices></field>"
        )
        text += f"{shown} and\n"
        visible += [shown, name, "and", *choices]
    body = (
        "<PortalAutoTextExport><AutoText><Name>CT of something</Name><ContentText>"
        f"{html.escape(text)}</ContentText><ContentRTF>{{\\rtf1 x}}{{\\xml}}"
        f"{html.escape('<autotext><fields>' + inner + '</fields></autotext>')}</ContentRTF>"
        "</AutoText></PortalAutoTextExport>"
    )
    assert not missing(" ".join(visible), told(body))


@pytest.mark.parametrize("name", ["ct_sinus.html", "knee.txt", "autotexts.xml"])
def test_notes_of_a_line_tell_which(name: str) -> None:
    body = (SAMPLES / name).read_bytes()
    notes = [n for one in import_templates(body, "x", tables().lexicon) for n in one.notes]
    last = body.count(b"\n") + 1
    numbers = [int(found[1]) for note in notes if (found := re.match(r"line (\d+): ", note))]
    assert numbers
    assert all(1 <= number <= last for number in numbers)


@pytest.mark.parametrize(
    "body",
    [
        "<html>" + "<div>" * 50_000 + "liver",
        "<html>" + "<section data-section-name='a'>" * 5_000,
        "{\\rtf1" + "{" * 100_000 + "liver",
        "[" * 100_000,
        "{" * 100_000 + "}" * 100_000,
        "[ ] a " * 20_000,
        "<html><select>" + "<option>x" * 20_000,
        "<html>" + "<input type=radio name=a value=b>c" * 5_000,
        '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><html>&b;&b;</html>',
        "A: " * 50_000,
        "x. " * 50_000,
        "<AutoText><ContentRTF>{\\xml}" + "<field start='1' length='1'>" * 5_000,
    ],
    ids=lambda body: body[:30],
)
def test_hostile_files_are_read_or_refused(body: str) -> None:
    told(body)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=80, deadline=None)
def test_soup_gives_valid_drafts_or_is_refused(body: str) -> None:
    told(body)


def test_real_files_tell_every_word() -> None:
    page = (SAMPLES / "ct_sinus.html").read_text(encoding="utf-8")
    body = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not missing(seen(body), told(page))
    text = (SAMPLES / "knee.txt").read_text(encoding="utf-8")
    assert not missing(text, told(text))
