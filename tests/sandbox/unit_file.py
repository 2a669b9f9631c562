"""Reads the sandbox of ``systemd/gardu.service``: all values of each key, in their order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

UNIT = Path(__file__).parents[2] / "systemd" / "gardu.service"

Section = Mapping[str, Sequence[str]]


def service_section(text: str) -> dict[str, list[str]]:
    """Return the keys of the section ``[Service]`` of a unit's *text*, each with all its values."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip()
        elif section == "[Service]" and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            found.setdefault(key.strip(), []).append(value.strip())
    return found


def is_on(section: Section, key: str) -> bool:
    """Return True if the switch *key* is on; as in systemd, its last value decides."""
    return section.get(key, ["no"])[-1] in {"yes", "true", "on", "1"}


def words(section: Section, key: str) -> list[str]:
    """Return the words of all values of *key*."""
    return [word for value in section.get(key, []) for word in value.split()]
