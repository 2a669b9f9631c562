"""Checks of times against each other, where each alone is in its range, and notes about them."""

from collections.abc import Iterator

from edge.config.crosscheck.detectors import section_of
from edge.config.model import Config
from edge.config.sections.card_readers import Pn532
from edge.config.sections.pins import Contact
from edge.config.validation import Problems

# The key of a section, the section, its key with the longer time, that with the shorter one, and
# what would go wrong.
Pair = tuple[str, object, str, str, str]


def times(config: Config, problems: Problems) -> None:
    """Report each time that must be longer than another time of its section, but is not."""
    for where, section, longer, shorter, why in _pairs(config):
        least, found = getattr(section, shorter), getattr(section, longer)
        if found <= least:
            problems.add(
                f"{where}.{longer}",
                f"is {found:g}, and {shorter} is {least:g}: {why}; "
                f"allowed: a longer time than {shorter}",
            )


def _pairs(config: Config) -> Iterator[Pair]:
    for name, detector in config.detectors.items():
        where = section_of(name)
        yield where, detector, "stuck_s", "hold_s", "a single alarm would be a stuck contact"
        yield where, detector, "stuck_s", "blocked_s", "a blocked beam would be a stuck contact"
    for name, reader in config.card_readers.items():
        if isinstance(reader, Pn532):
            where = f"card_readers.{name}"
            why = "one answer that is missing would remove a card that lies there"
            yield where, reader, "removed_after_s", "poll_s", why


def bounce_notes(config: Config) -> list[str]:
    """Return a note for each contact whose bounce time hides pulses that a setting would accept."""
    return [
        f"{where}.{name}.bounce_s is {contact.bounce_s:g}: shorter pulses are not seen, so "
        f"{where}.{key} = {least:g} has no effect; allowed: a bounce_s below {key}"
        for where, name, contact, key, least in _pulses(config)
        if contact is not None and 0 < least < contact.bounce_s
    ]


def _pulses(config: Config) -> Iterator[tuple[str, str, Contact | None, str, float]]:
    """Yield section, contact, and the key with the shortest pulse that is to be accepted."""
    for name, detector in config.detectors.items():
        where = section_of(name)
        yield where, "alarm", detector.alarm, "minimum_pulse_s", detector.minimum_pulse_s
        for key, beam in detector.beams.items():
            yield where, key, beam, "too_fast_s", detector.too_fast_s
    for name, station in config.aiphone.items():
        for contact in ("accept", "decline", "release", "extend"):
            fitted: Contact | None = getattr(station, contact)
            yield f"aiphone.{name}", contact, fitted, "minimum_s", station.minimum_s
