"""Synthetic images: a grey ramp with a header full of identifiers."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid


def image(rows: int = 64, columns: int = 128, **changes: object) -> Dataset:
    """12-bit MONOCHROME2, stored values 0 to 4095 from left to right."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = ComputedRadiographyImageStorage
    made.SOPInstanceUID = generate_uid()
    made.StudyInstanceUID = generate_uid()
    made.SeriesInstanceUID = generate_uid()
    made.PatientName, made.PatientID = "Kowalski^Jane", "H00123456"
    made.PatientBirthDate, made.StudyDate = "19570314", "20260301"
    made.InstitutionName, made.ReferringPhysicianName = "St. Elsewhere", "Lindqvist^Ada"
    made.ImageComments = "seen with Jane Kowalski"
    made.Modality, made.ViewPosition = "CR", "PA"
    made.ImageType = ["ORIGINAL", "PRIMARY"]
    made.BurnedInAnnotation = "NO"
    made.Rows, made.Columns = rows, columns
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    ramp = np.linspace(0, 4095, columns).round().astype("<u2")
    made.PixelData = np.tile(ramp, (rows, 1)).tobytes()
    made.add_new(0x00091001, "LO", "private Kowalski")
    for name, value in changes.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return made


def read_png(body: bytes) -> np.ndarray:
    """The samples of an 8-bit grey PNG, read by this reader alone."""
    at, found = 8, {}
    while at < len(body):
        length, name = struct.unpack(">I4s", body[at : at + 8])
        found[name] = found.get(name, b"") + body[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (depth, colour) == (8, 0)
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), "u1").reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]
