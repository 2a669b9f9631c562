"""Card readers and code scanners."""

from edge.sections.words import Name, Seconds, Section


class Rdm6300(Section, frozen=True, kw_only=True, tag_field="driver", tag="rdm6300"):
    """An RDM6300 125 kHz card reader on a serial port (9600 8N1)."""

    port: str
    stations: list[Name]
    removed_after_s: Seconds = 0.3
