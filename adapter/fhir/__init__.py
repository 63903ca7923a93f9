"""FHIR R4 (4.0.1): orders in as ServiceRequest, reports out as transaction Bundles."""
