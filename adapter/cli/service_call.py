"""Asks a running service over HTTP; its refusals become errors of the command."""

from __future__ import annotations

from typing import Any

import httpx

from adapter.errors import Malformed, ReadoutError, Rejected, TryAgain


def call(method: str, address: str, **request: Any) -> dict[str, Any]:
    """The JSON object that the service answers.

    Raises Rejected with its reason, TryAgain when it does not answer, Malformed for no address.
    """
    try:
        answer = httpx.request(method, address, timeout=60.0, **request)
        told = answer.json()
    except httpx.InvalidURL as error:
        raise Malformed(f"--to is not an address: {error}") from None
    except httpx.ConnectError as error:
        raise TryAgain(f"no service answers at {address} ({error}); does it run there?") from None
    except httpx.HTTPError as error:
        raise TryAgain(f"no answer from {address}: {error or type(error).__name__}") from None
    except ValueError:
        raise ReadoutError(f"{address} answered {answer.status_code}, but not as Readout") from None
    if answer.is_success:
        return dict(told)
    raise Rejected(f"refused with {answer.status_code}: {told.get('detail', '')}")
