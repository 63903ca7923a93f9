"""Which studies are kept apart, by labels from their orders, and who may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from adapter.domain.access import Sight
from adapter.domain.order import Order
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.roles import Role, values_of

FILE = "access.yaml"
EVERY = "*"
_MOST_LABELS = 40  # an index of PostgreSQL holds 2,700 bytes a row

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,15}$")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Patterns = tuple[Pattern, ...]
Visible = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_-]{0,15})$")]


class LabelCondition(MappingTable):
    """What an order must tell; of each key that is given one pattern must fit, `*` is anything."""

    facility: Patterns = ()
    """Facility that sends it (`facility` of orders.yaml; FHIR: Encounter.serviceProvider)."""
    location: Patterns = ()
    """Where the patient is (`location` of orders.yaml; FHIR: Encounter.location)."""
    service: Patterns = ()
    """Hospital service (`service` of orders.yaml; FHIR: Encounter.serviceType)."""
    patient_class: Patterns = ()
    """Class of the patient, such as I, O and E (PV1-2; FHIR: Encounter.class)."""
    confidentiality: Patterns = ()
    """How it is to be kept, such as V and R (`confidentiality` of orders.yaml; FHIR:
    meta.security)."""
    issuer: Patterns = ()
    """Who gave the patient's number."""
    modality: Patterns = ()
    """Modality (DICOM)."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("names nothing that an order must tell")
        return self

    def fits(self, order: Order) -> bool:
        """Whether this order is meant."""
        origin = order.origin
        told: Mapping[str, Iterable[str] | None] = {
            "facility": origin.facility,
            "location": origin.location,
            "service": origin.service,
            "confidentiality": origin.confidentiality,
            "patient_class": (order.patient_class,),
            "issuer": (order.patient.issuer,),
            "modality": (order.modality,),
        }
        asked = ((getattr(self, name), told[name] or ()) for name in told)
        return all(_one_fits(patterns, values) for patterns, values in asked if patterns)


class AccessLabel(MappingTable):
    """A label of studies."""

    title: str = Field(min_length=1, max_length=80)
    """What people call it."""
    when: tuple[LabelCondition, ...] = Field(min_length=1)
    """Orders whose studies have it: those that one of these fits."""
    break_glass: bool = False
    """Whether who may break glass can open such a study with a reason, and is told by a search for
    its exact accession that it is there."""


class SeenBy(MappingTable):
    """Who may see studies that have labels; all that apply count."""

    roles: tuple[Role, ...] = ()
    """Who has one of these roles; `service` are programs."""
    claim: str = ""
    """Or whose login or token holds, in this claim, one of `values`."""
    values: tuple[Pattern, ...] = ()
    """Values of the claim."""
    programs: tuple[Pattern, ...] = ()
    """Or the program of this name: `sub` of its token, or the name of its own token."""
    labels: tuple[Visible, ...] = Field(min_length=1)
    """What they may see besides studies without a label; `*`: every label."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if bool(self.claim) != bool(self.values):
            raise ValueError("claim and values go together")
        if not (self.roles or self.claim or self.programs):
            raise ValueError("names nobody: give roles, claim with values, or programs")
        return self


class AccessRules(MappingTable):
    """Access by study. A study is seen by who may see every one of its labels."""

    labels: dict[Label, AccessLabel] = Field(default_factory=dict, max_length=_MOST_LABELS)
    """Labels of studies; none: whose role lets them see studies sees them all."""
    otherwise: tuple[Label, ...] = ()
    """Labels of a study that no label fits."""
    seen_by: tuple[SeenBy, ...] = ()
    """Who may see which."""
    break_glass_reasons: dict[Label, str] = Field(default_factory=dict)
    """Reasons that can be given for breaking glass, and how they read."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        named = {*self.otherwise, *(each for rule in self.seen_by for each in rule.labels)}
        if strange := sorted(named - {EVERY, *self.labels}):
            raise ValueError(f"{', '.join(strange)} is none of the labels listed")
        if any(each.break_glass for each in self.labels.values()) and not self.break_glass_reasons:
            raise ValueError("break_glass needs break_glass_reasons")
        return self

    @property
    def are_there(self) -> bool:
        """Whether studies are kept apart at all."""
        return bool(self.labels)

    def labels_of(self, order: Order) -> tuple[str, ...]:
        """The labels of an order's study, in alphabetical order."""
        return tuple(sorted(self.fitting(order) or self.otherwise))

    def fitting(self, order: Order) -> list[str]:
        """The labels that an order tells by itself."""
        return [
            name
            for name, label in self.labels.items()
            if any(each.fits(order) for each in label.when)
        ]

    def by_claims(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Labels that a login or token gives by its claims."""
        return _labels(
            rule
            for rule in self.seen_by
            if rule.claim and not set(rule.values).isdisjoint(values_of(claims, rule.claim))
        )

    def by_roles(self, roles: Iterable[str]) -> frozenset[str]:
        """Labels that roles give."""
        held = set(roles)
        return _labels(rule for rule in self.seen_by if not held.isdisjoint(rule.roles))

    def by_program(self, name: str) -> frozenset[str]:
        """Labels that a program may see by its name."""
        return _labels(rule for rule in self.seen_by if name in rule.programs)

    def sight(self, labels: frozenset[str], opened: Mapping[str, str]) -> Sight:
        """Of somebody who may see these labels."""
        if not self.are_there or EVERY in labels:
            return Sight()
        return Sight(labels, opened)

    def may_be_opened(self, labels: Iterable[str]) -> bool:
        """Whether glass may be broken for a study with these labels."""
        return all(
            (known := self.labels.get(each)) is not None and known.break_glass for each in labels
        )


def load_access_rules(files: MappingFiles) -> AccessRules:
    """The rules of this site; raises ConfigurationError."""
    return files.get(FILE).read(AccessRules)


def _labels(rules: Iterable[SeenBy]) -> frozenset[str]:
    return frozenset(label for rule in rules for label in rule.labels)


def _one_fits(patterns: Patterns, values: Iterable[str]) -> bool:
    told = [each for each in values if each]
    return any(_pattern(each).fullmatch(value) for each in patterns for value in told)


@lru_cache(maxsize=1_000)
def _pattern(told: str) -> re.Pattern[str]:
    return re.compile(translate(told), re.IGNORECASE)
