from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from adapter.web.pages.markup import Html, el, text


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.events: list[tuple[str, object]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.events.append(("", data))


@given(st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"])))
def test_text_and_attributes_come_back_as_they_went_in(any_text: str) -> None:
    seen = Seen(el("b", any_text, title=any_text))
    assert seen.events[0] == ("b", [("title", any_text)])
    assert "".join(str(data) for tag, data in seen.events[1:]) == any_text
    assert {tag for tag, _ in seen.events[1:]} <= {""}


def test_markup_stays_and_nothing_is_nothing() -> None:
    assert text(Html("<b>"), None, ["<", [Html("</b>")]]) == "<b>&lt;</b>"
    assert el("input", disabled=True, checked=False, max_=3) == '<input disabled max="3">'
