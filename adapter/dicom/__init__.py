"""Pictures of the archive (DICOMweb)."""
