"""The audit trail outside of the database: keys, heads, verification, and what other systems read."""
