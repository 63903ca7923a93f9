"""FHIR R4: orders in, reports out."""
