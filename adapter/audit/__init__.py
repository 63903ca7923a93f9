"""The audit trail outside of the database: keys, heads, verification, what others read."""
