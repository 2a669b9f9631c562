"""The register: what every record said, for as long as the database lives.

A record can be sent again for some months and then goes (edge/retention.py). What it said stays:
its type, time and data are written into the register of its month as it goes, a page of records
at once, so that a decision writes each fact only once. The document's number is the record's
sequence. Whoever reads a month meets both kinds: what is still in the outbox, and what went.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from tinydb.table import Document

from edge.documents import Documents


class Fact(msgspec.Struct, frozen=True):
    """What one record said; *time* is when it happened, RFC 3339 UTC."""

    type: str
    time: str
    data: dict[str, Any]

    @property
    def month(self) -> str:
        """The month of its register, for example ``2026-11``."""
        return self.time[:7]


def archive(documents: Documents, records: Iterable[Document]) -> None:
    """Put what *records* of the outbox say into the registers; they are about to go."""
    for record in records:
        fact = _fact(record)
        table = documents.table(f"register-{fact.month}")
        table.put(record.doc_id, msgspec.to_builtins(fact))


def facts(documents: Documents, month: str) -> Iterator[Fact]:
    """Iterate over what happened in *month* (``2026-11``), in order of its recording."""
    for kept in documents.table(f"register-{month}"):
        yield msgspec.convert(kept, Fact)
    for record in documents.table("outbox"):
        fact = _fact(record)
        if fact.month == month:
            yield fact


def _fact(record: Document) -> Fact:
    return msgspec.json.decode(record["payload"], type=Fact)
