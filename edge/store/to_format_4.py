"""Migration from format 3 to format 4.

=============== ================================ ================================================
table           format 3                         format 4
=============== ================================ ================================================
outbox          the event as a text, with its    the event itself, its topic and its link
                id and its visit beside it
visits          a visit in one document          without the fields that hardly ever change
arrivals        none                             those fields
checkpoint 1    the whole state, less visits     the state less its parts too
                and invitations
checkpoint 3-9  none                             a document for each part
invitations     document 1: all of them          none: document 9 of ``checkpoint``
=============== ================================ ================================================

The bytes of events stay as they are, and so do their links in the hash chain.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from edge.store.database import Body, Database
from edge.store.formats import Rows

_PAGE = 256
_FIRST = -(2**63)

# The numbers of the parts in format 4, those that format 3 can have.
_PARTS = {
    "lockers": 3, "cards": 4, "lost": 5, "stills": 6, "faults": 7, "refusals": 8,
    "invitations": 9, "availability": 10, "day": 11, "alarms": 12, "doors": 13,
}  # fmt: skip
_ARRIVAL = ("id", "number", "procedure", "version", "opened")


def migrate(database: Database, on_rows: Rows) -> None:
    """Change the tables of *database* from format 3 to format 4."""
    for number, record in _documents(database, "outbox"):
        event = msgspec.Raw(record["payload"].encode())
        kept = {"topic": record["topic"], "link": record["link"], "event": event}
        database.put("outbox", number, kept)
        on_rows(1)
    for number, visit in _documents(database, "visits"):
        arrival = {key: visit[key] for key in _ARRIVAL if key in visit}
        database.put("arrivals", number, arrival)
        database.put("visits", number, {k: v for k, v in visit.items() if k not in arrival})
    state = dict(_documents(database, "checkpoint")).get(1)
    invitations = dict(_documents(database, "invitations")).get(1)
    if state is not None:
        _split(database, {**state, **({"invitations": invitations} if invitations else {})})
    if "invitations" in database.tables:
        database.drop("invitations")


def _split(database: Database, state: Body) -> None:
    """Write the state and its parts as documents of their own."""
    for name, number in _PARTS.items():
        if (part := state.pop(name, None)) is not None:
            database.put("checkpoint", number, part)
    database.put("checkpoint", 1, state)


def _documents(database: Database, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Iterate over the documents of *table*, read a page at a time; a missing table has none."""
    last = _FIRST
    while page := database.run("after", table, last, _PAGE):
        for row in page:
            yield row[0], database.document(table, *row)
        last = page[-1][0]
