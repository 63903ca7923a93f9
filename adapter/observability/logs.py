"""Structured logs on standard error, one JSON object a line, without patient data.

Phi values print as <phi>. Of an exception stand its class and where it happened, never its message,
which may quote what was read. What a library says is told as it stands in its source, without the
values; a text that it has put together itself is left out, the place of it stands there instead.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

_OURS = ("adapter", "__main__")
_FRAMES = 12
_UNTOLD = "a library's message with values in it"
_NOISY = ("httpx", "httpcore", "alembic", "dbos", "faster_whisper")

Processors = list[structlog.typing.Processor]


def configure_logs(level: str) -> None:
    """Send our own and all libraries' log lines of at least `level` through one formatter."""
    shared: Processors = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_without_values)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=["place"]), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=repr),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("dbos").handlers[:] = [logging.NullHandler()]  # else it makes one of its own
    _take_what_is_printed()


def where(error: BaseException) -> list[str]:
    """The innermost frames of an exception."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _without_messages(_logger: Any, _method: str, event: Any) -> Any:
    """Class and place of an exception, and of what it came from."""
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["error"], event["where"] = type(error).__name__, where(error)
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["cause"] = type(cause).__name__
    return event


def _without_values(record: logging.LogRecord) -> bool:
    """A line of a library keeps what stands in its source; the record itself is changed."""
    if record.name.split(".")[0] in _OURS or isinstance(record.msg, Mapping):
        return True  # ours; structlog hands over a mapping
    record.msg = record.msg if _is_constant(record) else _UNTOLD
    record.args = ()
    record.place = f"{record.name} {Path(record.pathname).name}:{record.lineno}"
    record.exc_text = record.stack_info = None
    return True


def _is_constant(record: logging.LogRecord) -> bool:
    """Whether the text stands so, in quotes, where the line comes from."""
    if not isinstance(record.msg, str):
        return False
    source, text = _source(record.pathname), record.msg.encode("unicode_escape").decode()
    return any(f"{quote}{text}{quote}" in source for quote in "'\"")


@lru_cache(maxsize=200)
def _source(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _take_what_is_printed() -> None:
    """Warnings, and exceptions that nobody caught, quote values, too."""
    logging.captureWarnings(True)
    log = logging.getLogger(f"{_OURS[0]}.uncaught")

    def uncaught(
        _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        log.critical("nobody caught an error", exc_info=error)

    sys.excepthook = uncaught
    threading.excepthook = lambda told: log.critical(
        "nobody caught an error of a thread", exc_info=told.exc_value
    )
    sys.unraisablehook = lambda told: log.error(
        "an error could not be raised", exc_info=told.exc_value
    )
