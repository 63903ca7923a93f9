"""The conformance page of the HL7 v2 interface, written from the mappings and the code."""
