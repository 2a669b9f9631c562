"""The numbers of checkpoints and streams, which stand for their names in all other tables."""

from typing import Any

from sqlalchemy import Engine, Select, TextClause, select, text

from edge.store.chain import genesis
from office.database.tables import checkpoints, streams

# More come only from a hostile publisher.
MOST_CHECKPOINTS = 100_000
# Of one checkpoint: a new stream begins at each restore of its database.
MOST_STREAMS = 1000


class TooMany(ValueError):
    """A checkpoint or a stream is not followed, because there are too many."""


class Names:
    """The numbers of one process; those that are known need no statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._checkpoints: dict[str, int] = {}
        self._streams: dict[tuple[int, str], int] = {}

    def checkpoint(self, name: str) -> int:
        """Return the number of the checkpoint *name* (``site/checkpoint``); a new one gets one.

        :raises TooMany: if there is no room for a new one
        """
        number = self._checkpoints.get(name)
        if number is None:
            number = self._checkpoints[name] = self._new_checkpoint(name)
        return number

    def stream(self, checkpoint: int, name: str, at_ms: int) -> int:
        """Return the number of the stream *name*; a new one gets one, and has its front at 0.

        :raises TooMany: if the checkpoint has no room for a new one
        """
        number = self._streams.get((checkpoint, name))
        if number is None:
            number = self._new_stream(checkpoint, name, at_ms)
            self._streams[checkpoint, name] = number
        return number

    def _new_checkpoint(self, name: str) -> int:
        site, _, checkpoint = name.partition("/")
        values = {"site": site, "checkpoint": checkpoint, "most": MOST_CHECKPOINTS}
        query = select(checkpoints.c.number).where(
            checkpoints.c.site == site, checkpoints.c.checkpoint == checkpoint
        )
        words = f"more than {MOST_CHECKPOINTS} checkpoints"
        return self._found_or_inserted(query, _INSERT_CHECKPOINT, values, words)

    def _new_stream(self, checkpoint: int, name: str, at_ms: int) -> int:
        values = {
            "checkpoint": checkpoint,
            "stream": name,
            "link": bytes.fromhex(genesis(name)),
            "at": at_ms,
            "most": MOST_STREAMS,
        }
        query = select(streams.c.number).where(
            streams.c.checkpoint == checkpoint, streams.c.stream == name
        )
        words = f"more than {MOST_STREAMS} streams of one checkpoint"
        return self._found_or_inserted(query, _INSERT_STREAM, values, words)

    def _found_or_inserted(
        self, query: Select[Any], insert: TextClause, values: dict[str, Any], too_many: str
    ) -> int:
        """Return the number that *query* finds, after *insert* if there is none yet.

        :raises TooMany: with *too_many*, if the insert found no room
        """
        with self._engine.begin() as connection:
            found = connection.scalar(query)
            if found is None:
                connection.execute(insert, values)
                found = connection.scalar(query)
        if found is None:
            raise TooMany(too_many)
        return int(found)


_INSERT_CHECKPOINT = text(
    "INSERT INTO checkpoints (site, checkpoint) "
    "SELECT CAST(:site AS TEXT), CAST(:checkpoint AS TEXT) "
    "WHERE (SELECT count(*) FROM checkpoints) < :most "
    "ON CONFLICT (site, checkpoint) DO NOTHING"
)
_INSERT_STREAM = text(
    "INSERT INTO streams (checkpoint, stream, front, front_link, moved_ms) "
    "SELECT CAST(:checkpoint AS INTEGER), CAST(:stream AS TEXT), 0, :link, CAST(:at AS BIGINT) "
    "WHERE (SELECT count(*) FROM streams WHERE checkpoint = :checkpoint) < :most "
    "ON CONFLICT (checkpoint, stream) DO NOTHING"
)
