"""`make conformance`: writes deploy/conformance/dicom.md from the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydicom.uid import UID

from adapter.dicom import archive_search, store_scp
from adapter.dicom.json_model import UNCOMPRESSED
from adapter.dicom.report_findings import MOST_FINDINGS
from adapter.dicom.structured_report import SOP_CLASSES
from adapter.settings import Settings
from adapter.web import dicom_web
from tests.conformance.tables import table

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "conformance" / "dicom.md"

HEAD = """# DICOM conformance statement

What Readout takes and asks for by DICOM and DICOMweb, for the person who connects an AI engine or
an archive. `make conformance` writes this page from the code, and tests hold it to the code.

Readout reads structured reports, stores them as messages before it acknowledges them, and shows
their findings beside the report of the study. It is no archive: it keeps no images, sends no
objects, and gives nothing back over DICOM. Pictures of an archive are shown where
`READOUT_DICOMWEB_URL` is set.

## Roles
"""

ROLES = (
    ("SCP", "Verification, Storage (PS3.4 A, B)", "DICOM listener: `READOUT_DICOM_PORT`"),
    ("origin server", "STOW-RS (PS3.18 10.5)", "`POST /dicom-web/studies[/{uid}]`"),
    ("user agent", "QIDO-RS (10.6), WADO-RS metadata (10.4)", "archives under `dicom_sources/`"),
    ("user agent", "WADO-RS rendered (10.4)", "`READOUT_DICOMWEB_URL`"),
)

LISTENER = """### DICOM listener

An association that asks for another AE title, or comes from a title that `READOUT_DICOM_CALLERS`
does not name, is rejected; on another address than this machine's the callers must be named.
Connections from addresses outside `READOUT_DICOM_ADDRESSES` are closed. With
`READOUT_DICOM_CERTIFICATE` it speaks TLS 1.2 or later alone (PS3.15 B.9, B.10), with
`READOUT_DICOM_CLIENT_CA` to senders that show a certificate of these authorities (mutual TLS).
Renewed files serve from the next connection on, without a restart. Without TLS keep it to a network
of its own. There is no user identity. Presentation contexts: the SOP classes below, each in every
transfer syntax below, and Verification ({verification}). No extended negotiation, no SCU role. A
report is at most {most} bytes long.
"""

STOW = """### STOW-RS

`multipart/related; type="{kind}"`, one file a part. The answer is `{answer}`: Referenced SOP
Sequence (0008,1199) and Failed SOP Sequence (0008,1198) with Failure Reason (0008,1197); 200 where
all are stored, 202 where some are not, 409 where none is. A report whose study has no order yet is
stored, and waits for it.
"""

SEARCH = """### Archives that are asked

Every `poll_seconds`: `studies?ModalitiesInStudy=SR&StudyDate={day}-` with `limit`, `offset` and
the counts of series and instances; of studies whose counts have changed `series?Modality=SR` and
`instances`; of reports that are not in the message log `metadata`. Of images that a report refers
to, `instances` with Rows (0028,0010) and Columns (0028,0011). No bulk data is fetched; an answer
is at most {most} bytes long.
"""

CONTENT = """## What is read

The walk over the content tree asks for no template: reports without one are common.
"""

READ = (
    (
        "Measurement Group (125007, DCM): TID 1410, 1411, 1501",
        "one finding: Finding (121071, DCM) with its site, laterality, qualitative evaluations and"
        " measurements",
    ),
    (
        "Single Image Finding (111059, DCM), Composite Feature (111015, DCM): TID 4000, 4100, 4120",
        "one finding each, unless its Rendering Intent is Not for Presentation (111152, DCM)",
    ),
    (
        "an answer or a measurement of the whole study",
        "one finding; present or absent where the answer says so",
    ),
    ("TEXT", "a suggestion in its own words; each sentence that states facts is read"),
    ("NUM, a length in UCUM", "size in mm, unless `distances` of `ai_codes.yaml` names it"),
    ("NUM that `probabilities` names", "probability, of a ratio or percent"),
    (
        "SCOORD",
        "box in fractions of the image, where rows and columns are known: from the archive or the"
        " image library (TID 1602)",
    ),
    (
        "SCOORD3D",
        "centre and box in the patient's coordinates (mm, with the frame of reference); where the"
        " archive tells the planes of that frame of reference, the box on the image or frame"
        " through its middle too",
    ),
    (
        "IMAGE, Current Requested Procedure Evidence Sequence (0040,A375)",
        "study, series, image and frame",
    ),
    (
        "Algorithm Name and Version (TID 4019), else Device Observer (TID 1004), else equipment",
        "model and version",
    ),
    (
        "Tracking Unique Identifier (112040, DCM)",
        "id of the finding: a later report of it replaces the earlier one",
    ),
)

RULES = """
At most {most} findings a report. Numbers that are none are left out; a box is cut at the image.
The study is that of Accession Number (0008,0050), else of Study Instance UID (0020,000D). Patient
ID, Patient's Name and Patient's Birth Date must not contradict its order: otherwise nothing is
taken, and the message log and the study's history say so. Specific Character Set (0008,0005) is
heeded.
"""

STATUSES = (
    (store_scp.SUCCESS, "stored"),
    (store_scp.NO_RESOURCES, "not stored, the database is in trouble: send it again"),
    (store_scp.NOT_SUPPORTED, "no structured report that is read; kept"),
    (store_scp.NOT_UNDERSTOOD, "cannot be read, or names no study; kept"),
)
REASONS = (
    (dicom_web.PROCESSING, "the findings are of another patient than the study"),
    (dicom_web.NOT_SUPPORTED, "no structured report that is read"),
    (dicom_web.MISMATCH, "of another study than the address, or without content"),
    (dicom_web.NOT_UNDERSTOOD, "cannot be read"),
)


def page() -> str:
    """The whole page."""
    return "\n".join(_parts()).rstrip() + "\n"


def _parts() -> Iterator[str]:
    yield HEAD
    yield table("role | service | where", ROLES)
    yield "\n### SOP classes\n"
    yield table("SOP class | UID", ((name, f"`{uid}`") for uid, name in SOP_CLASSES.items()))
    yield "\n### Transfer syntaxes\n"
    yield table("transfer syntax | UID", ((UID(each).name, f"`{each}`") for each in UNCOMPRESSED))
    verification = f"`{store_scp.VERIFICATION}`"
    yield "\n" + LISTENER.format(verification=verification, most=store_scp.MOST_BYTES)
    fields = Settings.model_fields.items()
    own = [(name, field) for name, field in fields if name.startswith("dicom_")]
    rows = ((f"`READOUT_{name.upper()}`", field.description) for name, field in own)
    yield table("setting | meaning", rows)
    yield "\n" + table("status of C-STORE | meaning", _told(STATUSES))
    yield "\n" + STOW.format(kind=dicom_web.FILE, answer=dicom_web.ANSWER)
    yield table("failure reason | meaning", _told(REASONS))
    yield "\n" + SEARCH.format(day="{day}", most=archive_search.MOST_BYTES)
    yield CONTENT
    yield table("content | becomes", READ)
    yield RULES.format(most=MOST_FINDINGS)


def _told(codes: tuple[tuple[int, str], ...]) -> Iterator[tuple[str, str]]:
    return ((f"`{code:04X}`", meaning) for code, meaning in codes)


if __name__ == "__main__":
    PAGE.write_text(page())
