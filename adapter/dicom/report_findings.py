"""The findings of a structured report: of measurement groups, CAD features, answers and texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapter.dicom import json_model as model
from adapter.dicom.content import NONE, Concept, Item
from adapter.dicom.document import Author, author_within
from adapter.dicom.json_model import DataSet
from adapter.dicom.regions import Images
from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.errors import TooLarge
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.ai_measures import length_mm, number, probability_of

MOST_FINDINGS = 10_000

_LONGEST_TEXT, _LONGEST_CODE, _LONGEST_ID = 4_000, 200, 100
_MOST_SIZES = 10

# Structure of the templates (PS3.16), not of a site
_GROUP = ("DCM", "125007")
_FINDING = ("DCM", "121071")
_FEATURES = (_FINDING, ("DCM", "111059"), ("DCM", "111015"))  # and single image, composite
_CAD_REPORTS = (("DCM", "111036"), ("DCM", "112000"), ("DCM", "112220"))
_TRACKING_UID, _TRACKING = ("DCM", "112040"), ("DCM", "112039")
_INTENT, _NOT_SHOWN = ("DCM", "111056"), ("DCM", "111152")
_SITES = (("SCT", "363698007"), ("SRT", "G-C0E3"))
_LATERALITIES = (("SCT", "272741003"), ("SRT", "G-C171"))
_COMMENT = ("DCM", "121106")


class Findings:
    """Reads one report."""

    def __init__(
        self,
        report: DataSet,
        root: Item,
        codes: AiCodes,
        images: Images,
        author: Author,
        scanner: str,
    ) -> None:
        self._root, self._codes, self._images = root, codes, images
        self._author, self._scanner = author, scanner
        self._report_uid = model.text(report, "00080018")
        self._is_cad = root.name.coded in _CAD_REPORTS
        self._ids: set[str] = set()

    def read(self) -> tuple[AiFinding, ...]:
        """Every finding in the order of the document; raises TooLarge."""
        found = list[AiFinding]()
        for each in self._of(self._root):
            found.append(each)
            if len(found) > MOST_FINDINGS:
                told = f"the report holds more than {MOST_FINDINGS} findings"
                raise TooLarge(told, location="(0040,A730)", code="too-costly")
        return tuple(found)

    def _of(self, item: Item) -> Iterator[AiFinding]:
        if self._codes.within(self._codes.aside, item.name.coded):
            return
        if item.kind == "CONTAINER" and item.name.coded == _GROUP:
            yield from self._group(item)
        elif item.kind == "CODE" and item.name.coded in _FEATURES:
            yield from self._feature(item)
        else:
            if not self._is_cad and item.relation == "CONTAINS":
                yield from self._answer(item)
            for each in item.children:
                yield from self._of(each)

    def _group(self, group: Item) -> Iterator[AiFinding]:
        """TID 1410, 1411, 1501: what stands in the group belongs to its finding."""
        named = next((each for each in group.children if each.name.coded == _FINDING), None)
        asked = [each for each in group.children if self._answered(each) is not None]
        what = named.code if named else asked[0].name if len(asked) == 1 else NONE
        yield from self._made(what, list(group.walk()))

    def _feature(self, item: Item) -> Iterator[AiFinding]:
        """TID 4004, 4104 and what they are part of: the nearest properties are the feature's."""
        yield from self._made(item.code, list(item.walk()))

    def _answer(self, item: Item) -> Iterator[AiFinding]:
        """A text, an answer or a measurement of the whole study."""
        below = list(item.walk())
        if item.kind == "TEXT" and item.text:
            yield self._finding(NONE, item.text[:_LONGEST_TEXT], below)
        elif item.kind == "CODE" and item.code.code:
            present = self._codes.presence(item.code.coded)
            what = item.name if present is not None else item.code
            text = f"{item.name.meaning}: {item.code.meaning}"
            yield replace(self._finding(what, text, below), present=present is not False)
        elif item.kind == "NUM" and self._shown(item):
            yield self._finding(item.name, self._shown(item), [item, *below])

    def _made(self, what: Concept, parts: list[Item]) -> Iterator[AiFinding]:
        if any(each.name.coded == _INTENT and each.code.coded == _NOT_SHOWN for each in parts):
            return
        name = what.meaning or next((p.text for p in parts if p.name.coded == _TRACKING), "")
        values = [shown for each in parts if (shown := self._told(each, what))]
        site = ", ".join(dict.fromkeys(each.code.meaning for each in parts if _is_site(each)))
        told = ": ".join(filter(None, (name, "; ".join(values))))
        text = f"{told} ({site})" if site else told
        made = self._finding(what, text, parts)
        present = (self._of_presence(each, what) for each in parts)
        yield replace(made, present=next((each for each in present if each is not None), True))

    def _finding(self, what: Concept, text: str, parts: list[Item]) -> AiFinding:
        author = author_within(parts, self._author)
        return AiFinding(
            id=self._id(parts),
            text=text[:_LONGEST_TEXT] or what.code or self._report_uid,
            model=author.model,
            version=author.version,
            finding=self._codes.finding(what.coded),
            code="|".join(filter(None, what.coded))[:_LONGEST_CODE] or None,
            side=self._side(parts),
            size_mm=tuple(self._sizes(parts))[:_MOST_SIZES],
            probability=next(self._probabilities(parts), None),
            evidence=self._images.evidence(parts),
            at=author.at,
            manufacturer=author.manufacturer,
            scanner=self._scanner,
        )

    def _id(self, parts: list[Item]) -> str:
        """The tracking UID (TID 1501), once a report; else the report and a number."""
        tracked = (each.text for each in parts if each.name.coded == _TRACKING_UID)
        told = next(filter(None, tracked), "")[:_LONGEST_ID]
        id_ = told if told and told not in self._ids else f"{self._report_uid}/{len(self._ids) + 1}"
        self._ids.add(id_)
        return id_

    def _told(self, item: Item, what: Concept) -> str:
        """A measurement, an answer or a comment as words; its finding and site are told apart."""
        if item.kind == "NUM":
            return self._shown(item)
        if item.kind == "TEXT" and item.name.coded == _COMMENT:
            return item.text
        told_elsewhere = item.relation != "CONTAINS" and item.relation != "HAS PROPERTIES"
        if item.kind != "CODE" or told_elsewhere or item.name.coded in (*_FEATURES, *_SITES):
            return ""
        same = item.name.coded == what.coded
        return item.code.meaning if same else f"{item.name.meaning} {item.code.meaning}".strip()

    def _shown(self, item: Item) -> str:
        value, unit = item.quantity
        size = number(value)
        told = "" if size is None else f"{size:g}"
        words = unit.code if unit.code != "1" else ""
        return f"{item.name.meaning} {told} {words}".strip() if told else ""

    def _answered(self, item: Item) -> bool | None:
        return self._codes.presence(item.code.coded) if item.kind == "CODE" else None

    def _of_presence(self, item: Item, what: Concept) -> bool | None:
        """Whether an answer says that the finding is there; of another thing it says nothing."""
        asked = item.name.coded
        is_own = asked == what.coded or self._codes.within(self._codes.presences, asked)
        return self._answered(item) if is_own else None

    def _side(self, parts: list[Item]) -> Side | None:
        of_site = [
            each.code for each in parts if _is_site(each) or each.name.coded in _LATERALITIES
        ]
        found = {side for each in of_site if (side := self._codes.side(each.coded))}
        return found.pop() if len(found) == 1 else Side.BILATERAL if found else None

    def _sizes(self, parts: list[Item]) -> Iterator[float]:
        for each in parts:
            is_distance = self._codes.within(self._codes.distances, each.name.coded)
            if each.kind == "NUM" and not is_distance:
                value, unit = each.quantity
                if length := length_mm(value, unit.code):
                    yield length

    def _probabilities(self, parts: list[Item]) -> Iterator[float]:
        for each in parts:
            if self._codes.within(self._codes.probabilities, each.name.coded):
                value, unit = each.quantity
                share = probability_of(value, unit.code)
                if share is not None:
                    yield share


def _is_site(item: Item) -> bool:
    return item.kind == "CODE" and item.name.coded in _SITES
