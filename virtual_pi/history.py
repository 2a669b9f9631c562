"""Compares the records of a database with those that came to the central office."""

import json
from collections.abc import Mapping
from typing import NamedTuple

Records = Mapping[tuple[str, int], str]
"""The id of each record, by stream and sequence number."""


class Difference(NamedTuple):
    """The difference of a database and the office, for the database's own stream.

    :ivar lost: records that came to the office, and that the database does not have, or has under
        another id
    :ivar holes: sequence numbers that the database lacks between its first and its last
    :ivar waiting: records of the database that have not come to the office
    """

    lost: tuple[str, ...]
    holes: tuple[int, ...]
    waiting: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True if the database has all that the office has, without holes."""
        return not self.lost and not self.holes


def read_records(lines: str) -> dict[tuple[str, int], str]:
    """Return the records in the output of ``gardu records --json``."""
    found = {}
    for line in lines.splitlines():
        if line.startswith("{"):
            record = json.loads(line)
            found[record["streamid"], int(record["sequence"])] = record["id"]
    return found


def compare(database: Records, office: Records, stream: str) -> Difference:
    """Return the difference of *database* and *office* in one *stream*."""
    own = {number: name for (of, number), name in database.items() if of == stream}
    heard = {number: name for (of, number), name in office.items() if of == stream}
    lost = tuple(f"{stream}/{n}" for n, name in sorted(heard.items()) if own.get(n) != name)
    holes = tuple(n for n in range(min(own), max(own) + 1) if n not in own) if own else ()
    waiting = tuple(f"{stream}/{n}" for n in sorted(own) if n not in heard)
    return Difference(lost, holes, waiting)
