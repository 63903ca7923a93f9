"""Where AI engines post results in their own JSON: `mappings/ai_webhooks/` reads it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.errors import NotFound
from adapter.mapping.ai_webhooks import protocol_of
from adapter.oauth.tokens import NotAuthenticated
from adapter.web.requests import House, RawBody, check_media_type

router = APIRouter(prefix="/api/ai-results", tags=["AI results"])

TYPE = "AI result"
_LONGEST_ID = 100
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"description": "JSON of the engine's form."}}},
    }
}


class ResultTaken(BaseModel):
    """What became of a result."""

    state: MessageState
    """`applied`; `waiting` for the order of its study; `duplicate` of one that was stored."""


@router.post("/{name}", status_code=202, openapi_extra=_BODY)
def take(
    name: Annotated[str, Path(max_length=40)], request: Request, body: RawBody, parts: House
) -> ResultTaken:
    """Store a result of an AI engine; the report follows. It signs, or shows its token."""
    receiver = parts.ai_posts.webhooks.get(name)
    if receiver is None:
        raise NotFound("no AI engine of this name is known here", code="not-found")
    headers = {key.lower(): value for key, value in request.headers.items()}
    if not receiver.knows(headers, body, parts.house.clock.now()):
        raise NotAuthenticated("the signature or token is not that of this engine")
    check_media_type(request, "application/json")
    sha256 = sha256_hex(body)
    message = InboundMessage(
        protocol=protocol_of(name),
        peer=f"{request.client.host}:{request.client.port}" if request.client else "",
        sender=name,
        control_id=headers.get("webhook-id", "")[:_LONGEST_ID] or sha256[:20],
        type=TYPE,
        body=body,
        body_sha256=sha256,
        received_at=parts.house.now(),
    )
    state = parts.intake.take(message)
    return ResultTaken(state=MessageState.APPLIED if state is MessageState.RECEIVED else state)
