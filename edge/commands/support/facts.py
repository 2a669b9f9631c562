"""Facts about Gardu for the support bundle: versions, data folder, database, procedures."""

import hashlib
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import msgspec

from edge import __version__
from edge.clock import iso
from edge.config.model import Config
from edge.errors import GarduError
from edge.sop.procedures.loading import load_procedure, procedure_file
from edge.store.disk_space import FILE as RESERVE
from edge.store.record_row import read_record
from edge.store.snapshot import Snapshot

_ALL = 2**63 - 1


class _Type(msgspec.Struct):
    type: str = "?"


_type = msgspec.json.Decoder(_Type).decode


def versions() -> str:
    """Return the versions of Gardu, Python and every installed package."""
    packages = sorted({f"{one.name} {one.version}" for one in distributions()}, key=str.lower)
    return "\n".join([f"gardu {__version__}", f"python {sys.version}", *packages]) + "\n"


def folder_listing(folder: Path) -> str:
    """Return names, sizes, owners and times of the files in the data *folder*; stills as counts."""
    lines = list[str]()
    for file in sorted(folder.rglob("*")):
        found = file.lstat()
        name = file.relative_to(folder)
        if name.parts[0] == "stills" and len(name.parts) > 2:
            continue
        mode = stat.filemode(found.st_mode)
        when = iso(found.st_mtime_ns // 1_000_000)
        count = f"  ({sum(1 for _ in file.iterdir())} files)" if file.is_dir() else ""
        owner = f"{found.st_uid}:{found.st_gid}"
        lines.append(f"{mode} {owner:>10} {found.st_size:>12} {when} {name}{count}")
    return (
        "\n".join([str(folder), *lines, f"({RESERVE} is room for records on a full disk)"]) + "\n"
    )


def database(folder: Path) -> str:
    """Return counts and states of the database in the data *folder*, no content of a record.

    :raises StoreError: if it cannot be read
    """
    with Snapshot(folder) as snapshot:
        stored = sum(last - first + 1 for first, last in snapshot.everything)
        lines = [
            f"stream {snapshot.stream}",
            f"last record {snapshot.head.sequence}, its link {snapshot.head.link}",
            f"records up to {snapshot.start.sequence} were removed, or are of older streams",
            f"stored now: {stored}, of which not delivered: {snapshot.undelivered}",
            "",
            "rows of each table:",
            *(f"{snapshot.count(table):>10} {table}" for table in snapshot.tables),
            "",
            "parked records, by reason:",
            *_counted(str(body.get("why")) for body in _documents(snapshot, "parked")),
            "",
            "records that wait after a failed try, by reason:",
            *_counted(str(body.get("why")) for body in _documents(snapshot, "refused")),
            "",
            "procedures that new visits begin under:",
            *(key for body in _documents(snapshot, "adopted") for key in body.get("keys", [])),
            "",
            "restored from a backup:",
            *(msgspec.json.encode(body).decode() for body in _documents(snapshot, "restored")),
            "",
            "stored records of each type:",
        ]
        snapshot.release()
        return "\n".join([*lines, *_counted(_types(snapshot))]) + "\n"


def procedures(config: Config) -> str:
    """Return version and digest of each procedure file, or its problems."""
    folder = Path(config.checkpoint.sop)
    lines = list[str]()
    for name in config.checkpoint.procedures:
        file = procedure_file(folder, name)
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            lines.append(f"{file}\n  {load_procedure(file).version}, SHA-256 {digest}")
        except OSError as error:
            lines.append(f"{file}\n  cannot be read: {error.strerror}")
        except GarduError as error:
            lines.append(f"{file}\n  {error}")
    return "\n".join(lines) + "\n"


def _documents(snapshot: Snapshot, table: str) -> Iterator[dict[str, Any]]:
    for _, body in snapshot.bodies(table, -_ALL, _ALL):
        yield msgspec.json.decode(body, type=dict[str, Any])


def _types(snapshot: Snapshot) -> Iterator[str]:
    for page in snapshot.pages(snapshot.everything):
        for record in map(read_record, page.rows):
            yield record.fault or _type(record.payload).type


def _counted(words: Iterator[str]) -> list[str]:
    counts = Counter(words)
    return [f"{count:>10} {word}" for word, count in counts.most_common()] or ["         0"]
