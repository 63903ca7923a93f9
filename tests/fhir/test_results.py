from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha1
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.report import Origin, Part, Report, Source, Statement
from adapter.fhir.results import build_bundle
from adapter.fhir.validation import validate
from adapter.reporting.render import plain_text
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import (
    ADDENDUM,
    ALL,
    CANCELLATION,
    CORRECTION,
    FINAL,
    PRELIMINARY,
    PROFILE,
    PROFILES,
    PROPOSED,
    REPORT,
    RETRACTION,
    SAMPLES,
)
from tests.fhir.strategies import messages


def with_statements(report: Report, write: Callable[[Statement], Statement]) -> Report:
    sections = tuple(
        replace(section, statements=tuple(map(write, section.statements)))
        for section in report.sections
    )
    return replace(report, sections=sections)


MESSAGES = {message.kind.value: message for message in ALL}


GOLDEN = [("transaction", kind) for kind in MESSAGES] + [
    ("imr", "final"),
    ("imr", "correction"),
    ("eu_document", "final"),
    ("eu_document", "addendum"),
]


@pytest.mark.parametrize(("profile", "kind"), GOLDEN)
def test_the_bundle_is_the_golden_one_byte_for_byte(profile: str, kind: str) -> None:
    golden = (SAMPLES / f"{profile}_{kind}.json").read_bytes()
    assert build_bundle(MESSAGES[kind], PROFILES[profile]) == golden


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("patient", ["create", "match", "logical"])
def test_all_that_is_sent_is_valid_r4(profile: str, kind: str, patient: str) -> None:
    bundle = build(MESSAGES[kind], PROFILES[profile].model_copy(update={"patient": patient}))
    validate(bundle)
    for entry in bundle["entry"]:
        validate(entry["resource"])


@pytest.mark.parametrize(
    ("message", "status", "observations"),
    [
        (PRELIMINARY, "preliminary", "preliminary"),
        (FINAL, "final", "final"),
        (ADDENDUM, "appended", "final"),
        (CANCELLATION, "cancelled", "cancelled"),
        (RETRACTION, "entered-in-error", "entered-in-error"),
    ],
)
def test_the_status_says_what_the_report_is(
    message: ReportMessage, status: str, observations: str
) -> None:
    bundle = build(message)
    assert report(bundle)["status"] == status
    assert {each["status"] for each in resources(bundle, "Observation")} == {observations}


def told(bundle: dict[str, Any]) -> dict[str, str]:
    """Name of each Observation -> its status."""
    return {
        each["identifier"][0]["value"].partition("/")[2]: each["status"]
        for each in resources(bundle, "Observation")
    }


def test_a_correction_retracts_what_is_gone_and_marks_what_reads_otherwise() -> None:
    assert told(build(CORRECTION)) == {
        "pneumothorax/left": "final",
        "pleural_effusion": "final",
        "pulmonary_nodule/left": "final",
        "cyst/T12": "corrected",
        "pneumothorax/left#2": "final",
        "pneumothorax/right": "entered-in-error",
        "pneumothorax/right#2": "entered-in-error",
    }
    assert report(build(CORRECTION))["status"] == "corrected"
    amended = build(CORRECTION, PROFILE.model_copy(update={"correction_status": "amended"}))
    assert (report(amended)["status"], told(amended)["cyst/T12"]) == ("amended", "amended")


def test_what_is_retracted_is_no_result_of_the_report() -> None:
    bundle = build(CORRECTION)
    results = {each["reference"] for each in report(bundle)["result"]}
    statuses = {
        entry["fullUrl"]: entry["resource"]["status"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    }
    assert {statuses[url] for url in results} == {"final", "corrected"}
    assert len(results) == 5


def test_what_was_corrected_stays_so_in_an_addendum() -> None:
    later = replace(
        ADDENDUM, report=CORRECTION.report, before=(*CORRECTION.before, CORRECTION.report)
    )
    assert told(build(later))["cyst/T12"] == "corrected"


def test_what_only_a_preliminary_report_said_is_no_correction() -> None:
    first = replace(CORRECTION.report, status="preliminary")
    assert told(build(replace(FINAL, before=(first,))))["cyst/T12"] == "final"


def test_later_kinds_update_the_same_report() -> None:
    first, later = (build(message)["entry"][0]["request"] for message in (PRELIMINARY, FINAL))
    assert first == later
    assert first["method"] == "PUT"
    assert first["url"] == "DiagnosticReport?identifier=urn%3Areadout%3Areport%7CACC-2001"


def test_every_reference_into_the_bundle_has_its_entry() -> None:
    bundle = build(FINAL)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    text = json.dumps(bundle)
    told = {part.split('"')[0] for part in text.split('"reference": "')[1:]}
    assert told <= set(urls)
    assert len(told) > 5


def test_sentences_are_addressed_by_their_provenance() -> None:
    bundle = build(FINAL)
    div = ElementTree.fromstring(report(bundle)["text"]["div"])
    written = {each.get("id"): each.text for each in div.iter() if each.get("id")}
    said = {each.id: each.text for section in REPORT.sections for each in section.statements}
    assert written == said
    targets = [
        extension["valueUri"]
        for provenance in resources(bundle, "Provenance")
        for target in provenance["target"]
        for extension in target.get("extension", [])
    ]
    assert sorted(targets) == sorted(said)


def provenance_of(bundle: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [
        each
        for each in resources(bundle, "Provenance")
        if each["meta"]["tag"][0]["code"].endswith(f"/{name}")
    ]
    return found


def test_a_dictated_sentence_names_its_audio_and_its_text() -> None:
    entities = provenance_of(build(FINAL), "s1")["entity"]
    told = {each["role"]: each["what"]["identifier"]["value"] for each in entities}
    assert told == {
        "source": "ACC-2001/d-1#t=0.120,2.210",
        "quotation": "ACC-2001/d-1#char=0,25",
    }


def test_a_line_with_fields_names_its_template_and_the_audio_of_its_values() -> None:
    value = Source(dictation="d-1", chars=(0, 5), ms=(120, 900), confidence=0.9)
    parts = (
        Part("Largest gap: ", Origin.TEMPLATE, Source(template="pleura.gap")),
        Part("12 mm", Origin.DICTATED, value, "pleura.gap"),
        Part(".", Origin.TEMPLATE, Source(template="pleura.gap")),
    )
    line = Statement("s2", "Largest gap: 12 mm.", Origin.TEMPLATE, parts[0].source, (), parts)

    def filled(each: Statement) -> Statement:
        return line if each.id == "s2" else each

    bundle = build(replace(FINAL, report=with_statements(FINAL.report, filled)))
    entities = provenance_of(bundle, "s2")["entity"]
    told = [each["what"]["identifier"]["value"] for each in entities]
    assert told == [
        "ACC-2001/d-1#t=0.120,0.900",
        "ACC-2001/d-1#char=0,5",
        "template/xr_chest_2v/3",
    ]
    validate(bundle)
    assert not [
        each for each in resources(bundle, "Provenance") if "/template" in str(each["meta"])
    ]


def test_what_a_model_says_is_marked_and_names_model_and_person() -> None:
    bundle = build(FINAL)
    [device] = resources(bundle, "Device")
    assert (device["deviceName"][0]["name"], device["version"][0]["value"]) == ("chest-net", "2.1")
    provenance = provenance_of(bundle, "s3")
    assert provenance["reason"][0]["coding"][0]["code"] == "AIAST"
    assert [each["type"]["coding"][0]["code"] for each in provenance["agent"]] == [
        "author",
        "verifier",
        "legal",
    ]
    assert provenance["agent"][1]["who"]["display"] == "r.reader"
    marked = [
        each["code"]["text"] for each in resources(bundle, "Observation") if "security" in str(each)
    ]
    assert marked == ["Nodule"]
    assert report(bundle)["meta"]["security"][0]["code"] == "AIAST"


def test_who_signed_answers_for_every_sentence() -> None:
    for name in ("s1", "s3", "s4", "s5"):
        legal = provenance_of(build(FINAL), name)["agent"][-1]
        assert legal["type"]["coding"][0]["code"] == "legal"
        assert legal["who"]["identifier"]["value"] == "R42"
    assert "legal" not in json.dumps(build(PRELIMINARY))


def test_a_person_whom_nobody_named_is_unknown_not_invented() -> None:
    [author] = provenance_of(build(PRELIMINARY), "s1")["agent"]
    assert author["who"]["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize(("person", "mark"), [("r.reader", "accepted by r.reader"), (None, "not")])
def test_the_narrative_says_what_a_model_said(person: str | None, mark: str) -> None:
    def write(statement: Statement) -> Statement:
        return replace(statement, source=replace(statement.source, person=person))

    message = replace(FINAL, report=with_statements(REPORT, write))
    assert f"[AI, {mark}" in report(build(message))["text"]["div"]


def test_a_proposed_finding_is_not_sent() -> None:
    assert PROPOSED.text not in json.dumps(build(FINAL))


def observation(bundle: dict[str, Any], words: str) -> dict[str, Any]:
    return next(each for each in resources(bundle, "Observation") if each["code"]["text"] == words)


def test_observations_tell_presence_side_and_size() -> None:
    bundle = build(FINAL)

    def verdict(words: str) -> str:
        return str(observation(bundle, words)["interpretation"][0]["coding"][0]["code"])

    assert [verdict(each) for each in ("pneumothorax", "pleural effusion", "cyst")] == [
        "POS",
        "NEG",
        "IND",
    ]
    assert observation(bundle, "pneumothorax")["code"]["coding"][0]["code"] == "36118008"
    side = observation(bundle, "pneumothorax")["component"][0]
    assert side["valueCodeableConcept"]["coding"][0]["code"] == "24028007"
    cyst = observation(bundle, "cyst")
    assert cyst["bodySite"] == {"text": "T12"}
    sizes = [(each["code"]["text"], each["valueQuantity"]["value"]) for each in cyst["component"]]
    assert sizes == [("size", 12.5), ("size", 9), ("previous size", 7)]


def test_history_stays_in_the_text() -> None:
    bundle = build(FINAL)
    assert "pneumonia" not in {each["code"]["text"] for each in resources(bundle, "Observation")}
    assert "pneumonia" in report(bundle)["text"]["div"]


def test_the_presented_forms_are_the_report_with_size_and_hash() -> None:
    plain, page = report(build(FINAL))["presentedForm"]
    assert [plain["contentType"], page["contentType"]] == [
        "text/plain; charset=utf-8",
        "text/html",
    ]
    text, html = b64decode(plain["data"]), b64decode(page["data"])
    assert text.decode() == plain_text(FINAL.report)
    assert report(build(FINAL))["text"]["div"] in html.decode()
    assert [plain["size"], page["size"]] == [len(text), len(html)]
    assert b64decode(plain["hash"]) == sha1(text).digest()


def test_the_conclusion_holds_the_addendum_too() -> None:
    assert report(build(FINAL))["conclusion"] == "Small right pneumothorax."
    assert "Discussed by phone." in report(build(ADDENDUM))["conclusion"]


def test_parts_can_be_left_out() -> None:
    bare = PROFILE.model_copy(
        update={"observations": False, "provenance": False, "html": False, "patient": "logical"}
    )
    bundle = build(FINAL, bare)
    [entry] = bundle["entry"]
    assert "result" not in entry["resource"]
    assert entry["resource"]["subject"]["identifier"]["value"] == "MRN-1001"
    validate(entry["resource"])


def queries(bundle: dict[str, Any]) -> Iterator[str]:
    for entry in bundle["entry"]:
        request = entry["request"]
        yield request.get("ifNoneExist") or request["url"].partition("?")[2]


def test_values_are_escaped_in_searches() -> None:
    order = replace(
        FINAL.order,
        accession=Accession("A|1,&x=y"),
        patient=replace(FINAL.order.patient, mrn=Phi("M$ 1")),
    )
    told = list(queries(build(replace(FINAL, order=order))))
    assert told[0] == "identifier=urn%3Areadout%3Areport%7CA%5C%7C1%5C%2C%26x%3Dy"
    assert "identifier=urn%3Aoid%3A2.999.1%7CM%5C%24%201" in told


def test_without_a_system_only_identifiers_without_one_match() -> None:
    bundle = build(FINAL, PROFILE.model_copy(update={"mrn_system": ""}))
    assert "identifier=%7CMRN-1001" in list(queries(bundle))
    assert resources(bundle, "Patient")[0]["identifier"][0]["assigner"] == {"display": "EXAMPLE"}


def test_the_issuer_is_the_system_where_it_is_a_uri() -> None:
    patient = replace(FINAL.order.patient, issuer="urn:oid:2.999.9")
    message = replace(FINAL, order=replace(FINAL.order, patient=patient))
    bundle = build(message, PROFILE.model_copy(update={"mrn_system": ""}))
    assert resources(bundle, "Patient")[0]["identifier"][0]["system"] == "urn:oid:2.999.9"


@pytest.mark.parametrize(
    ("hl7", "iso"),
    [("19610412", "1961-04-12"), ("196104120830", "1961-04-12"), ("196104", "1961-04"),
     ("1961", "1961"), ("", None), ("unknown", None), ("19", None)],
)  # fmt: skip
def test_birth_dates(hl7: str, iso: str | None) -> None:
    patient = replace(FINAL.order.patient, birth_date=Phi(hl7))
    bundle = build(replace(FINAL, order=replace(FINAL.order, patient=patient)))
    assert resources(bundle, "Patient")[0].get("birthDate") == iso


@settings(max_examples=60, deadline=None)
@given(messages)
def test_any_report_makes_the_same_valid_bundle_twice(message: ReportMessage) -> None:
    body = build_bundle(message, PROFILE)
    assert body == build_bundle(message, PROFILE)
    ElementTree.fromstring(report(json.loads(body))["text"]["div"])
    for entry in json.loads(body)["entry"]:
        validate(entry["resource"])


def write_golden() -> None:
    """Write the golden files anew, after the change was looked at."""
    for profile, kind in GOLDEN:
        body = build_bundle(MESSAGES[kind], PROFILES[profile])
        (SAMPLES / f"{profile}_{kind}.json").write_bytes(body)
