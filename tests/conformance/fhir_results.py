"""The results half of deploy/conformance/fhir.md, from the code and the samples."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.fhir_outgoing import SOURCES, answer_rows, element_rows, status_rows
from tests.conformance.tables import table

INTRO = """One message a report, destination and kind, in the order in which the reports were made;
the next leaves once the one before is answered, and nothing of a study leaves past one that is
held. The same bytes leave on every retry, but for the version that `if_match` names. `This` is a
key of the destination's file."""

PROFILES = [
    (
        "`transaction`",
        "transaction",
        "base URL",
        "report, patient where asked, models, findings, sources, communications",
    ),
    ("`imr`", "transaction", "base URL", "IHE IMR RAD-141: report, order, study; no contained"),
    (
        "`eu_document`",
        "document",
        "`Bundle`, If-None-Exist",
        "HL7 Europe Imaging Report R4: Composition first, all that it refers to",
    ),
]
UPDATES = [
    ("`conditional`", "PUT `DiagnosticReport?identifier=…`; findings too"),
    ("`if_match`", "the report is read, then PUT to its id with ifMatch; created where none is"),
    ("`create`", "POST with ifNoneExist of the version: every version is a report of its own"),
]
KINDS = """What is stated no longer is sent once more as entered in error (not in documents, of
which a later one replaces the earlier as a whole). A cancellation goes where a preliminary report
went whose order was cancelled; a retraction takes a signed report back. `addendum_status`,
`correction_status` and `retraction_status` may say it otherwise."""
ANSWERS = """`answers` of the destination may say otherwise for any status. 409 and 412: a server
that holds our version already has it; one that holds a later version, or the report several times,
leaves it to a person."""
R5 = """With `fhir_version: "5.0"` the same resources leave as R5 has them (`study`,
`authorization`, `name` of Device, contentCodeableConcept), and ImagingSelection with them; an R4
server gets those where `imaging_selections` asks for it."""


def results() -> Iterator[str]:
    """The parts of the half page."""
    yield "## Results out"
    yield INTRO
    yield table("`profile` | Bundle | posted to | what it holds", PROFILES)
    yield table("`update` | how a later version reaches the report", UPDATES)
    yield R5
    yield "### Status by kind of message"
    yield KINDS
    yield table("kind | DiagnosticReport | Observation | Composition", status_rows())
    yield "### What the server's answer means"
    yield ANSWERS
    yield table("HTTP | what becomes of the delivery", answer_rows())
    yield "### Elements that are written"
    for resource in SOURCES:
        yield table("element | profiles | what it holds", element_rows(resource))
