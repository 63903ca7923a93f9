"""Structured reports of a made-up AI engine, built by highdicom, and CAD reports item by item."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import highdicom as hd
import numpy as np
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT, DX = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1.1"
CHEST_CAD = "1.2.840.10008.5.1.4.1.1.88.65"
BASIC_TEXT = "1.2.840.10008.5.1.4.1.1.88.11"
SCANNER = ("Example Imaging", "Wall Stand 3")
STUDY = "1.2.826.0.1.3680043.8.498.1"
LATERALITY = Code("272741003", "SCT", "Laterality")
PNEUMOTHORAX = Code("36118008", "SCT", "Pneumothorax")
NODULE = Code("427359005", "SCT", "Solitary nodule of lung")
PRESENCE = Code("705057003", "SCT", "Presence")
ABSENT = Code("2667000", "SCT", "Absent")
CERTAINTY = Code("111012", "DCM", "Certainty of Finding")
PERCENT, RATIO, MM, CM = (Code(each, "UCUM", each) for each in ("%", "1", "mm", "cm"))


def image(number: int = 1, *, accession: str = "A1", station: str = "DX2") -> Dataset:
    """A radiograph that the engine has looked at."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = DX, f"{STUDY}.1.{number}"
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY, f"{STUDY}.1"
    made.PatientID, made.PatientName, made.PatientSex = "SYN1", "Demo^Jane", "F"
    made.PatientBirthDate, made.AccessionNumber = "", accession
    made.IssuerOfPatientID = "SYN"
    made.StudyDate, made.StudyTime, made.StudyID = "20260301", "110000", "1"
    made.ReferringPhysicianName, made.Modality = "", "DX"
    made.FrameOfReferenceUID = f"{STUDY}.9"
    made.Rows, made.Columns = 1000, 500
    made.SeriesNumber, made.InstanceNumber = 1, number
    made.Manufacturer, made.ManufacturerModelName = SCANNER
    made.StationName = station
    return made


def context() -> Any:
    device = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=f"{STUDY}.7", name="ptx", manufacturer_name="Example AI", model_name="PTX-Finder"
        ),
    )
    return hd.sr.ObservationContext(observer_device_context=device)


def source(of: Dataset) -> Any:
    return hd.sr.SourceImageForRegion(of.SOPClassUID, of.SOPInstanceUID)


def source_of_segment(of: Dataset) -> Any:
    return hd.sr.SourceImageForSegmentation(of.SOPClassUID, of.SOPInstanceUID)


def region(of: Dataset, points: Sequence[tuple[float, float]], kind: str = "POLYLINE") -> Any:
    return hd.sr.ImageRegion(
        graphic_type=getattr(hd.sr.GraphicTypeValues, kind),
        graphic_data=np.array(points, dtype=float),
        source_image=source(of),
    )


def measured(name: Code, value: float, unit: Code) -> Any:
    return hd.sr.Measurement(name=name, value=value, unit=unit)


def said(name: Code, value: Code) -> Any:
    return hd.sr.QualitativeEvaluation(name=name, value=value)


def group(
    of: Dataset,
    what: Code,
    *,
    side: Code | None = None,
    uid: str = "",
    points: Sequence[tuple[float, float]] = ((100, 200), (300, 200), (300, 500), (100, 200)),
    kind: str = "POLYLINE",
    numbers: Iterable[Any] = (),
    answers: Iterable[Any] = (),
    algorithm: Any = None,
) -> Any:
    site = hd.sr.FindingSite(codes.SCT.Lung, laterality=side)
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=uid or generate_uid(), identifier="one"),
        referenced_region=region(of, points, kind),
        finding_type=CodedConcept.from_code(what),
        finding_sites=[site],
        measurements=list(numbers) or None,
        qualitative_evaluations=list(answers) or None,
        algorithm_id=algorithm,
    )


def report(of: Dataset, groups: Sequence[Any], uid: str = "", *, volume: bool = False) -> Dataset:
    """A measurement report (TID 1500)."""
    content = hd.sr.MeasurementReport(
        observation_context=context(),
        procedure_reported=Code("399208008", "SCT", "Chest X-ray"),
        imaging_measurements=groups,
    )
    kind = hd.sr.Comprehensive3DSR if volume else hd.sr.ComprehensiveSR
    made: Dataset = kind(
        evidence=[of],
        content=content[0],
        series_instance_uid=f"{STUDY}.2",
        series_number=2,
        sop_instance_uid=uid or generate_uid(),
        instance_number=1,
        manufacturer="Example AI",
    )
    made.SoftwareVersions = "2.1"
    made.ContentDate, made.ContentTime = "20260301", "120000"
    made.IssuerOfPatientID = "SYN"
    return made


def nodule(of: Dataset | None = None, uid: str = f"{STUDY}.2.1") -> Dataset:
    """One nodule of the right lung with all that an engine can say."""
    of = of or image()
    sizes = [
        measured(codes.SCT.Diameter, 1.2, CM),
        measured(CERTAINTY, 91.5, PERCENT),
        measured(codes.SCT.Volume, 905.0, Code("mm3", "UCUM", "mm3")),
    ]
    return report(
        of, [group(of, NODULE, side=codes.SCT.Right, uid=f"{STUDY}.5", numbers=sizes)], uid
    )


def as_file(dataset: Dataset) -> bytes:
    """The bytes of a DICOM file."""
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    into = io.BytesIO()
    dataset.save_as(into, enforce_file_format=True)
    return into.getvalue()


def as_json(*datasets: Dataset) -> list[dict[str, Any]]:
    """Data sets in the DICOM JSON Model, in the words of pydicom."""
    told = [json.dumps(each.to_json_dict(), default=str) for each in datasets]  # of dates and times
    return [json.loads(each) for each in told]


# Content items by hand, for reports that highdicom does not build


def code_of(code: Code) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = (
        code.value,
        code.scheme_designator,
        code.meaning,
    )
    return made


def item(
    kind: str,
    name: Code | None,
    relation: str = "CONTAINS",
    children: Sequence[Dataset] = (),
    **values: Any,
) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    if name is not None:
        made.ConceptNameCodeSequence = [code_of(name)]
    if children:
        made.ContentSequence = list(children)
    if "code" in values:
        made.ConceptCodeSequence = [code_of(values["code"])]
    if "text" in values:
        made.TextValue = values["text"]
    if "number" in values:
        value, unit = values["number"]
        amount = Dataset()
        amount.NumericValue, amount.MeasurementUnitsCodeSequence = value, [code_of(unit)]
        made.MeasuredValueSequence = [amount]
    if "points" in values:
        made.GraphicType, flat = values["points"]
        made.GraphicData = flat
    if "of" in values:
        reference = Dataset()
        reference.ReferencedSOPClassUID = values["of"].SOPClassUID
        reference.ReferencedSOPInstanceUID = values["of"].SOPInstanceUID
        made.ReferencedSOPSequence = [reference]
    return made


def document(
    sop_class: str, title: Code, content: Sequence[Dataset], of: Dataset | None = None
) -> Dataset:
    """A report of these items below its root."""
    of = of or image()
    made = Dataset()
    for name in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex"):
        setattr(made, name, getattr(of, name))
    made.AccessionNumber, made.SOPClassUID = of.AccessionNumber, sop_class
    made.SOPInstanceUID, made.SeriesInstanceUID = generate_uid(), f"{STUDY}.3"
    made.StudyDate, made.StudyTime, made.StudyID, made.ReferringPhysicianName = (
        "20260301",
        "",
        "",
        "",
    )
    made.Modality, made.SeriesNumber, made.InstanceNumber = "SR", 3, 1
    made.Manufacturer, made.ManufacturerModelName = "Example AI", "CAD One"
    made.SoftwareVersions = "7"
    made.ContentDate, made.ContentTime = "20260301", "120000"
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    made.ValueType, made.ConceptNameCodeSequence = "CONTAINER", [code_of(title)]
    made.ContinuityOfContent = "SEPARATE"
    if content:
        made.ContentSequence = list(content)
    return made
