"""The tables' migrations. They only add, so that two versions of Readout can share one database.

A migration that does more says `additive = False`. The newest such one is the floor, which stands
in the database: a Readout that knows it works on these tables, whatever was added later.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from adapter.errors import ConfigurationError
from adapter.store.node_tables import schema_floor
from adapter.store.tables import VERSION_TABLE

_FIRST = "0028"  # an older Readout does not ask for the floor


def bring_up(tx: sa.Connection) -> None:
    """Bring the tables to this version, or leave those of a newer one that it can work on.

    Raises ConfigurationError where a newer Readout has done more than add.
    """
    config = _migrations()
    config.attributes["connection"] = tx
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # a revision that this code does not know
        if suits(tx):
            return
        raise ConfigurationError(
            "the tables are of a newer Readout than this one: start that one, or put back "
            f"the backup that was made before the upgrade ({error})"
        ) from error
    _set_floor(tx)


def suits(tx: sa.Connection) -> bool:
    """Whether this Readout can work on the tables as they are."""
    now = version(tx)
    if now == wanted_version():
        return True
    known = {each.revision for each in scripts().walk_revisions()}
    if not now or now in known:
        return False
    has_floor = sa.inspect(tx).has_table(schema_floor.name)
    return has_floor and tx.execute(sa.select(schema_floor.c.revision)).scalar() in known


def version(tx: sa.Connection) -> str:
    """The migration that the tables are at; "" when there are none."""
    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(tx, opts=options).get_current_revision() or ""


def wanted_version() -> str:
    """The migration that this code needs."""
    return scripts().get_current_head() or ""


def floor() -> str:
    """The newest migration that an older Readout must know to work on these tables."""
    for each in scripts().walk_revisions():
        if each.revision == _FIRST or not getattr(each.module, "additive", True):
            return each.revision
    return _FIRST


def _set_floor(tx: sa.Connection) -> None:
    if tx.execute(sa.select(schema_floor.c.revision)).scalars().all() != [floor()]:
        tx.execute(sa.delete(schema_floor))
        tx.execute(sa.insert(schema_floor).values(revision=floor()))


def scripts() -> ScriptDirectory:
    """All migrations that this code knows."""
    return ScriptDirectory.from_config(_migrations())


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
