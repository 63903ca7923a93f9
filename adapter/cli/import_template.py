"""`readout import-template`: drafts from templates of other makers; and a template as MRRT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from adapter.cli.inputs import Mappings, read_bytes
from adapter.errors import Rejected
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.importers.door import import_templates, to_yaml
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.mrrt_export import mrrt_html
from adapter.mapping.templates import Templates, read_template
from adapter.reporting.template_lint import lint


class _Made(NamedTuple):
    """A file that is made: its name, its text, and what a person should know of it."""

    name: str
    text: str
    notes: tuple[str, ...] = ()


def command(
    file: Annotated[
        str,
        typer.Argument(
            help="MRRT HTML, PowerScribe AutoText (XML or RTF) or bracket text; - is standard"
            " input. With --export: id of a template."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; left out: standard output.")
    ] = None,
    export: Annotated[bool, typer.Option("--export", help="Write a template as MRRT.")] = False,
    mappings: Mappings = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a template.")] = False,
) -> None:
    """Make drafts of templates; what was not understood goes to standard error.

    A draft is never chosen for an order until its status is set to `active`.

    Example: readout import-template chest.html --out /etc/readout/mappings/templates
    """
    files = MappingFiles(site=mappings)
    lexicon, _ = Lexicon.load(files)
    made = (
        [_exported(file, files, lexicon)]
        if export
        else list(_imported(file, read_bytes(file), lexicon))
    )
    for each in made:
        path = _write(each, out) if out else None
        _print(each, path, as_json)


def _exported(id: str, files: MappingFiles, lexicon: Lexicon) -> _Made:
    templates, _ = Templates.load(files, lexicon)
    return _Made(f"{id}.html", mrrt_html(templates.get(id).table))


def _imported(file: str, body: bytes, lexicon: Lexicon) -> Iterator[_Made]:
    stem = "Imported template" if file == "-" else Path(file).stem
    used: set[str] = set()
    for each in import_templates(body, stem.replace("_", " "), lexicon):
        id = _free(each.table.id, used)
        table = each.table.model_copy(update={"id": id})
        text = to_yaml(table)
        yield _Made(f"{id}.yaml", text, (*each.notes, *_to_mend(id, text, lexicon)))


def _free(id: str, used: set[str]) -> str:
    """The id, with a number when another template of the file has it."""
    names = [id, *(f"{id[:56]}_{n}" for n in range(2, len(used) + 3))]
    free = next(name for name in names if name not in used)
    used.add(free)
    return free


def _to_mend(id: str, text: str, lexicon: Lexicon) -> Iterator[str]:
    """What the lint says of the draft, read again as the service would read it."""
    file = MappingFile(f"templates/{id}.yaml", Path(f"{id}.yaml"), text.encode())
    for fault in lint(read_template(file, lexicon), lexicon):
        yield f"to mend: {fault}"


def _write(made: _Made, out: Path) -> Path:
    path = out / made.name
    if out.exists() and not out.is_dir():
        raise Rejected(f"{out} is a file; name a folder as --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as target:
            target.write(made.text)
    except FileExistsError:
        raise Rejected(f"{path} is there already; move it away or choose another --out") from None
    except OSError as error:
        raise Rejected(f"{path} cannot be written: {error.strerror}") from None
    return path


def _print(made: _Made, path: Path | None, as_json: bool) -> None:
    if as_json:
        row = {"name": made.name, "file": str(path) if path else None, "text": made.text}
        typer.echo(json.dumps({**row, "notes": made.notes}, ensure_ascii=False))
        return
    typer.echo(f"wrote {path}" if path else made.text, nl=path is not None)
    for note in made.notes:
        typer.echo(f"{made.name}: {note}", err=True)
