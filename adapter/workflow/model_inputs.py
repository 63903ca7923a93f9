"""What a model is told about a study: gathered from the tables and the archive, then cleaned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from adapter.ai_models import chat, cxr_report_gen, med_image_insight
from adapter.ai_models.cxr_report_gen import ChestInput
from adapter.ai_models.grounding import PRIOR
from adapter.dicom.study_images import FoundImage
from adapter.domain.finding import Evidence
from adapter.domain.order import OrderStatus
from adapter.domain.prior import PriorReport
from adapter.domain.report import Report, Statement
from adapter.domain.study import Study
from adapter.errors import Rejected
from adapter.mapping.model_calls import ModelCall, When
from adapter.mapping.privacy import ImagePrivacy
from adapter.privacy.headers import cleaned
from adapter.privacy.identifiers import Identifiers
from adapter.privacy.pixels import picture
from adapter.privacy.text import Deidentifier
from adapter.reporting.sentences import split
from adapter.store import reports, studies
from adapter.workflow.identities import identifiers_of
from adapter.workflow.priors import prior_of
from adapter.workflow.study_flow import UNSIGNED, House

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MOST_PRIOR_SENTENCES = 200
_NOT_ASKED = (OrderStatus.TEMPORARY, OrderStatus.CANCELLED, OrderStatus.DISCONTINUED)


@dataclass(frozen=True)
class Gathered:
    """A study as a call finds it; texts are as they stand at home."""

    study: Study
    known: Identifiers = field(repr=False)
    prior: PriorReport | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Pictures:
    """The images that are sent, each with its header."""

    frontal: tuple[Evidence, Dataset]
    lateral: tuple[Evidence, Dataset] | None = None


def is_asked(call: ModelCall, study: Study) -> bool:
    """Whether this model is asked about such a study at all.

    Not while its order is to come: until then nobody knows what identifies the patient.
    """
    order = study.order
    if study.order_status in _NOT_ASKED or study.report_status not in UNSIGNED:
        return False
    said = f"{order.procedure.text} {order.procedure.code}".casefold()
    fits = not call.modalities or order.modality in call.modalities
    return fits and (not call.procedures or any(w.casefold() in said for w in call.procedures))


def gather(tx: sa.Connection, call: ModelCall, accession: str, house: House) -> Gathered | None:
    """What the tables hold for the call; None where it is not to be made."""
    study = studies.find(tx, accession)
    if study is None or not is_asked(call, study):
        return None
    prior = prior_of(tx, study, house.tables, house.access)
    last = reports.latest(tx, accession) if "draft" in call.send else None
    if "draft" in call.send and last is None:
        return None
    statements = tuple(_statements(reports.shown(last), call.chat.not_from)) if last else ()
    return Gathered(study, identifiers_of(tx, study, prior), prior, statements)


def _statements(report: Report, but: Iterable[str]) -> Iterable[Statement]:
    left_out = set(but)
    return (
        each
        for section in report.sections
        if section.id not in left_out
        for each in section.statements
    )


def sources(call: ModelCall, gathered: Gathered) -> dict[str, str]:
    """Id -> sentence: of the draft `s…`, of the prior report `prior-…`."""
    found = {each.id: each.text for each in gathered.statements}
    wants_prior = "comparison" in call.chat.tasks or "prior_report" in call.send
    if gathered.prior is not None and wants_prior:
        text = gathered.prior.text
        spans = split(text)[:_MOST_PRIOR_SENTENCES]
        found |= {f"{PRIOR}{n}": text[start:end] for n, (start, end) in enumerate(spans, 1)}
    return found


def choose(call: ModelCall, gathered: Gathered, found: list[FoundImage]) -> list[FoundImage]:
    """The frontal image and, where it is sent, the lateral one; raises Rejected.

    Images of another patient are refused, however the archive came to list them here.
    """
    mrn = gathered.study.order.patient.mrn.reveal()
    if any(each.patient_id and mrn and each.patient_id.strip() != mrn for each in found):
        raise Rejected("the archive lists images of another patient under this study")
    any_view = call.kind == "med_image_insight"
    frontal = [each for each in found if any_view or each.view in call.frontal_views]
    if not frontal:
        raise Rejected("no image of the study is a frontal one (ViewPosition)")
    lateral = [each for each in found if each.view in call.lateral_views]
    return [frontal[0], *(lateral[:1] if "lateral_image" in call.send else [])]


def request(
    call: ModelCall,
    gathered: Gathered,
    pictures: Pictures | None,
    names: Deidentifier,
    rule: ImagePrivacy,
) -> dict[str, object]:
    """The body of the call, with every text cleaned; raises PictureRefused."""
    if call.kind == "chat":
        told = {name: names.text(text) for name, text in sources(call, gathered).items()}
        return chat.request(call.model, call.chat, told)
    if pictures is None:
        raise Rejected("the call needs images")
    frontal = _png(pictures.frontal[1], rule)
    if call.kind == "med_image_insight":
        return med_image_insight.request(frontal, call.labels)
    lateral = pictures.lateral
    told = _texts(call, gathered, pictures, rule)
    clean = {name: names.text(text) for name, text in told.items()}
    return cxr_report_gen.request(
        ChestInput(frontal, _png(lateral[1], rule) if lateral else None, **clean)
    )


def _png(image: Dataset, rule: ImagePrivacy) -> bytes:
    return picture(image, rule)


def _texts(
    call: ModelCall, gathered: Gathered, pictures: Pictures, rule: ImagePrivacy
) -> dict[str, str]:
    """The texts that are sent, as they stand at home."""
    order, prior = gathered.study.order, gathered.prior
    header = cleaned(pictures.frontal[1], rule.header)
    view = str(header.get("ViewPosition", ""))
    shown = (order.procedure.text, f"{view} view" if view else "")
    told = {
        "indication": order.reason.reveal(),
        "technique": ", ".join(filter(None, shown)),
        "comparison": f"{prior.procedure} {prior.date}".strip() if prior else "",
        "prior_report": prior.text if prior else "",
    }
    return {name: text for name, text in told.items() if name in call.send}


def triggers(call: ModelCall, study: Study, draft: int | None, order_digest: str) -> list[str]:
    """What of this study asks for the call now: the last part of the job's key."""
    due: dict[When, str] = {"order": f"order-{order_digest}", "images": "images"}
    if draft is not None:
        due["draft"] = f"draft-{draft}"
    return [due[when] for when in call.when if when in due] if is_asked(call, study) else []
