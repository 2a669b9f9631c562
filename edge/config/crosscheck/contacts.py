"""Checks of contacts and doors for people's safety, and notes about less safe wiring."""

from edge.config.crosscheck.detectors import section_of
from edge.config.model import Config
from edge.config.sections.pins import Contact
from edge.config.validation import Problems

_LOOPS = ("fire", "duress")


def safety(config: Config, problems: Problems) -> None:
    """Report fire and duress contacts that are normally-open: a cut wire would go unnoticed."""
    for name in _LOOPS:
        contact: Contact | None = getattr(config.safety, name, None)
        if contact is not None and contact.wired != "normally-closed":
            problems.add(
                f"safety.{name}.wired",
                f"is {contact.wired!r}, which a cut wire would silence for ever; "
                "allowed: normally-closed",
            )


def loop_notes(config: Config) -> list[str]:
    """Return a note for each contact that would not alarm if its wire is cut."""
    watched: dict[str, Contact | None] = {}
    for name, detector in config.detectors.items():
        where = section_of(name)
        watched |= {f"{where}.alarm": detector.alarm, f"{where}.tamper": detector.tamper}
    watched |= {
        f"safety.{name}": getattr(config.safety, name, None)
        for name in ("enclosure_tamper", "mains", "battery")
    }
    watched |= {f"doors.{name}.contact": door.contact for name, door in config.doors.items()}
    return [
        f"{where} is wired normally-open: a cut wire reads as no alarm and nobody can tell; "
        "wire it normally-closed if the device can"
        for where, contact in watched.items()
        if contact is not None and contact.wired == "normally-open"
    ]
