"""The page of presentedForm: well-formed, escaped, without scripts, with a header where asked."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import Phi
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.bundles import build, report
from tests.fhir.samples import ALL, EU, FINAL, PROFILE, RETRACTION
from tests.fhir.strategies import messages


def page(message: ReportMessage, profile: FhirProfile = EU) -> str:
    forms = report(build(message, profile))["presentedForm"]
    [html] = [each for each in forms if each["contentType"] == "text/html"]
    return b64decode(html["data"]).decode()


def tree(text: str) -> ElementTree.Element:
    assert text.startswith("<!DOCTYPE html>")
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_the_page_is_well_formed_and_says_what_it_is(message: ReportMessage) -> None:
    root = tree(page(message))
    assert root.get("lang") == "en-GB"
    words = getattr(EU.words, message.kind.value)
    assert words in "".join(root.itertext())


def test_the_header_names_patient_and_signer() -> None:
    root = tree(page(FINAL))
    rows = [[cell.text for cell in row] for row in root.iter("tr")]
    assert ["Patient", "Example, Erin"] in rows
    assert ["Reported by", "Robin Reader"] in rows
    assert "Erin" not in page(FINAL, PROFILE)


def test_names_are_escaped() -> None:
    patient = replace(FINAL.order.patient, family=Phi("<script>alert(1)</script>"))
    message = replace(FINAL, order=replace(FINAL.order, patient=patient))
    text = page(message)
    assert "<script" not in text
    assert "<script>alert(1)</script>, Erin" in "".join(tree(text).itertext())


def test_what_was_taken_back_says_so_in_the_narrative() -> None:
    assert "ENTERED IN ERROR" in report(build(RETRACTION))["text"]["div"]
    assert "Final" not in report(build(FINAL))["text"]["div"]


@settings(max_examples=60, deadline=None)
@given(messages)
def test_every_sentence_stands_in_the_page_once_and_nothing_runs(message: ReportMessage) -> None:
    root = tree(page(message))
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert tags <= {
        "html", "head", "meta", "title", "body", "header", "h1", "table", "tr", "th", "td", "div",
        "p", "b", "i", "span",
    }  # fmt: skip
    attributes = {name for each in root.iter() for name in each.attrib}
    assert attributes <= {"charset", "lang", "id"}
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    said = [each.id for section in message.report.sections for each in section.statements]
    assert ids == said


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ({"text": True, "html": False}, ["text/plain; charset=utf-8"]),
        ({"text": False, "html": True, "pdf": True}, ["text/html", "application/pdf"]),
        ({"text": False, "html": False}, []),
    ],
)
def test_the_profile_says_which_documents_go(parts: dict[str, bool], kinds: list[str]) -> None:
    found = report(build(FINAL, PROFILE.model_copy(update=parts)))
    assert [each["contentType"] for each in found.get("presentedForm", [])] == kinds
