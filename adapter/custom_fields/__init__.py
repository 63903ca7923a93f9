"""Sections of a report as custom fields of a dictation system (unofficial web service)."""
