"""Reads mappings/ into frozen tables; the only room that opens YAML. Readers here, meaning elsewhere."""
