"""Faults are put into merge and facts, one at a time; the suite must notice."""
