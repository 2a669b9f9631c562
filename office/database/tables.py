"""Tables of the central office. The migrations (migrations/versions) create them.

- Times are milliseconds since 1970 UTC, as in the checkpoint's own database.
- A record is there once: its primary key is (checkpoint, id), in one table for all months. With
  PostgreSQL that table and the stills are partitioned by month: by the id, because it is a UUIDv7
  and begins with its time. A partition's key must be part of every unique key, and so it is.
- A stream's *front* is the sequence up to which every record is stored, or is in a row of ``gaps``.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData()

# An id as text in SQLite, in 16 bytes in PostgreSQL; both sort it by its time.
_ID = String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
# SQLite numbers rows by itself only in a column of exactly this type.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# The published months: few among many records.
REPORTS = text("type = 'gardu.report.monthly.v1'")

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="unknown"),
    Column("session", BigInteger, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("status_ms", BigInteger),
    UniqueConstraint("site", "checkpoint"),
    comment="One row a checkpoint; status is online, offline or unknown",
)

streams = Table(
    "streams",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("checkpoint", Integer, ForeignKey("checkpoints.number"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("front", BigInteger, nullable=False),
    Column("front_link", LargeBinary),
    Column("oldest_seq", BigInteger, nullable=False, server_default="0"),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    Column("acked_seq", BigInteger, nullable=False, server_default="0"),
    Column("ledger_ms", BigInteger),
    Column("moved_ms", BigInteger, nullable=False),
    UniqueConstraint("checkpoint", "stream"),
    comment="One row a stream of records; oldest_seq to acked_seq are of its newest ledger",
)

records = Table(
    "records",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("id", _ID, primary_key=True),
    Column("stream", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("visit", Text),
    Column("happened_ms", BigInteger, nullable=False),
    Column("recorded_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("records_stream", "stream", "sequence"),
    Index("records_visit", "visit"),
    Index("records_report", "checkpoint", postgresql_where=REPORTS, sqlite_where=REPORTS),
    postgresql_partition_by="RANGE (id)",
    comment="Every record once; payload is the CloudEvent, byte for byte as published",
)

stills = Table(
    "stills",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("id", _ID, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("visit", Text),
    Column("subject", Text, nullable=False),
    Column("happened_ms", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False, server_default="unnamed"),
    Column("image", LargeBinary, nullable=False),
    Index("stills_visit", "visit"),
    Index(
        "stills_unnamed",
        "checkpoint",
        "id",
        postgresql_where=text("digest = 'unnamed'"),
        sqlite_where=text("digest = 'unnamed'"),
    ),
    postgresql_partition_by="RANGE (id)",
    comment="JPEGs; digest: same as in the record that names it, differs, or unnamed so far",
)

still_references = Table(
    "still_references",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("id", _ID, primary_key=True),
    Column("visit", Text),
    Column("sha256", LargeBinary, nullable=False),
    comment="The stills that records name, with the SHA-256 that they give",
)

visits = Table(
    "visits",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("visit", Text, primary_key=True),
    Column("procedure", Text),
    Column("outcome", Text),
    Column("opened_ms", BigInteger),
    Column("closed_ms", BigInteger),
    Column("last_ms", BigInteger, nullable=False),
    Column("host", Text),
    Column("host_seq", BigInteger, nullable=False),
    Column("persons", Integer),
    Column("persons_seq", BigInteger, nullable=False),
    Column("step", Text),
    Column("step_seq", BigInteger, nullable=False),
    Column("overdue", Text),
    Column("overdue_seq", BigInteger, nullable=False),
    Index("visits_open", "closed_ms", "last_ms"),
    Index("visits_last", "last_ms", "visit"),
    comment="One row a visit, from its records; step: the last one that ended",
)

alarms = Table(
    "alarms",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("since", Text),
    Column("acknowledged", Text),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    comment="Alarms that stand now",
)

live = Table(
    "live",
    metadata,
    Column("checkpoint", Integer, primary_key=True, autoincrement=False),
    Column("topic", Text, primary_key=True),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    comment="The newest value of each live topic: meta, health, state/occupancy, state/day",
)

heads = Table(
    "heads",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("link", LargeBinary, primary_key=True),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("holds", Boolean),
    Index(
        "heads_unchecked",
        "stream",
        postgresql_where=text("holds IS NULL"),
        sqlite_where=text("holds IS NULL"),
    ),
    comment="Published heads of hash chains; holds: the stored records agree (null: not yet)",
)

breaks = Table(
    "breaks",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("found_ms", BigInteger, nullable=False),
    comment="Places where a hash chain is broken",
)

gaps = Table(
    "gaps",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("how", Text),
    Column("asked_ms", BigInteger),
    Column("asked_last", BigInteger),
    Column("answer", Text),
    Index(
        "gaps_open",
        "stream",
        "first",
        postgresql_where=text("closed_ms IS NULL"),
        sqlite_where=text("closed_ms IS NULL"),
    ),
    comment="Missing records; how: filled, or gone (the checkpoint has deleted them)",
)

aside = Table(
    "aside",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("arrived_ms", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    comment="Messages that were refused, cut to their beginning; the oldest are deleted",
)

counts = Table(
    "counts",
    metadata,
    Column("word", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    comment="How many messages there were of each kind, and how many were refused and why",
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    comment="Users of the page; password is its Argon2 hash",
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("user", Text, ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Index("sessions_user", "user"),
    comment="Screens that are logged in to the page; key is the SHA-256 of their cookie",
)

availability = Table(
    "availability",
    metadata,
    Column("id", Text, primary_key=True),
    Column("checkpoint", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("receiving", Boolean, nullable=False),
    Column("until_ms", BigInteger),
    Column("reason", Text),
    Column("user", Text, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger),
    Column("answered_ms", BigInteger),
    Column("word", Text),
    Column("why", Text),
    Index("availability_host", "checkpoint", "host", "asked_ms"),
    comment="Availability of hosts, set on the page; word: the answer, ok or a refusal",
)
