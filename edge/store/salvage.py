"""Salvage: copies the sound data of a damaged database into a new one.

A document is copied only if it can be read whole and its checksum is right:

- records that wait or are parked, byte for byte, under their old numbers: each still names its
  stream, and a consumer that has received it already knows its id;
- the checkpoint's documents, the procedures and the published reports; the open visits, if the text
  of their procedure is there too;
- stills that wait.

The new database has a stream of its own. Its records are numbered on after the old ones, so that
no number stands for two records, and its chain begins there (the document in ``removed``).
Delivered records and the registers stay in the damaged file. If the log was damaged, the copied
data may be older than the last decision; the start reads doors and contacts in any case.
"""

import contextlib
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from edge.sop.procedures.model import procedure_key
from edge.store.chain import genesis
from edge.store.database import Body, checksum
from edge.store.documents import Documents
from edge.store.outbox import COUNTERS, ONLY, Counters
from edge.store.ranges import Ranges
from edge.store.rows import KeptRow

log = logging.getLogger(__name__)

Found = dict[str, dict[int, Any]]

# Records are copied byte for byte.
_TYPES: dict[str, Any] = {"outbox": KeptRow}

_WHOLE = ("adopted", "checkpoint", "procedures", "reports", "stills")
_READ = (*_WHOLE, "arrivals", "visits", "outbox", "refused", "parked", "acknowledged")


def salvage(damaged: Path, new: Path, identity: Body) -> None:
    """Make the database *new* from the sound documents of *damaged*.

    :param identity: the document that names the new database's format and stream
    :raises StoreError: if the new one cannot be made
    """
    found = read(damaged)
    with Documents(new) as documents, documents.transaction():
        documents.table("database").put(1, identity)
        for name, bodies in chosen(found, identity["stream"]).items():
            for doc_id, body in bodies.items():
                documents.table(name).put(doc_id, body)
            log.warning("%d documents of table %s were salvaged", len(bodies), name)


def read(damaged: Path) -> Found:
    """Return all sound documents of the tables in :data:`_READ`; the file is not changed."""
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.text_factory = bytes
            return {name: _read_table(file, name) for name in _READ}
    except sqlite3.Error as error:
        log.warning("nothing can be read of %s: %s", damaged.name, error)
        return {name: {} for name in _READ}


def chosen(found: Found, stream: str) -> Found:
    """Return the documents of *found* that are copied into a new database of *stream*."""
    kept: Found = {name: found[name] for name in _WHOLE}
    texts = {body["key"] for body in found["procedures"].values()}
    if ONLY in found["checkpoint"]:
        arrivals = {n: body for n, body in found["arrivals"].items() if _text_of(body) in texts}
        kept["visits"] = {n: body for n, body in found["visits"].items() if n in arrivals}
        kept["arrivals"] = {n: body for n, body in arrivals.items() if n in kept["visits"]}
    records, parked = found["outbox"], found["parked"]
    before = _counters(found)
    waiting = Ranges.of(number for number in before.waiting if number in records)
    kept["refused"] = {n: body for n, body in found["refused"].items() if n in waiting}
    kept["parked"] = {n: body for n, body in parked.items() if n in records}
    kept["outbox"] = {n: records[n] for n in (*waiting, *kept["parked"])}
    link = genesis(stream)
    counters = msgspec.structs.replace(before, head=link, waiting=waiting, again=Ranges())
    kept["checkpoint"] = {**kept["checkpoint"], COUNTERS: msgspec.to_builtins(counters)}
    kept["removed"] = {1: {"sequence": before.sequence, "link": link}}
    return kept


def _counters(found: Found) -> Counters:
    """Return the counters; if they are lost, all records without an acknowledgement wait."""
    records, parked = found["outbox"], found["parked"]
    last = max((0, *records, *parked))
    if body := found["checkpoint"].get(COUNTERS):
        counters = msgspec.convert(body, Counters)
        return msgspec.structs.replace(counters, sequence=max(counters.sequence, last))
    waiting = Ranges.of(number for number in records if number not in parked)
    for batch in found["acknowledged"].values():
        waiting = waiting.minus(msgspec.convert(batch["sequences"], Ranges))
    return Counters(sequence=last, still=max(found["stills"], default=0), waiting=waiting)


def _text_of(visit: Body) -> str:
    return procedure_key(str(visit.get("procedure")), str(visit.get("version")))


def _read_table(file: sqlite3.Connection, name: str) -> dict[int, Body]:
    """Read from the front up to the first damage, then from the back up to the last."""
    found: dict[int, Body] = {}
    forwards = _read_rows(file, name, "ASC", found)
    if not forwards:
        _read_rows(file, name, "DESC", found)
    return found


def _read_rows(file: sqlite3.Connection, name: str, order: str, found: dict[int, Body]) -> bool:
    """Put the sound rows into *found*; return True if the table could be read to its end."""
    try:
        for doc_id, body, crc in file.execute(
            f'SELECT id, body, crc FROM "{name}" ORDER BY id {order}'  # noqa: S608 - our own names
        ):
            if isinstance(body, bytes) and crc == checksum(name, doc_id, body):
                # Else of an older format, in a database that has lost the number of it.
                with contextlib.suppress(msgspec.DecodeError):
                    found[doc_id] = msgspec.json.decode(body, type=_TYPES.get(name, Body))
    except sqlite3.Error:
        return False
    return True
