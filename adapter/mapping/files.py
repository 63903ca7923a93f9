"""Finds and reads mapping files: the packaged ones, overlaid by the site's own directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError

_MOST_BYTES = 8 * 1024 * 1024
_PACKAGE = Path(__file__).resolve().parent.parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Table = TypeVar("Table", bound="MappingTable")


class MappingTable(BaseModel):
    """Base of all mapping tables: frozen, and a key that is not documented is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def packaged_directory() -> Path:
    """mappings/ of the installed wheel, or of the checkout."""
    inside = _PACKAGE / "mappings"
    return inside if inside.is_dir() else _PACKAGE.parent / "mappings"


@dataclass(frozen=True)
class MappingFile:
    """One mapping file, byte for byte; `name` is relative, e.g. "templates/ct_head.yaml"."""

    name: str
    path: Path
    body: bytes

    @cached_property
    def sha256(self) -> str:
        """Hash of the bytes: what a report stores to name the file for ever."""
        return sha256_hex(self.body)

    def read(self, kind: type[Table]) -> Table:
        """The file as a table; raises ConfigurationError naming file and key."""
        try:
            table: Table = _parsed(kind, self.body)
            return table
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.path} is not valid YAML: {error}") from None
        except RecursionError:
            raise ConfigurationError(f"{self.path} is nested too deeply") from None
        except ValidationError as error:
            raise ConfigurationError(f"{self.path}: {_wrong(error)}") from None


@dataclass(frozen=True)
class MappingFiles:
    """The site's directory over the packaged one; a site file hides its packaged namesake."""

    site: Path | None = None
    packaged: Path = field(default_factory=packaged_directory)

    def get(self, name: str) -> MappingFile:
        """The file of this name; raises ConfigurationError when there is none."""
        for root in self._roots():
            if (root / name).is_file():
                return MappingFile(name, root / name, _bounded(root / name))
        raise ConfigurationError(f"mapping file {name} is missing in {self._places()}")

    def folder(self, name: str) -> list[MappingFile]:
        """All `.yaml` files of a folder by name, each once."""
        names = {
            path.relative_to(root).as_posix()
            for root in self._roots()
            for path in (root / name).glob("*.yaml")
            if path.is_file()
        }
        return [self.get(each) for each in sorted(names)]

    def _roots(self) -> list[Path]:
        return [self.packaged] if self.site is None else [self.site, self.packaged]

    def _places(self) -> str:
        return " and ".join(str(root) for root in self._roots())


@dataclass(frozen=True)
class OverlaidMappingFiles(MappingFiles):
    """The files there are, with some that are added or take the place of their namesakes."""

    over: Mapping[str, MappingFile] = field(default_factory=dict)

    @classmethod
    def of(cls, below: MappingFiles, *files: MappingFile) -> OverlaidMappingFiles:
        """`files` over what is there already."""
        held = below.over if isinstance(below, OverlaidMappingFiles) else {}
        return cls(below.site, below.packaged, {**held, **{each.name: each for each in files}})

    def get(self, name: str) -> MappingFile:
        """The file that lies above under this name, else the file that is there."""
        return self.over.get(name) or super().get(name)

    def folder(self, name: str) -> list[MappingFile]:
        """All files of a folder, each once."""
        above = (each for each in self.over.values() if each.name.startswith(f"{name}/"))
        found = {each.name: each for each in (*super().folder(name), *above)}
        return [found[each] for each in sorted(found)]


@dataclass(frozen=True)
class StoredMappingFiles(MappingFiles):
    """Mapping files by name and body, as a report's record keeps them."""

    bodies: Mapping[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> MappingFile:
        """The stored file of this name; raises ConfigurationError when there is none."""
        if name not in self.bodies:
            raise ConfigurationError(f"mapping file {name} is not in the record")
        return MappingFile(name, Path(name), self.bodies[name])

    def folder(self, name: str) -> list[MappingFile]:
        """All stored files of a folder by name."""
        return [self.get(each) for each in sorted(self.bodies) if each.startswith(f"{name}/")]


@lru_cache(maxsize=256)  # of all files most stay when one is written anew
def _parsed(kind: type[Table], body: bytes) -> Table:
    loader = _LOADER(body)
    try:
        return kind.model_validate(loader.get_single_data())
    finally:
        loader.dispose()


def _bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            body = source.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    if len(body) > _MOST_BYTES:
        raise ConfigurationError(f"{path} is larger than {_MOST_BYTES} bytes; part it")
    return body


def _wrong(error: ValidationError) -> str:
    def line(problem: Any) -> str:
        where = ".".join(map(str, problem["loc"])) or "file"
        return f"{where}: {problem['msg']}"

    return "; ".join(line(problem) for problem in error.errors())
