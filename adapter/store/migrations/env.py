"""Alembic's entry: the connection is handed in by Database.migrate()."""

from alembic import context

from adapter.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
