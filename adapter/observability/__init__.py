"""Logs and metrics, without patient data."""
