"""What a session asks of the workspace; the workflow answers. All calls may block."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from adapter.fhircast.content import Change, Content
from adapter.fhircast.context import Context
from adapter.fhircast.sync_error import NotFollowed


class Seat(NamedTuple):
    """One user's session at a hub."""

    hub: str
    topic: str


class Workspace(Protocol):
    """Shows the study of a context, keeps what others share, and shares what is drafted."""

    def connection(self, seat: Seat, state: str, reason: str) -> None:
        """How the connection to the hub stands: connected, away, denied or left."""

    def follow(self, seat: Seat, context: Context | None) -> int:
        """Show this context; 200 done, 202 not yet, 409 refused. Asked twice it does it once."""

    def is_waiting(self, seat: Seat) -> bool:
        """Whether what was not followed might be by now."""

    def shared(self, seat: Seat, context: Context, change: Change) -> None:
        """Others have changed the content of the context."""

    def selected(self, seat: Seat, context: Context, names: tuple[str, ...]) -> None:
        """The focus (`Type/id`) of another application; () for none."""

    def out_of_step(self, seat: Seat, about: NotFollowed) -> None:
        """Somebody does not follow."""

    def refused(self, seat: Seat, reason: str) -> None:
        """The hub does not take our change."""

    def wanted(self, seat: Seat, context: Context) -> Content | None:
        """What we share in this context; None: nothing is to be changed."""

    def is_signed(self, seat: Seat, context: Context) -> bool | None:
        """Whether the report is signed here; None where the context is not followed."""
