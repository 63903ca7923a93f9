"""Who may do what: roles as sets of scopes, and which claims of a login give which role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from adapter.domain.access import SCOPE_PATTERN
from adapter.domain.people import Practitioner
from adapter.mapping.files import MappingFiles, MappingTable

FILE = "roles.yaml"
SERVICE = "service"
"""The role of programs: what a service token may hold at most."""

Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
ScopeName = Annotated[str, StringConstraints(pattern=SCOPE_PATTERN)]
_LONGEST_NUMBER, _LONGEST_NAME = 64, 100


class ClaimRule(MappingTable):
    """A claim of the ID token whose values stand for roles."""

    claim: str = Field(min_length=1)
    """Its name; of one within another with a dot between, such as `realm_access.roles`."""
    roles: dict[str, Role] = Field(min_length=1)
    """Value of the claim, or one of its list -> role here."""


class PersonClaims(MappingTable):
    """Which claims name the person; the first that is there counts."""

    number: tuple[str, ...] = ("fhirUser",)
    """Number in the hospital's directory; of a reference its last part (`Practitioner/1001`).

    A bearer token that holds none of them is of a program; a login falls back to `sub`."""
    family: tuple[str, ...] = ("family_name", "name")
    """Family name."""
    given: tuple[str, ...] = ("given_name",)
    """Given names."""


class Roles(MappingTable):
    """Roles of this site, and who has which."""

    roles: dict[Role, tuple[ScopeName, ...]]
    """Role -> scopes: what who has it may do. `service` is the most that a service token holds."""
    claims: tuple[ClaimRule, ...] = ()
    """By what a login has its roles; all that apply are had."""
    default: tuple[Role, ...] = ()
    """Roles of a login to which no claim gives one; none: it is refused."""
    person: PersonClaims = PersonClaims()
    """Which claims name the person."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        named = [*self.default, *(role for rule in self.claims for role in rule.roles.values())]
        if strange := sorted({each for each in named if each not in self.roles}):
            raise ValueError(f"{', '.join(strange)} is none of the roles listed")
        return self

    def scopes(self, held: Iterable[str]) -> frozenset[str]:
        """What these roles let one do; one that is no longer listed lets nothing."""
        return frozenset(scope for role in held for scope in self.roles.get(role, ()))

    def of(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """The roles of a login."""
        found = {
            role
            for rule in self.claims
            for value in values_of(claims, rule.claim)
            if (role := rule.roles.get(value))
        }
        return tuple(sorted(found)) or self.default

    def person_of(self, claims: Mapping[str, Any], otherwise: str = "") -> Practitioner | None:
        """The person whom the claims name; `otherwise`: the number where none is told."""
        number = _first(claims, self.person.number).rpartition("/")[2] or otherwise
        if not number or not number.isprintable() or len(number) > _LONGEST_NUMBER:
            return None
        family, given = (_first(claims, each) for each in (self.person.family, self.person.given))
        return Practitioner(number, family[:_LONGEST_NAME], given[:_LONGEST_NAME])


def load_roles(files: MappingFiles) -> Roles:
    """The roles of this site; raises ConfigurationError."""
    return files.get(FILE).read(Roles)


def _first(claims: Mapping[str, Any], names: Iterable[str]) -> str:
    told = (value for name in names for value in values_of(claims, name))
    return next((each for each in told if each.strip()), "").strip()


def values_of(claims: Mapping[str, Any], name: str) -> Iterator[str]:
    """Values of a claim by its whole name (which may hold dots), else by its path."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, str):
            yield each
