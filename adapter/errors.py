"""The one error tree. A class says what to do: reject, try again, or ask a person."""

from __future__ import annotations

import os


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


class PreconditionFailed(Rejected):
    """What the sender took for granted does not hold: If-Match, one match (HTTP 412)."""

    http_status = 412


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


def cannot_listen(
    door: str, host: str, port: int, error: OSError, advice: str
) -> ConfigurationError:
    """A place to listen on that cannot be had, and what to do about it."""
    named = error.errno is not None and error.errno > 0  # not so for an address that is none
    reason = os.strerror(error.errno or 0) if named else error.strerror
    return ConfigurationError(f"{door} cannot listen on {host}:{port}: {reason}; {advice}")
