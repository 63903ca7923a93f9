"""The one error tree. A class says what to do: reject, try again, or ask a person."""

from __future__ import annotations


class ReadoutError(Exception):
    """Base of all errors that Readout raises on purpose; the message tells a person what to do."""


class ConfigurationError(ReadoutError):
    """A setting or a mapping file is wrong; nothing runs until it is mended."""


class Rejected(ReadoutError):
    """The input can never be accepted as it is (AE/AR, HTTP 4xx).

    `location` names the field: an ERL such as `OBR^1^18`, a FHIRPath or a JSON pointer.
    """

    http_status = 422

    def __init__(self, message: str, *, location: str = "", code: str = "invalid") -> None:
        super().__init__(message)
        self.location = location
        self.code = code


class Malformed(Rejected):
    """The input cannot be read at all (AR, HTTP 400)."""

    http_status = 400


class NotFound(Rejected):
    """What was asked for is not here (HTTP 404)."""

    http_status = 404


class Conflict(Rejected):
    """The study or report is not in a state that allows this (HTTP 409)."""

    http_status = 409


class TooLarge(Rejected):
    """The input is over a limit (HTTP 413); the message names the limit and its setting."""

    http_status = 413


class Unsupported(Rejected):
    """A kind of input that Readout does not take: message type, audio format (AR, HTTP 415)."""

    http_status = 415


class TryAgain(ReadoutError):
    """Passing trouble: try again after `after` seconds (None: by the caller's own rule)."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class NeedsPerson(ReadoutError):
    """No retry can mend this; it is parked and shown until a person decides."""
