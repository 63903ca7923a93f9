"""The printed forms of a report."""

from __future__ import annotations

from adapter.domain.finding import AiFinding, Fact
from adapter.domain.order import Side
from adapter.domain.report import (
    Certificate,
    Dismissal,
    FieldState,
    Flag,
    Origin,
    PriorRef,
    Report,
    Section,
    Severity,
    Source,
    Statement,
    Suggestion,
    TemplateRef,
)
from adapter.reporting.render import fact_json, html, plain_text, report_json, section_text

FACT = Fact("lung_nodule", "nodule", 5, 11, uncertain=True, side=Side.LEFT, size_mm=(5.0, 3.0))
ONE = Statement(
    "s1", "1. A <b>.", Origin.DICTATED, Source("d-1", (0, 9), (0, 800), 0.9), facts=(FACT,)
)
TWO = Statement("s2", "2. Next.", Origin.TEMPLATE, Source(template="lungs.clear"))
REPORT = Report(
    TemplateRef("chest", 3, "ab"),
    "draft",
    (Section("lungs", "Lungs", (ONE, TWO)), Section("impression", "Impression")),
    (Suggestion(AiFinding("a1", "Nodule.", "m", "1"), "agreed"),),
    (
        Flag("unrouted", Severity.WARN, "why", statement="s1"),
        Flag(
            "default_superseded",
            Severity.INFO,
            "why",
            default="x.y",
            id="f-1",
            dismissed=Dismissal("123", "2026-01-01", "known"),
        ),
    ),
    Certificate(True, 5, 3, 2, 0),
    PriorRef("A0", 2, "CT", "20250101"),
    (FieldState("a.b", "B", "date", "empty", required=True),),
)


def test_plain_text_leaves_empty_sections_out_and_breaks_lists() -> None:
    assert plain_text(REPORT) == "LUNGS:\n1. A <b>.\n2. Next."


def test_sentences_run_on_in_a_paragraph() -> None:
    texts = ("One.", "Two.")
    section = Section("a", "A", tuple(Statement("s", t, Origin.AI, Source()) for t in texts))
    assert section_text(section) == "One. Two."


def test_html_is_escaped_and_names_origins() -> None:
    assert html(REPORT) == (
        '<section><h2>Lungs</h2><p><span data-origin="dictated" id="s1">1. A &lt;b&gt;.</span> '
        '<span data-origin="template" id="s2">2. Next.</span></p></section>'
    )


def test_json_has_the_public_shape() -> None:
    fact = {
        "finding": "lung_nodule", "negated": False, "uncertain": True, "historical": False,
        "side": "left", "level": None, "size_mm": [5.0, 3.0], "prior_size_mm": None,
        "time": None, "count": None,
    }  # fmt: skip
    assert report_json(REPORT) == {
        "template": {"id": "chest", "version": 3, "sha256": "ab"},
        "status": "draft",
        "sections": [
            {
                "id": "lungs",
                "title": "Lungs",
                "statements": [
                    {
                        "id": "s1",
                        "text": "1. A <b>.",
                        "origin": "dictated",
                        "source": {
                            "dictation": "d-1", "chars": [0, 9], "ms": [0, 800], "confidence": 0.9,
                        },
                        "facts": [fact],
                    },
                    {
                        "id": "s2",
                        "text": "2. Next.",
                        "origin": "template",
                        "source": {"template": "lungs.clear"},
                        "facts": [],
                    },
                ],
            },
            {"id": "impression", "title": "Impression", "statements": []},
        ],
        "suggestions": [
            {
                "id": "a1", "text": "Nodule.", "origin": "ai",
                "model": "m", "version": "1", "state": "agreed",
            }
        ],
        "flags": [
            {
                "id": "", "code": "unrouted", "severity": "warn", "statement": "s1", "ai": None,
                "message": "why",
            },
            {
                "id": "f-1", "code": "default_superseded", "severity": "info",
                "statement": None, "ai": None,
                "message": "why", "default": "x.y",
                "dismissed": {"person": "123", "at": "2026-01-01", "reason": "known"},
            },
        ],
        "certificate": {"ok": True, "tokens": 5, "dictated": 3, "template": 2, "ai": 0},
        "prior": {"accession": "A0", "version": 2, "procedure": "CT", "date": "20250101"},
        "fields": [
            {
                "id": "a.b",
                "label": "B",
                "type": "date",
                "state": "empty",
                "value": "",
                "statement": None,
                "required": True,
            }
        ],
    }  # fmt: skip


def test_a_fact_by_itself_has_its_words_and_place() -> None:
    found = fact_json(FACT)
    assert list(found) == [
        "finding", "text", "chars", "negated", "uncertain", "historical", "family",
        "side", "level", "size_mm", "prior_size_mm", "time", "count",
    ]  # fmt: skip
    assert (found["text"], found["chars"]) == ("nodule", [5, 11])
