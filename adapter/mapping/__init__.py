"""Reads mappings/ into frozen tables; the only room that opens YAML. Meaning is elsewhere."""
