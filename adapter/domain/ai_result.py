"""What one message of an AI engine tells about one study, whichever protocol brought it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient

NOBODY = Patient(mrn=Phi(""))
"""Where a message does not say whose study it is about."""

_INSIDE = re.compile(r"['’`.]")
_BETWEEN = re.compile(r"[\W_]+")
_SPELLED_OUT = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))  # Mueller is Müller


@dataclass(frozen=True, slots=True)
class AiResult:
    """Draft findings for the study of an accession, else of a DICOM study UID."""

    source: str  # who sent them, as the history of the study names it
    findings: tuple[AiFinding, ...]
    accession: str = ""
    study_uid: str = ""
    patient: Patient = NOBODY


def contradiction(known: Patient, told: Patient) -> str:
    """What says that these are two patients, such as "birth date"; "" where nothing does.

    Two issuers have two numbers for one patient: then name or birth date must agree. Names agree
    where each part that both tell shares a word, or the initial of one.
    """
    born = known.birth_date and told.birth_date
    if born and known.birth_date != told.birth_date:
        return "birth date"
    named = ((known.family, told.family), (known.given, told.given))
    if not all(_same_name(*each) for each in named):
        return "name"
    if not (known.mrn and told.mrn) or known.mrn == told.mrn:
        return ""
    other_issuer = known.issuer and told.issuer and known.issuer != told.issuer
    known_by_more = born or (known.family and told.family)
    return "" if other_issuer and known_by_more else "number"


def _same_name(one: Phi, other: Phi) -> bool:
    ours, theirs = (_words(each.reveal()) for each in (one, other))
    if not ours or not theirs:
        return True
    return any(_alike(a, b) for a in ours for b in theirs)


def _alike(one: str, other: str) -> bool:
    initial = min(len(one), len(other)) == 1
    return one == other or (initial and one[0] == other[0])


def _words(name: str) -> list[str]:
    """Without case, accents and spellings of them."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(each for each in folded if not unicodedata.combining(each))
    for long, short in _SPELLED_OUT:
        plain = plain.replace(long, short)
    return _BETWEEN.sub(" ", _INSIDE.sub("", plain)).split()
