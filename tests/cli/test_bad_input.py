"""The commands on files meet bad input with one clear line, exit code 1, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run

BAD = {
    "binary": bytes(range(256)) * 20,
    "json": b'{"a":',
    "list": b"[1]",
    "huge": b"a " * 9_000_000,
}


LAUGHS = "b0: &b0 [x, x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 60))


@pytest.fixture
def run(in_process: Run) -> Run:
    return in_process


def refused(done: Done) -> str:
    assert (done.code, done.error.count("\n"), done.out) == (1, 1, ""), done.error
    assert done.error.startswith("readout: ")
    return done.error


@pytest.mark.parametrize("name", ["binary", "huge", "missing", "folder"])
@pytest.mark.parametrize(
    "command", [("merge", "--dictation"), ("facts",), ("check",), ("import-template",)]
)
def test_a_file_that_cannot_be_read(
    run: Run, command: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name])
    refused(run(*command, tmp_path / name))


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("--ai", "json", "not JSON"),
        ("--ai", "list", "list"),
        ("--study", "json", "not JSON"),
        ("--study", "list", "no JSON object"),
        ("--template", "moon", "does not exist"),
    ],
)
def test_merge_names_what_is_wrong(
    run: Run, option: str, name: str, message: str, tmp_path: Path
) -> None:
    value: object = name
    if name in BAD:
        value = tmp_path / name
        (tmp_path / name).write_bytes(BAD[name])
    error = refused(run("merge", "--dictation", "-", option, value, given=b"No nodule."))
    assert message in error
    assert name in error


@pytest.mark.parametrize(
    "arguments",
    [
        ("merge",),
        ("merge", "--dictation", "-", "--status", "done"),
        ("merge", "--dictation", "-", "--mappings", "/no/such/folder"),
        ("facts", "-", "--mappings", "/no/such/folder"),
        ("check", "-", "--mappings", "/no/such/folder"),
        ("check",),
        ("import-template",),
        ("check-mappings", "a", "b"),
    ],
)
def test_wrong_usage_is_told_as_such(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.error


@pytest.mark.parametrize("command", [("merge", "--dictation", "-"), ("facts",), ("check", "-")])
@pytest.mark.parametrize("given", [b"", b"\n", "\ufeffÄ \u2028 \x00".encode()])
def test_nothing_and_strange_characters_are_fine(
    run: Run, command: tuple[str, ...], given: bytes
) -> None:
    done = run(*command, given=given)
    assert (done.code, done.error.count("Traceback")) == (0, 0)


def test_an_export_does_not_go_into_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is a file" in refused(
        run("import-template", "ct_head", "--export", "--out", tmp_path / "file")
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (bytes(range(256)), "not valid YAML"),
        (b"[" * 5_000, ""),
        (b"a: &a [*a]\n", ""),
        (LAUGHS.encode(), ""),
        (b"#" * 9_000_000, "is larger than"),
    ],
    ids=["binary", "deep", "loop", "laughs", "large"],
)
def test_a_hostile_mapping_file_is_named(
    run: Run, body: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "bad.yaml").write_bytes(body)
    done = run("check-mappings", tmp_path)
    error = done.error
    assert done.code == 1
    assert "Traceback" not in error
    assert "bad.yaml" in error
    assert message in error


def test_what_is_no_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "zero.yaml").symlink_to("/dev/zero")
    done = run("check-mappings", tmp_path)
    assert (done.code, "zero.yaml" in done.error) == (1, True)
