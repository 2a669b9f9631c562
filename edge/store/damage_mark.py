"""The mark beside a damaged database: a file such as ``gardu.db.suspect``.

The mark is written when damage is found, and the database is not used any more; the next opening
sets it aside (edge/store/quarantine.py). The mark holds the moment, which becomes part of the
damaged file's new name, and a description of the damage.
"""

import os
from pathlib import Path

from edge.clock import Clock, iso
from edge.store import data_folder


def mark_of(path: Path | str) -> Path:
    """Return the path of the mark of the database *path*; the mark need not exist."""
    return Path(f"{path}.suspect")


def moment() -> str:
    """Return the present moment as a part of a file's name, for example ``20261122T031507Z``."""
    return iso(Clock.from_environment().wall_ms())[:19].replace("-", "").replace(":", "") + "Z"


def mark(path: Path | str, how: str) -> None:
    """Mark the database *path* durably, unless it is marked already.

    :param how: description of the damage
    :raises OSError: if the mark cannot be written; then there is none, never an incomplete one
    """
    place = mark_of(path)
    if place.exists():
        return
    part = place.with_name(f"{place.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(f"{moment()} {how}\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(place)
    data_folder.sync(place.parent)


def moment_of(path: Path | str) -> str:
    """Return when the database *path* was marked, for example ``20261122T031507Z``.

    :raises OSError: if it is not marked
    """
    return mark_of(path).read_text(encoding="utf-8").split()[0]
