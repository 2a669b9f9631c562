"""The wiring tables of a checkpoint: the pins of the header, and the channels of modules."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from edge.config.model import Config
from edge.config.parts import Part, wired_parts
from edge.config.sections.panels import Button, Panel
from edge.config.sections.pins import Contact, DataLine, Output
from edge.config.sections.values import Action

# BCM number → position on the 40-pin header, the same on every Pi since the B+.
HEADER = {
    2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8,
    15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37,
    27: 13,
}  # fmt: skip

BUSES = (
    ((2, 3), "I2C", "dtparam=i2c_arm=off"),
    ((4,), "1-Wire", "no dtoverlay=w1-gpio"),
    ((7, 8, 9, 10, 11), "SPI", "dtparam=spi=off"),
    ((14, 15), "the serial console", "enable_uart=0"),
    ((18, 19, 20, 21), "I2S sound", "dtparam=i2s=off"),
)
"""Pins that another function of the Pi may use, and the setting that switches it off."""

# The serial console's pins. On every Pi before the Pi 5, whose console has a connector of its own,
# it drives TXD (high at rest, low during letters) and pulls RXD up as soon as the firmware starts,
# unless it is switched off.
TXD, RXD = 14, 15

# Words of the wiring table for sections with plural names.
_SPOKEN = {"doors": "door", "card_readers": "card reader", "metal_detectors": "metal detector"}


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One pin: a row of the wiring table.

    :ivar pin: BCM number; ``header`` is its position on the 40-pin header
    :ivar function: its function, in words
    :ivar wired: how it is wired and which level is active
    :ivar boot_pull: the direction in which the Pi pulls the pin until the daemon claims it
    :ivar warning: what happens at the pin while the Pi boots, and the remedy; empty if nothing
    """

    pin: int
    header: int
    function: str
    direction: Literal["in", "out"]
    wired: str
    boot_pull: Literal["up", "down"]
    warning: str = ""


class ModuleWire(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of a module: a row of the modules' wiring table.

    :ivar channel: ``input`` or ``output``; *number*: as printed on the module
    :ivar function: its function, in words
    :ivar wired: how it is wired
    """

    module: str
    channel: str
    number: int
    function: str
    wired: str


def wiring(config: Config) -> list[Wire]:
    """Return the wiring table of *config*, in the order of pins."""
    wires = (_wire(what, part) for what, part in _parts(config) if part.module is None)
    return sorted(wires, key=lambda wire: wire.pin)


def module_wiring(config: Config) -> list[ModuleWire]:
    """Return the channels of modules that *config* uses, module by module, inputs first."""
    wires = [
        ModuleWire(
            module=part.module,
            channel=part.channel_key,
            number=part.channel,
            function=what,
            wired=part.wired if isinstance(part, Contact) else "on energises it",
        )
        for what, part in _parts(config)
        if part.module is not None
    ]
    return sorted(wires, key=lambda wire: (wire.module, wire.channel, wire.number))


def functions(config: Config) -> dict[str, str]:
    """Return the function of every contact and output, in words, by its place."""
    return {part.place: what for what, part in _parts(config)}


def bus_notes(config: Config) -> list[str]:
    """Return a note for each other function of the Pi that needs a pin used by *config*."""
    used = {wire.pin for wire in wiring(config)}
    notes = []
    for pins, bus, setting in BUSES:
        taken = [str(pin) for pin in pins if pin in used]
        if taken:
            notes.append(
                f"GPIO {', '.join(taken)}: keep {bus} switched off "
                f"({setting} in /boot/firmware/config.txt)"
            )
    return notes


def boot_notes(config: Config, *, lamps: bool = True) -> list[str]:
    """Return a note for each pin of *config* at which something happens while the Pi boots.

    :param lamps: False: without lamps that are only lit meanwhile, which does no harm
    """
    return [
        f"GPIO {wire.pin} ({wire.function}) is {wire.warning}"
        for wire in wiring(config)
        if wire.warning and (lamps or wire.pin == TXD or not wire.function.endswith(" lamp"))
    ]


def boot_pull(pin: int) -> Literal["up", "down"]:
    """Return the direction in which a Pi pulls BCM *pin* from power-on until it is claimed."""
    return "up" if pin <= 8 else "down"


def _parts(config: Config) -> Iterator[tuple[str, Part]]:
    """Yield (words, part) of every part; the words are mostly its key in the config."""
    yield from _locker_parts(config)
    for name, panel in config.panels.items():
        yield from _panel_parts(name, panel)
    for host in config.hosts:
        if host.lamp is not None:
            yield f"host {host.id} lamp", host.lamp
    for where, part in wired_parts(config):
        section, _, rest = where.partition(".")
        if section not in ("lockers", "panels") and not section.startswith("hosts["):
            words = f"{_SPOKEN.get(section, section)} {rest}"
            yield words.replace(".", " ").replace("_", " ").strip(), part


def _locker_parts(config: Config) -> Iterator[tuple[str, Contact | Output]]:
    for locker in config.lockers.locker if config.lockers else []:
        for what, key in (("lock", "relay"), ("door", "door")):
            part = getattr(locker, key, None)  # on a board: not on a pin
            if isinstance(part, Contact | Output):
                yield f"locker {locker.number} {what}", part


def _panel_parts(name: str, panel: Panel) -> Iterator[tuple[str, Contact | Output]]:
    for lamp, output in panel.fitted_lamps.items():
        yield f"{name} lamp" if lamp == "lamp" else f"{name} {lamp} lamp", output
    for button in panel.buttons:
        pressed, held = (
            action and f"{action}{_of(button, action)}" for action in (button.press, button.hold)
        )
        yield f"{name} button {pressed}{f', held: {held}' if held else ''}", button


def _of(button: Button, action: Action) -> str:
    """Return the procedure, host and kind of guest that *action* of *button* is for, in words."""
    opens = f" {button.procedure}" if action == "arrive" and button.procedure else ""
    named = f" {button.host}" if action in ("arrive", "receiving", "away") and button.host else ""
    kind = f" {button.guest_kind}" if action == "arrive" and button.guest_kind else ""
    return opens + named + kind


def _wire(function: str, part: Part) -> Wire:
    pull = boot_pull(part.bcm)
    if isinstance(part, Contact):
        level = "high" if part.active_level else "low"
        wired = f"{part.wired}, pull {part.pull}, active {level}"
        warning = _contact_warning(part)
    elif isinstance(part, DataLine):
        wired, warning = f"Wiegand, 3.3 V at most, pull {part.pull}, pulses low", ""
    else:
        wired, warning = f"active {part.active}", _boot_warning(part, pull)
    return Wire(
        pin=part.bcm,
        header=HEADER[part.bcm],
        function=function,
        direction="out" if isinstance(part, Output) else "in",
        wired=wired,
        boot_pull=pull,
        warning=warning,
    )


def _contact_warning(contact: Contact) -> str:
    if contact.pin != TXD:
        return ""
    if contact.wired == "normally-closed":
        return (
            "shorted while the Pi boots, if the serial console is on: it drives this pin, and the "
            "contact is closed at rest; use another pin"
        )
    return (
        "driven by the serial console, if it is on, while the Pi boots: fit 1 kOhm in the "
        "contact's wire, or use another pin"
    )


def _boot_warning(output: Output, pull: Literal["up", "down"]) -> str:
    if output.pin == TXD:
        return "switched by the serial console, if it is on, while the Pi boots: use another pin"
    if output.pin == RXD and output.active == "high":
        return "switched on by the serial console, if it is on, while the Pi boots: use another pin"
    level = {"up": "high", "down": "low"}[pull]
    if output.active != level:
        return ""
    where = "GPIO 9 to 27" if pull == "up" else "GPIO 2 to 8"
    return f"on while the Pi boots (pulled {pull}): use {where}, or fit a resistor against it"
