"""`readout plug-in-manifest`: the extension.yaml that registers the plug-in with its platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapter.mapping.files import MappingFiles
from adapter.mapping.plug_in import load_plug_in, manifest


def command(
    mappings: Annotated[
        Path | None, typer.Option(help="The site's mapping files; left out: those of the package.")
    ] = None,
) -> None:
    """Print the manifest of the plug-in, from plug_in.yaml.

    Example: readout plug-in-manifest --mappings mappings > extension.yaml
    """
    typer.echo(manifest(load_plug_in(MappingFiles(site=mappings))), nl=False)
