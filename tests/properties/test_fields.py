"""The invariants of fields, over generated dictations and edits into a form of all types."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.report import Origin, Report
from adapter.mapping.form import name_key
from adapter.reporting.field_values import read_value
from adapter.reporting.render import report_json
from adapter.reporting.written_form import write
from tests.properties import examples
from tests.reporting.fields import filled, form_tables, read_form, statements

FORM = read_form().form
MOVES = ("next field", "previous field", "go to impression", "go to prostate", "next field")
VALUES = (
    "45 mL", "900 mL", "45", "2 x 3 x 4 cm", "12-14 mm", "four", "PI-RADS 4", "seven", "huge",
    "endorectal", "November 3, 2025", "February 31, 2025", "pain for two days", "0.4 L", "¾",
    "No lesion", "3 cm prostate lesion on the left", "Ä\u2028b", "[x]", "{volume}", ": :",
)  # fmt: skip
LABELS = ("Prostate volume", "gland volume", "Gland size", "PI-RADS", "Coil", "Clinical history",
          "Comparison date", "PSA", "Bladder")  # fmt: skip
LINKS = (": ", " is ", " ", " = ", " measures ", ":")
NAMES = tuple(FORM.fields)


@st.composite
def stretches(draw: st.DrawFn) -> str:
    value = draw(st.sampled_from(VALUES) | st.text(max_size=20))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(st.sampled_from(MOVES))
    if kind == 1:
        return f"{draw(st.sampled_from(MOVES))} {value}{draw(st.sampled_from(('.', '', '. ')))}"
    if kind == 2:
        label, link = draw(st.sampled_from(LABELS)), draw(st.sampled_from(LINKS))
        return f"{label}{link}{value}."
    return draw(st.sampled_from(("Otherwise normal.", "No prostate lesion.", "Impression: Cyst.")))


dictations = st.lists(stretches(), max_size=8).map("\n".join)
edits = st.lists(
    st.builds(
        Decision,
        st.just(DecisionKind.EDIT),
        st.sampled_from((*NAMES, "f2", "f4", "s1")),
        st.sampled_from(("50 mL", "", "large", "PI-RADS 1", " ")),
        st.sampled_from(("Dr. Grey", "")),
    ),
    max_size=3,
)


def written(text: str) -> str:
    return write(text, form_tables().vocabulary("en")).text


@given(dictations, edits)
@examples(100)
def test_any_filling_is_proved_and_the_same_again(text: str, changes: list[Decision]) -> None:
    one, other = (json.dumps(report_json(filled(text, *changes))) for _ in range(2))
    assert one == other


@given(dictations)
@examples(100)
def test_every_written_character_is_printed_or_is_the_name_of_a_field(text: str) -> None:
    report, source = filled(text), written(text)
    left = list(source)
    for start, end in spans(report):
        left[start:end] = " " * (end - start)
    rest = "".join(left).replace("\u2028", "\n")
    for line in re.split(r"[\n\r\x0b\x0c\x85\u2028\u2029]|(?<=[.:=])\s", rest):
        word = name_key(re.sub(r"(?:[:=.]|\b(?:is|measures))*\s*$", "", line.strip()))
        assert not word or word in FORM.by_spoken or word in read_form().headers, (line, rest)


def spans(report: Report) -> list[tuple[int, int]]:
    sources = [s.source for s in statements(report)]
    sources += [part.source for s in statements(report) for part in s.parts]
    return [source.chars for source in sources if source.chars]


@given(dictations)
@examples(100)
def test_nothing_in_a_line_is_invented(text: str) -> None:
    source, table = written(text), {name: each.rule for name, each in FORM.fields.items()}
    for statement in statements(filled(text)):
        assert "".join(part.text for part in statement.parts) in ("", statement.text)
        for part in statement.parts:
            chars = part.source.chars
            if part.origin is Origin.DICTATED:
                assert chars
                assert source[chars[0] : chars[1]] == part.text
            if part.field and chars:
                value = read_value(table[part.field], source[chars[0] : chars[1]])
                assert value
                assert value.text == part.text
            if part.field and not chars and part.text[:1].isdigit():
                raise AssertionError(part)


@given(dictations, edits)
@examples(75)
def test_each_field_has_one_state_and_what_is_required_is_asked_for(
    text: str, changes: list[Decision]
) -> None:
    report = filled(text, *changes)
    assert [each.id for each in report.fields] == list(NAMES)
    ids = {each.id for each in statements(report)}
    missing = any(f.required and f.state in ("empty", "unfit") for f in report.fields)
    assert missing == any(flag.code == "field_missing" for flag in report.flags)
    for each in report.fields:
        assert each.state in ("filled", "default", "stated", "unfit", "empty")
        assert (each.state == "empty") == (each.statement is None) or changes
        assert each.statement is None or each.statement in ids or changes
