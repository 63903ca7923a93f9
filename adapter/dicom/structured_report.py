"""Structured reports of AI engines in: SR documents (PS3.3 A.35) as draft findings.

Measurement reports (PS3.16 TID 1500), CAD reports (TID 4000, 4100, 4120) and plain texts are read
by one walk over the content tree, which asks for no template: reports without one are common.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from adapter.dicom import json_model as model
from adapter.dicom.content import read_tree
from adapter.dicom.document import Author, author_of
from adapter.dicom.equipment import scanner_of
from adapter.dicom.json_model import DataSet
from adapter.dicom.regions import Images
from adapter.dicom.report_findings import Findings
from adapter.domain.ai_result import AiResult
from adapter.domain.identifiers import Phi
from adapter.domain.message import SearchKeys
from adapter.domain.people import Patient
from adapter.errors import Rejected, Unsupported
from adapter.mapping.ai_codes import AiCodes

SOP_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.88.11": "Basic Text SR",
    "1.2.840.10008.5.1.4.1.1.88.22": "Enhanced SR",
    "1.2.840.10008.5.1.4.1.1.88.33": "Comprehensive SR",
    "1.2.840.10008.5.1.4.1.1.88.34": "Comprehensive 3D SR",
    "1.2.840.10008.5.1.4.1.1.88.35": "Extensible SR",
    "1.2.840.10008.5.1.4.1.1.88.50": "Mammography CAD SR",
    "1.2.840.10008.5.1.4.1.1.88.65": "Chest CAD SR",
    "1.2.840.10008.5.1.4.1.1.88.69": "Colon CAD SR",
}
"""What is read, by SOP class UID (PS3.4 B.5)."""

_UID = re.compile(r"[0-9.]{1,64}")
_LONGEST_ACCESSION = 64


def read_sr_file(body: bytes, codes: AiCodes) -> Sequence[AiResult]:
    """A DICOM file; raises Malformed or Rejected."""
    return [read_report(model.read_file(body), codes)]


def read_sr_json(body: bytes, codes: AiCodes) -> Sequence[AiResult]:
    """DICOM JSON: the report, and behind it what is known of the images that it refers to."""
    report, *others = model.read_json(body) or [{}]
    return [read_report(report, codes, others)]


def read_report(report: DataSet, codes: AiCodes, others: Iterable[DataSet] = ()) -> AiResult:
    """One document; `others` tell of its images. Raises Malformed or Rejected."""
    check_report(report)
    root = read_tree(report)
    beside = list(others)
    images = Images(report, root, beside)
    author: Author = author_of(report, root)
    scanner = scanner_of(report, beside, author)
    return AiResult(
        source=f"DICOM SR {author.model}",
        findings=Findings(report, root, codes, images, author, scanner).read(),
        accession=_accession(report),
        study_uid=model.text(report, "0020000D"),
        patient=_patient(report),
    )


def check_report(report: DataSet) -> None:
    """Raise Rejected for what is no report that is read, or names no study."""
    kind = model.text(report, "00080016")
    if kind not in SOP_CLASSES:
        told = f"SOP class {kind or '(none)'} is no structured report that is taken"
        raise Unsupported(told, location="(0008,0016)", code="not-supported")
    for tag, name in (("00080018", "(0008,0018)"), ("0020000D", "(0020,000D)")):
        if not _UID.fullmatch(model.text(report, tag)):
            raise Rejected(f"{name} must hold a UID", location=name, code="required")


def key_reader(read: Callable[[bytes], DataSet]) -> Callable[[bytes], SearchKeys]:
    """By what a stored report is found."""

    def keys(body: bytes) -> SearchKeys:
        report = read(body)
        number = model.text(report, "00100020")
        accession = _accession(report)
        return SearchKeys((accession,) if accession else (), (Phi(number),) if number else ())

    return keys


def _accession(report: DataSet) -> str:
    """Of the study, else of the one request that the report answers."""
    asked = {model.text(each, "00080050") for each in model.items(report, "0040A370")} - {""}
    told = model.text(report, "00080050") or (asked.pop() if len(asked) == 1 else "")
    return told if told.isprintable() and len(told) <= _LONGEST_ACCESSION else ""


def _patient(report: DataSet) -> Patient:
    family, _, rest = model.text(report, "00100010").partition("^")
    return Patient(
        mrn=Phi(model.text(report, "00100020")),
        issuer=model.text(report, "00100021"),
        family=Phi(family.strip()),
        given=Phi(rest.replace("^", " ").strip()),
        birth_date=Phi(model.text(report, "00100030")[:8]),
    )
