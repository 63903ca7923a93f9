"""What endpoints take from a request: the parts of the house, the accession, the body."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from adapter.domain.identifiers import Accession
from adapter.domain.people import Practitioner
from adapter.errors import Malformed, Unsupported
from adapter.web.bodies import Person
from adapter.web.parts import Parts
from adapter.web.paths import SLASH

_LONGEST = 64
_PLACE = "the accession number, 1 to 64 printable characters; a slash in it as %2F"


def parts_of(request: Request) -> Parts:
    """The workflow that serves this request."""
    parts: Parts = request.app.state.parts
    return parts


def accession_in(accession: Annotated[str, Path(description=_PLACE, examples=["A1"])]) -> Accession:
    """The accession of a path parameter; raises Malformed."""
    text = accession.replace(SLASH, "/")
    if not (text.isprintable() and text == text.strip() and 0 < len(text) <= _LONGEST):
        raise Malformed(f"the address must hold {_PLACE}", location="accession", code="accession")
    return Accession(text)


def control_id_in(control_id: Annotated[str, Path(description="MSH-10")]) -> str:
    """The control id of a path parameter."""
    return control_id.replace(SLASH, "/")


async def _raw_body(request: Request) -> bytes:
    return await request.body()


House = Annotated[Parts, Depends(parts_of)]
InPath = Annotated[Accession, Depends(accession_in)]
ControlIdInPath = Annotated[str, Depends(control_id_in)]
RawBody = Annotated[bytes, Depends(_raw_body)]


def check_media_type(request: Request, *allowed: str) -> None:
    """Raise Unsupported unless Content-Type is one of `allowed`; a page of another site cannot."""
    told = media_type(request)
    if told not in allowed:
        raise Unsupported(
            f"Content-Type is {told or 'missing'}; send {' or '.join(allowed)}",
            code="not-supported",
        )


def media_type(request: Request) -> str:
    """Content-Type without its parameters, lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def practitioner(person: Person) -> Practitioner:
    """The person as the domain knows them."""
    return Practitioner(person.id, person.family, person.given)
