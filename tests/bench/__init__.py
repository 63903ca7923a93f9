"""Measurements against peers; `python -m tests.bench.<name>` prints a table."""
