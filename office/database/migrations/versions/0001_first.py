"""The first tables: records, stills, visits, live state, chains, gaps, and refused messages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_ID = sa.String(length=36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "alarms",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("acknowledged", sa.Text(), nullable=True),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "kind"),
        comment="Alarms that stand now",
    )
    op.create_table(
        "aside",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        comment="Messages that were refused, cut to their beginning; the oldest are deleted",
    )
    op.create_table(
        "breaks",
        sa.Column("stream", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence", "what"),
        comment="Places where a hash chain is broken",
    )
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("session", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("site", "checkpoint"),
        comment="One row a checkpoint; status is online, offline or unknown",
    )
    op.create_table(
        "counts",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word"),
        comment="How many messages there were of each kind, and how many were refused and why",
    )
    op.create_table(
        "gaps",
        sa.Column("stream", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("asked_ms", sa.BigInteger(), nullable=True),
        sa.Column("asked_last", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "first"),
        comment="Missing records; how: filled, or gone (the checkpoint has deleted them)",
    )
    op.create_index(
        "gaps_open",
        "gaps",
        ["stream", "first"],
        unique=False,
        **_where("closed_ms IS NULL"),
    )
    op.create_table(
        "heads",
        sa.Column("stream", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("stream", "sequence", "link"),
        comment="Published heads of hash chains; holds: the stored records agree (null: not yet)",
    )
    op.create_index(
        "heads_unchecked",
        "heads",
        ["stream"],
        unique=False,
        **_where("holds IS NULL"),
    )
    op.create_table(
        "live",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "topic"),
        comment="The newest value of each live topic: meta, health, state/occupancy, state/day",
    )
    op.create_table(
        "records",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "id",
            _ID,
            nullable=False,
        ),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("happened_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "id"),
        comment="Every record once; payload is the CloudEvent, byte for byte as published",
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("records_stream", "records", ["stream", "sequence"], unique=False)
    op.create_index("records_visit", "records", ["visit"], unique=False)
    op.create_table(
        "still_references",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "id",
            _ID,
            nullable=False,
        ),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "id"),
        comment="The stills that records name, with the SHA-256 that they give",
    )
    op.create_table(
        "stills",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "id",
            _ID,
            nullable=False,
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("happened_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), server_default="unnamed", nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "id"),
        comment="JPEGs; digest: same as in the record that names it, differs, or unnamed so far",
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "stills_unnamed",
        "stills",
        ["checkpoint", "id"],
        unique=False,
        **_where("digest = 'unnamed'"),
    )
    op.create_index("stills_visit", "stills", ["visit"], unique=False)
    op.create_table(
        "visits",
        sa.Column("checkpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("opened_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("host_seq", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("persons_seq", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("step_seq", sa.BigInteger(), nullable=False),
        sa.Column("overdue", sa.Text(), nullable=True),
        sa.Column("overdue_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("checkpoint", "visit"),
        comment="One row a visit, from its records; step: the last one that ended",
    )
    op.create_index("visits_open", "visits", ["closed_ms", "last_ms"], unique=False)
    op.create_table(
        "streams",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("front", sa.BigInteger(), nullable=False),
        sa.Column("front_link", sa.LargeBinary(), nullable=True),
        sa.Column("oldest_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("acked_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ledger_ms", sa.BigInteger(), nullable=True),
        sa.Column("moved_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"],
            ["checkpoints.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("checkpoint", "stream"),
        comment="One row a stream of records; oldest_seq to acked_seq are of its newest ledger",
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("records", "stills"):
            op.execute(f"CREATE TABLE {table}_other PARTITION OF {table} DEFAULT")


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}
