"""How one dictation system of the PowerScribe kind takes custom fields (unofficial web service)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.mapping.files import MappingTable

_VARIABLE = r"^[A-Z_][A-Z0-9_]*$"


class CustomFieldsProfile(MappingTable):
    """A portal with ASMX services, as public client programs call it: not a vendor's document.

    Ask the vendor before it is enabled: the service is licensed, and another version may differ.
    """

    base_url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Address of the portal, such as `https://reporting.hospital.example/RadPortal`."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts, addresses and networks inside that `base_url` may name."""
    plain_http: bool = False
    """Whether name and password may go unencrypted to a host of `allowed_hosts`."""
    username_env: str = Field(pattern=_VARIABLE)
    """Name of the environment variable that holds the account's name."""
    password_env: str = Field(pattern=_VARIABLE)
    """Name of the environment variable that holds its password."""
    system_id: str = "0"
    """`systemID` of the sign-in."""
    site: str = ""
    """`site` of the search by accession; empty: every site."""
    fields: dict[str, str] = Field(min_length=1)
    """Custom field of the order -> id of the section that fills it, or `report` for all of them.

    The section may be missing in a report: the field is emptied.
    """
    longest: int = Field(4000, ge=1, le=100_000)
    """Most characters of a value; a longer one is held for a person, never cut."""
    idle_minutes: float = Field(25.0, gt=0)
    """After so long without a call we sign in anew."""
    session_over: str = r"(?i)session|sign ?in|log ?[io]n|not authenticated"
    """Pattern of refusals that mean that the session is over: we sign in anew, once."""
    on_missing: Literal["hold", "retry"] = "hold"
    """What an accession that is not found there means."""
    answer_seconds: float = Field(15.0, gt=0, le=120)
    """Longest wait for one answer."""
