"""Frozen values of the field. No I/O, no clock, no dependency on any other room."""
