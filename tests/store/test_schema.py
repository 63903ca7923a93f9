"""Two versions on one database: migrations only add, and an older Readout knows what suits it."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script

from adapter.errors import ConfigurationError
from adapter.store import schema
from adapter.store.database import Database
from adapter.store.node_tables import schema_floor

_TAKES_AWAY = re.compile(
    r"DROP (TABLE|COLUMN)|RENAME|SET NOT NULL|ALTER COLUMN|ADD CONSTRAINT"
    r"|ADD COLUMN (?!.*\bDEFAULT\b).*NOT NULL"
)
_UNIQUE = re.compile(r"CREATE UNIQUE INDEX \S+ ON (\S+)")
_LOST_INDEX = re.compile(r"DROP INDEX (\w+)")
_NEW_INDEX = re.compile(r"CREATE INDEX (\w+)")
_NEW_TABLE = re.compile(r"CREATE TABLE (\S+)")


def takes_away(sql: str) -> list[str]:
    """The statements under which an older Readout could not go on."""
    new = set(_NEW_TABLE.findall(sql))
    statements = [" ".join(each.split()) for each in sql.split(";")]
    unique = [each for each in statements if (on := _UNIQUE.search(each)) and on[1] not in new]
    lost = set(_LOST_INDEX.findall(sql)) - set(_NEW_INDEX.findall(sql))
    return [each for each in statements if _TAKES_AWAY.search(each)] + unique + sorted(lost)


def sql_of(migration: Script) -> str:
    """What it does on PostgreSQL."""
    told = io.StringIO()
    options = {"as_sql": True, "output_buffer": told}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        migration.module.upgrade()
    return told.getvalue()


def test_a_migration_adds_or_says_that_it_does_more() -> None:
    for each in schema.scripts().walk_revisions():
        if each.revision > "0026" and getattr(each.module, "additive", True):
            assert takes_away(sql_of(each)) == [], f"say `additive = False` in {each.revision}"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE readout_study",
        "ALTER TABLE readout_study DROP COLUMN version",
        "ALTER TABLE readout_study RENAME version TO number",
        "ALTER TABLE readout_study ALTER COLUMN version SET NOT NULL",
        "ALTER TABLE readout_study ADD COLUMN more TEXT NOT NULL",
        "ALTER TABLE readout_study ADD CONSTRAINT one UNIQUE (version)",
        "CREATE UNIQUE INDEX one ON readout_study (version)",
        "DROP INDEX one",
    ],
)
def test_what_takes_away_is_known(statement: str) -> None:
    assert takes_away(statement)


def test_what_adds_is_let_through() -> None:
    added = """
        CREATE TABLE readout_more (id BIGINT NOT NULL, PRIMARY KEY (id));
        CREATE UNIQUE INDEX one ON readout_more (id);
        CREATE INDEX two ON readout_study (version);
        ALTER TABLE readout_study ADD COLUMN more TEXT DEFAULT '' NOT NULL;
        ALTER TABLE readout_study ADD COLUMN other TEXT;
    """
    assert takes_away(added) == []


def _of_a_newer_readout(database: Database, floor: str) -> None:
    with database.write() as tx:
        tx.execute(sa.text("UPDATE readout_schema_version SET version_num = '9999'"))
        tx.execute(sa.update(schema_floor).values(revision=floor))


def test_an_older_readout_works_on_tables_that_were_only_added_to(database: Database) -> None:
    assert database.suits()
    _of_a_newer_readout(database, schema.floor())
    database.migrate()
    assert database.suits()
    assert database.version() == "9999"


def test_an_older_readout_leaves_tables_alone_of_which_something_was_taken(
    database: Database,
) -> None:
    _of_a_newer_readout(database, "9998")
    assert not database.suits()
    with pytest.raises(ConfigurationError, match="newer Readout"):
        database.migrate()
    assert database.version() == "9999"


def test_the_floor_stands_in_the_database(database: Database) -> None:
    with database.read() as tx:
        assert tx.execute(sa.select(schema_floor.c.revision)).scalars().all() == [schema.floor()]
