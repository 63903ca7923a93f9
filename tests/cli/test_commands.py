"""What every command says of itself, in the list and alone."""

from __future__ import annotations

import sys

import pytest

from adapter.cli import COMMANDS
from tests.cli.conftest import Run


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_the_list_tells_of_each_command_and_loads_none(
    in_process: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for module in COMMANDS.values():
        monkeypatch.delitem(sys.modules, module, raising=False)
    done = in_process(*arguments)
    lines = {
        line.strip("│ ").partition(" ")[0]: line for line in (done.out + done.error).split("\n")
    }
    assert all(lines[name].strip("│ ").endswith(".") for name in COMMANDS)
    assert not sys.modules.keys() & set(COMMANDS.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_help_with_an_example_or_commands_of_its_own(in_process: Run, name: str) -> None:
    done = in_process(name, "--help")
    assert done.code == 0
    assert "Example" in done.out or "Commands" in done.out


def test_an_unknown_command_is_wrong_usage(in_process: Run) -> None:
    done = in_process("frobnicate")
    assert (done.code, "Traceback" in done.error) == (2, False)
