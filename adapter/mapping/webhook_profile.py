"""How one HTTP address wants to hear of reports and flags."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.mapping.files import MappingTable


class WebhookProfile(MappingTable):
    """One address that takes signed JSON (https://www.standardwebhooks.com)."""

    url: str = Field(pattern=r"^https?://[^\s#]+$")
    """Where it is posted. Without TLS only to this machine or a host of `allowed_hosts`."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts, addresses and networks inside that `url` may name; public ones need no list."""
    content: tuple[Literal["report", "flags"], ...] = Field(("report", "flags"), min_length=1)
    """What is told: the report's text by sections, and what the checks say.

    With `flags` alone the event is `check.flags`, else `report.` and its kind (`report.final`).
    """
    secret_envs: tuple[str, ...] = Field(min_length=1)
    """Names of environment variables that hold the secrets (`whsec_` and Base64).

    Each signs; while a secret is replaced, both stand here.
    """
    answer_seconds: float = Field(10.0, gt=0, le=120)
    """Longest wait for the answer."""
    answers: dict[int, Literal["hold", "retry"]] = Field({})
    """What refusals mean, by HTTP status: `hold` waits for a person, `retry` is sent again later.

    Not listed: 408, 425, 429 and 5xx are tried again, others hold.
    """
