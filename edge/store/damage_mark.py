"""The mark beside a database that was found damaged: ``gardu.db.suspect``.

Whoever finds damage leaves it and ends; the next start goes by it (edge/store/quarantine.py). It
holds the moment, which names the file that the database becomes, and how the damage showed.
"""

import os
from pathlib import Path

from edge.clock import Clock, iso
from edge.store import data_folder


def mark_of(path: Path | str) -> Path:
    """Return where the mark of the database *path* is, if there is one."""
    return Path(f"{path}.suspect")


def mark(path: Path | str, how: str) -> None:
    """Mark the database *path*, for good; a mark that is there stays.

    :raises OSError: if it cannot be written; there is none then, never half a one
    """
    place = mark_of(path)
    if place.exists():
        return
    moment = iso(Clock.from_environment().wall_ms())[:19].replace("-", "").replace(":", "")
    part = place.with_name(f"{place.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(f"{moment}Z {how}\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(place)
    data_folder.sync(place.parent)


def moment_of(path: Path | str) -> str:
    """Return when the database *path* was marked, for example ``20261122T031507Z``.

    :raises OSError: if it was not
    """
    return mark_of(path).read_text(encoding="utf-8").split()[0]
