"""A real checkpoint's config in the shape that the contracts expect.

They need lockers 1 and 2, one metal detector, the station ``adc``, the door ``kantor``, the reader
``desk``, the camera ``lobby`` and the panel ``reception``, with times of their own: so the first of
each gets that name and those times.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from edge.config.model import Config
from edge.config.sections.aiphone import Rings
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.panels import Panel

# Required by the contracts (the heads of tests/contract/*.py). A person needs longer than a
# program to walk to a door.
DETECTOR = {"minimum_pulse_s": 0.5, "hold_s": 3.0, "stuck_s": 30.0, "blocked_s": 4.0}
AIPHONE = {"minimum_s": 0.25, "rings": Rings(limit=(0.4,) * 9)}
DOOR = {"release_s": 20.0}


def contract_config(config: Config) -> Config:
    """Return *config* with the contracts' names and times."""
    return replace(
        config,
        lockers=_two(config.lockers),
        metal_detector=_detector(config),
        metal_detectors={},
        aiphone=_first(config.aiphone, "adc", **AIPHONE),
        doors=_first(config.doors, "kantor", **DOOR),
        card_readers=_first(config.card_readers, "desk"),
        cameras=_first(config.cameras, "lobby"),
        panels=_panel(config.panels),
    )


def names(config: Config) -> Iterator[str]:
    """Yield the contracts' names and their meaning in *config*, in words for the technician."""
    if config.lockers:
        for number, locker in enumerate(_places(config.lockers), start=1):
            yield f"Locker {number} in the tests is locker {locker.number} here."
    for what, section in (
        ("The metal detector", config.metal_detectors),
        ("The aide's station", config.aiphone), ("The door", config.doors),
        ("The reader", config.card_readers), ("The camera", config.cameras),
        ("The panel", dict(_tried(config.panels))),
    ):  # fmt: skip
        if section:
            yield f"{what} in the tests is {next(iter(section))} here."
    if _tried(config.panels):
        yield "Its button arrive is the first one in the config, decline the second."


def _detector(config: Config) -> MetalDetector | None:
    """Return the first metal detector as the only one, where each walk is one in."""
    for detector in config.detectors.values():
        keys = MetalDetector.__struct_fields__
        only = MetalDetector(**{key: getattr(detector, key) for key in keys})
        return replace(only, direction="in", **DETECTOR)
    return None


def _first(section: dict[str, Any], name: str, **settings: Any) -> dict[str, Any]:
    if not section:
        return {}
    return {name: replace(next(iter(section.values())), **settings)}


def _tried(panels: dict[str, Panel]) -> list[tuple[str, Panel]]:
    """Return the first panel with two buttons, with its name; an empty list if there is none."""
    return [(name, panel) for name, panel in panels.items() if len(panel.buttons) > 1][:1]


def _panel(panels: dict[str, Panel]) -> dict[str, Panel]:
    """Return that panel with the meanings of the contract on its first two buttons."""
    for _, panel in _tried(panels):
        arrive, decline = panel.buttons[:2]
        buttons = [
            replace(arrive, press="arrive", hold=None, procedure="pimpinan"),
            replace(decline, press="decline", hold="absent", procedure=None),
        ]
        return {"reception": replace(panel, buttons=buttons)}
    return {}


def _places(lockers: Any) -> list[Any]:
    """Return two lockers, on different boards if there are two."""
    first = lockers.locker[0]
    others = [one for one in lockers.locker[1:] if _board(one) != _board(first)]
    return [first, *(others or lockers.locker[1:])[:1]]


def _board(locker: Any) -> Any:
    return getattr(locker, "address", None)


def _two(lockers: Any) -> Any:
    if lockers is None:
        return None
    places = enumerate(_places(lockers), start=1)
    return replace(lockers, locker=[replace(place, number=number) for number, place in places])
