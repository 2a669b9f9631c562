"""Checks of the metal detectors against each other and the stations, and notes about beams."""

from edge.config.model import Config
from edge.config.validation import Problems


def section_of(detector: str) -> str:
    """Return the section of *detector*; "" is the name of the only one."""
    return f"metal_detectors.{detector}" if detector else "metal_detector"


def detectors(config: Config, problems: Problems) -> None:
    """Report the only detector beside others, and stations that no panel serves."""
    if config.metal_detector is not None and config.metal_detectors:
        named = ", ".join(f"[{section_of(name)}]" for name in config.metal_detectors)
        problems.add(
            "metal_detector",
            f"stands beside {named}; allowed: [metal_detector] alone, for all stations, or a "
            "[metal_detectors.NAME] with its stations for each detector",
        )
    served = [station for panel in config.panels.values() for station in panel.stations]
    for name, detector in config.metal_detectors.items():
        for number, station in enumerate(detector.stations):
            if station not in served:
                allowed = ", ".join(served) or "a station of a [panels.NAME]"
                problems.add(
                    f"{section_of(name)}.stations[{number}]",
                    f"is {station!r}, which no panel serves; allowed: {allowed}",
                )


def beam_notes(config: Config) -> list[str]:
    """Return a note for each beam that cannot tell a walk in from a walk out."""
    return [
        f"{section_of(name)}.direction is both: one beam cannot tell a walk in from a walk out, so "
        "no walk counts and officers count each person by button; two beams (outer and inner) tell"
        for name, detector in config.detectors.items()
        if detector.passage is not None and detector.direction == "both"
    ]
