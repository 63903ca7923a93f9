"""A pytest plugin: collects once, then runs the tests against each fault in a fork of its own.

A fault replaces the code of one function in place, so that whoever imported it has it, too. Only
the tests that call the function run, the quickest first, until one fails.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

from tests.mutation.faults import Fault
from tests.reporting.tables import tables

ROOT = Path(__file__).resolve().parents[2]
SLOW = 20.0  # seconds of a test while it is watched, beyond which it is left out
PATIENCE = 10  # seconds of CPU beside twice what its tests take; one that hangs is noticed, too
MEMORY = 3 << 30
_KILLED, _SURVIVED, _UNTOUCHED = 1, 0, 7


class Calls(NamedTuple):
    """What a run without fault tells."""

    tests: dict[str, list[int]]  # file:function -> the tests that call it, the quickest first
    taken: list[float]  # seconds of each test


class Mutations:
    """Runs the tests against faults; `outcome` gets each fault with whether it was noticed."""

    def __init__(
        self, faults: list[Fault], jobs: int, outcome: Callable[[Fault, str, str], None]
    ) -> None:
        self._faults = faults
        self._jobs = jobs
        self._outcome = outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of the usual loop: a first run that learns, then one fork a fault."""
        items = [each for each in session.items if isinstance(each, pytest.Function)]
        for item in items:
            _shorten(item)
        tables()  # read once, for all the forks
        calls = _learn(items)
        print(f"{len(items)} tests in {sum(calls.taken):.0f} s", file=sys.stderr, flush=True)
        gc.collect()
        gc.freeze()  # so that the forks share what is in memory
        running: dict[int, tuple[Fault, int]] = {}
        waiting = list(reversed(self._faults))
        while waiting or running:
            while waiting and len(running) < self._jobs:
                fault = waiting.pop()
                pid, pipe = _fork(lambda out, f=fault: _child(f, items, calls, out))
                running[pid] = fault, pipe
            pid, status = os.wait()
            fault, pipe = running.pop(pid)
            with os.fdopen(pipe) as said:
                by = said.read()
            self._outcome(fault, _verdict(status), by)
        return True


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "killed"  # for its time or its memory
    code = os.WEXITSTATUS(status)
    return {_SURVIVED: "survived", _UNTOUCHED: "untouched"}.get(code, "killed")


def _fork(work: Callable[[int], int]) -> tuple[int, int]:
    """Run `work` in a child; returns its pid and the end of a pipe that it writes to."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    os.close(read)
    code = 1
    try:
        code = work(write)
    except BaseException:
        code = _KILLED
    finally:
        os._exit(code)


def _shorten(item: pytest.Function) -> None:
    """A property tries fewer examples, the same each time, and does not look for a smaller one."""
    known = getattr(item.obj, "_hypothesis_internal_use_settings", None)
    if known is not None:
        item.obj._hypothesis_internal_use_settings = settings(
            known,
            max_examples=40,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
        )


def _learn(items: list[pytest.Function]) -> Calls:
    """Which tests call which function. Learned in a child, so that nothing is remembered here."""

    def work(out: int) -> int:
        found: dict[str, list[int]] = {}
        taken = [0.0] * len(items)
        for number, item in enumerate(items):
            seen: set[CodeType] = set()

            def note(frame: Any, event: str, _: Any, seen: set[CodeType] = seen) -> None:
                if event == "call":
                    seen.add(frame.f_code)

            start = time.process_time()
            sys.setprofile(note)
            try:
                failed = _fails(item)
            finally:
                sys.setprofile(None)
            taken[number] = time.process_time() - start
            if failed or taken[number] > SLOW:
                continue
            for code in seen:
                if "/adapter/reporting/" in code.co_filename:
                    key = f"{Path(code.co_filename).name}:{code.co_qualname}"
                    found.setdefault(key, []).append(number)
        calls = {key: sorted(set(each), key=taken.__getitem__) for key, each in found.items()}
        with os.fdopen(out, "w") as told:
            json.dump([calls, taken], told)
        return 0

    pid, pipe = _fork(work)
    with os.fdopen(pipe) as told:
        calls = Calls(*json.load(told))
    os.waitpid(pid, 0)
    return calls


def _child(fault: Fault, items: list[pytest.Function], calls: Calls, out: int) -> int:
    tests = calls.tests.get(f"{fault.path.name}:{fault.where}", [])
    if not tests:
        return _UNTOUCHED
    most = PATIENCE + int(2 * sum(calls.taken[number] for number in tests))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    _put_in(fault)
    for number in tests:
        if _fails(items[number]):
            os.write(out, items[number].nodeid.encode())
            return _KILLED
    return _SURVIVED


def _fails(item: pytest.Function) -> bool:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        reports = runtestprotocol(item, log=False, nextitem=None)
    return any(report.failed for report in reports)


def _put_in(fault: Fault) -> None:
    """Give the running function the code of the faulty one, and forget what it has answered."""
    name = ".".join(fault.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    made = compile(fault.tree(), str(fault.path), "exec")
    code = next(each for each in _codes(made) if each.co_qualname == fault.where)
    _function(module, fault.where).__code__ = code
    for each in list(sys.modules.values()):
        if getattr(each, "__name__", "").startswith("adapter."):
            for value in list(vars(each).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _function(module: ModuleType, where: str) -> FunctionType:
    found: Any = module
    for part in where.split("."):
        found = vars(found)[part]
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, cached_property):
        found = found.func
    found = getattr(found, "__wrapped__", getattr(found, "__func__", found))
    assert isinstance(found, FunctionType), where
    return found
