"""For a process under libfaketime, whose sleep until a moment that is past fails."""

import select
import time


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep
