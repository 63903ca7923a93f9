"""As much of XML Schema as CHAI's model card uses: sequences of elements, how often, strings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

_XS = "{http://www.w3.org/2001/XMLSchema}"


class Schema:
    """One schema file with one root element."""

    def __init__(self, path: Path) -> None:
        self._root = ET.parse(path).getroot()
        self._namespace = self._root.attrib["targetNamespace"]
        types = self._root.findall(f"{_XS}complexType")
        self._types = {each.attrib["name"]: each for each in types}
        (self._top,) = self._root.findall(f"{_XS}element")

    def problems(self, document: ET.Element) -> list[str]:
        """What the schema does not allow."""
        if document.tag != self._tag(self._top.attrib["name"]):
            return [f"{document.tag} is not the root"]
        (kind,) = self._top.findall(f"{_XS}complexType")
        return list(self._faults(document, kind, self._top.attrib["name"]))

    def _tag(self, name: str) -> str:
        return f"{{{self._namespace}}}{name}"

    def _faults(self, element: ET.Element, kind: ET.Element, path: str) -> Iterator[str]:
        if (element.text or "").strip():
            yield f"{path}: text beside elements"
        (sequence,) = kind.findall(f"{_XS}sequence")
        rest = list(element)
        for rule in sequence.findall(f"{_XS}element"):
            if "name" not in rule.attrib:
                continue  # ds:Signature, which may be left out
            name, found = rule.attrib["name"], []
            while rest and rest[0].tag == self._tag(name):
                found.append(rest.pop(0))
            yield from self._counted(sequence, rule, found, f"{path}: {name}")
            for each in found:
                yield from self._typed(each, rule, f"{path}/{name}")
        for each in rest:
            yield f"{path}: {each.tag.partition('}')[2]} is out of place"

    def _counted(
        self, sequence: ET.Element, rule: ET.Element, found: list[ET.Element], path: str
    ) -> Iterator[str]:
        optional = "0" in (rule.get("minOccurs"), sequence.get("minOccurs"))
        many = "unbounded" in (rule.get("maxOccurs"), sequence.get("maxOccurs"))
        if not found and not optional:
            yield f"{path} is missing"
        if len(found) > 1 and not many:
            yield f"{path} is there {len(found)} times"

    def _typed(self, element: ET.Element, rule: ET.Element, path: str) -> Iterator[str]:
        kind = rule.attrib["type"]
        if kind == "xs:string":
            if len(element):
                yield f"{path}: elements in a string"
        else:
            yield from self._faults(element, self._types[kind.partition(":")[2]], path)
