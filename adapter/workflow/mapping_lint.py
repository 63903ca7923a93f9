"""What is wrong with a mapping file, as the service would read it."""

from __future__ import annotations

from collections.abc import Callable

from adapter.errors import ReadoutError
from adapter.mapping.files import MappingFile, MappingTable
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import MacroFile, TemplateTable
from adapter.mapping.templates import read_template
from adapter.reporting.template_lint import lint, macro_faults


def file_faults(file: MappingFile, kind: type[MappingTable], lexicon: Lexicon | None) -> list[str]:
    """One line for each fault that the file has by itself; without a lexicon, of its keys alone."""
    if kind is MacroFile:
        return faults(lambda: file.read(kind)) or list(macro_faults(file.read(MacroFile).macros))
    if kind is not TemplateTable or lexicon is None:
        return faults(lambda: file.read(kind))
    try:
        return list(lint(read_template(file, lexicon), lexicon))
    except ReadoutError as error:
        return [str(error)]


def faults(read: Callable[[], object]) -> list[str]:
    """Why something cannot be read, or nothing."""
    try:
        read()
    except ReadoutError as error:
        return [str(error)]
    return []
