"""Alembic's entry: the connection is handed in by Database.migrate()."""

from alembic import context

from adapter.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="readout_schema_version",
    render_as_batch=True,
)
context.run_migrations()
