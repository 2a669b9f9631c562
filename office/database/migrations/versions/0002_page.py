"""The page: its users and their sessions, and indexes for its search of visits and months."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="Users of the page; password is its Argon2 hash",
    )
    op.create_table(
        "sessions",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
        comment="Screens that are logged in to the page; key is the SHA-256 of their cookie",
    )
    op.create_index("sessions_user", "sessions", ["user"], unique=False)
    reports = sa.text("type = 'gardu.report.monthly.v1'")
    op.create_index(
        "records_report",
        "records",
        ["checkpoint"],
        unique=False,
        postgresql_where=reports,
        sqlite_where=reports,
    )
    op.create_index("visits_last", "visits", ["last_ms", "visit"], unique=False)
