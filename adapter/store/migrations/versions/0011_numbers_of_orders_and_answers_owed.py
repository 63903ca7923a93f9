"""numbers of orders, and answers that are owed"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LONGEST = 200


def upgrade() -> None:
    owed = sa.text("owed_by <> ''")
    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owed_by", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_readout_message_owed",
            ["owed_by", "id"],
            unique=False,
            sqlite_where=owed,
            postgresql_where=owed,
        )

    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        for name in ("placer_number", "filler_number"):
            batch_op.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
            batch_op.create_index(f"ix_readout_study_{name}", [name], unique=False)

    _fill_numbers(op.get_bind())


def _fill_numbers(tx: sa.Connection) -> None:
    """Numbers of the orders that are there; their messages are indexed again for the search."""
    names = ("accession", "order_json", "placer_number", "filler_number")
    study = sa.table("readout_study", *(sa.column(name, sa.Text) for name in names))
    rows = tx.execute(sa.select(study.c.accession, study.c.order_json)).tuples().all()
    known = [
        {"which": accession, "placer": placer, "filler": filler}
        for accession, order in rows
        for placer, filler in (_numbers(json.loads(order)),)
        if placer or filler
    ]
    if known:
        change = sa.update(study).where(study.c.accession == sa.bindparam("which"))
        named = change.values(
            placer_number=sa.bindparam("placer"), filler_number=sa.bindparam("filler")
        )
        tx.execute(named, known)
    tx.execute(sa.text("UPDATE readout_message SET indexed = 0 WHERE type LIKE 'O%'"))


def _numbers(order: dict[str, str]) -> tuple[str, ...]:
    found = (order.get(name, "") for name in ("placer_number", "filler_number"))
    return tuple(each if len(each) <= _LONGEST and each.isprintable() else "" for each in found)


def downgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        for name in ("placer_number", "filler_number"):
            batch_op.drop_index(f"ix_readout_study_{name}")
            batch_op.drop_column(name)

    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_message_owed")
        batch_op.drop_column("owed_by")
