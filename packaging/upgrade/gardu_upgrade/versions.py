"""The versions on the disk, the link to the current one and the link to the previous one."""

import os
import re
from pathlib import Path

from gardu_upgrade import durable
from gardu_upgrade.places import Places

# The names that Debian allows for a version, without "/" and not hidden.
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~_-]*")
_UNFINISHED = (".part", durable.REMOVED)
_NUMBER = re.compile(r"~|[0-9]+")


def is_name(version: str) -> bool:
    """Return True if a version may have the name *version*."""
    return _NAME.fullmatch(version) is not None and not version.endswith(_UNFINISHED)


def program(places: Places, version: str) -> Path:
    """Return the path of the program ``gardu`` of *version*."""
    return places.versions / version / "bin" / "gardu"


def installed(places: Places) -> list[str]:
    """Return the names of the complete versions, the oldest first."""
    if not places.versions.is_dir():
        return []
    names = [folder.name for folder in places.versions.iterdir() if folder.is_dir()]
    whole = [name for name in names if is_name(name) and is_whole(places, name)]
    return sorted(whole, key=lambda name: (_numbers(name), name))


def is_whole(places: Places, version: str) -> bool:
    """Return True if *version* has a program that can be run."""
    return os.access(program(places, version), os.X_OK)


def current(places: Places) -> str:
    """Return the name of the current version; empty if there is none."""
    return _named(places.current)


def previous(places: Places) -> str:
    """Return the name of the version before the current one; empty if there is none."""
    name = _named(places.previous)
    return name if name != current(places) and is_whole(places, name) else ""


def set_current(places: Places, version: str) -> None:
    """Make *version* the current one."""
    if current(places) != version:
        durable.link(places.current, f"versions/{version}")


def set_previous(places: Places, version: str) -> None:
    """Make *version* the previous one; empty: there is none."""
    if not version:
        durable.remove(places.previous)
    elif _named(places.previous) != version:
        durable.link(places.previous, f"versions/{version}")


def remove_others(places: Places) -> list[str]:
    """Delete all versions but the current and the previous one; return their names."""
    needed = {current(places), _named(places.previous)}
    removed = list[str]()
    for folder in sorted(places.versions.iterdir()):
        if folder.suffix == durable.REMOVED:  # a power cut came while it was deleted
            durable.remove_folder(folder)
        elif is_name(folder.name) and folder.name not in needed:
            durable.remove_folder(folder)
            removed.append(folder.name)
    return removed


def is_older(one: str, other: str) -> bool:
    """Return True if the version *one* is older than *other*, as far as their numbers show it."""
    return _numbers(one) < _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; ``~`` comes before the end: ``1.0~rc1`` before ``1.0``."""
    found = _NUMBER.findall(version)
    return (*(-1 if number == "~" else int(number) for number in found), 0)


def _named(link: Path) -> str:
    return link.readlink().name if link.is_symlink() else ""
