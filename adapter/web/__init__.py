"""The HTTP interface: API, FHIR endpoint, health."""
