"""Schema versions, run by Database.migrate()."""
