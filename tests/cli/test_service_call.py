from __future__ import annotations

import pytest

from adapter.cli.service_call import call
from adapter.errors import TryAgain
from tests.peers.postgres import free_port


def test_where_no_service_runs_it_is_asked_whether_one_does() -> None:
    address = f"http://127.0.0.1:{free_port()}/api/messages"
    with pytest.raises(TryAgain, match=f"no service answers at {address} .*; does it run there?"):
        call("GET", address)
