"""Tables of AI sources, and of the ledger of their findings: fates, daily sums, baselines."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata, row_id, text

ai_due = sa.Table(  # signed versions against which AI findings are still to be held
    "readout_ai_due",
    metadata,
    row_id(),
    sa.Column("accession", sa.Text, nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
)

ai_ledger = sa.Table(  # one row an AI finding and signed version: its fate; no patient data but
    # the accession
    "readout_ai_ledger",
    metadata,
    row_id(),
    text("accession"),
    sa.Column("number", sa.Integer, nullable=False),  # version of the report
    sa.Column("current", sa.Integer, nullable=False, server_default="1"),  # 0: superseded
    text("at"),  # when that version was signed
    text("day"),  # of the first signature, UTC: the day that the row counts for
    text("model"),
    text("version"),
    text("mode"),  # of the model at that time
    text("finding_id"),
    text("finding"),  # lexicon id; empty: unknown to it
    sa.Column("present", sa.Integer, nullable=False),
    text("fate"),
    text("how", ""),
    text("decision", ""),
    sa.Column("probability", sa.Float),
    text("site", ""),
    text("scanner", ""),
    text("modality", ""),
    text("body_part", ""),
    text("sex", ""),
    text("age_band", ""),
    sa.Column("after_s", sa.Float),  # arrived so long after the order
    sa.Column("ahead_s", sa.Float),  # and so long ahead of the first signature
    sa.Column("settled", sa.Integer, nullable=False),  # what it counts for: domain/ai_ledger.py
    sa.Column("concordant", sa.Integer, nullable=False),
    sa.Column("positive", sa.Integer, nullable=False),
    sa.Column("confirmed", sa.Integer, nullable=False),
    sa.Column("miss", sa.Integer, nullable=False),
    sa.UniqueConstraint("accession", "number", "model", "version", "finding_id"),
    sa.Index("ix_readout_ai_ledger_day", "day", "id"),
)

ai_label = sa.Table(  # findings that each version of a model has told: the scope of its misses
    "readout_ai_label",
    metadata,
    row_id(),
    text("model"),
    text("version"),
    text("finding"),
    sa.Index("ix_readout_ai_label_model", "model", "version"),
)

ai_day_changed = sa.Table(  # days of the ledger whose sums are to be made anew
    "readout_ai_day_changed",
    metadata,
    row_id(),
    sa.Column("day", sa.Text, nullable=False, index=True),
)

ai_daily = sa.Table(  # sums of the ledger by day, model and group
    "readout_ai_daily",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, primary_key=True),
    sa.Column("dimension", sa.Text, primary_key=True),  # all, finding, sex, …
    sa.Column("value", sa.Text, primary_key=True),
    *(
        sa.Column(name, sa.Integer, nullable=False)
        for name in (
            "agreed",
            "contradicted",
            "accepted",
            "edited",
            "rejected",
            "ignored",
            "missed",
            "settled",
            "concordant",
            "positive",
            "confirmed",
            "miss",
        )
    ),
    sa.Index("ix_readout_ai_daily_model", "model", "version", "mode", "dimension", "day"),
)

ai_baseline = sa.Table(  # what the agreement of a model was at first, and how far it is watched
    "readout_ai_baseline",
    metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, primary_key=True),
    text("first_day"),
    text("last_day"),
    sa.Column("hits", sa.Integer, nullable=False),
    sa.Column("settled", sa.Integer, nullable=False),
    sa.Column("scatter", sa.Float, nullable=False),
    text("watched"),  # the last day that was looked at
)

ai_study_model = sa.Table(  # which versions of which models told something of a study
    "readout_ai_study_model",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    text("first_at"),
    sa.Index("ix_readout_ai_study_model_model", "model", "version", "first_at"),
)

ai_switch = sa.Table(  # what somebody has set at run time for an AI source
    "readout_ai_switch",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    text("mode"),
    text("at"),
    text("person"),
    text("reason", ""),
)
