"""Assigns pins of the Pi and channels of modules to contacts and outputs. Pure.

Rules
-----
1. An output rests at the level to which the Pi pulls its pin while it boots: active low on GPIO 2
   to 8, active high on GPIO 9 to 27. None is on GPIO 14 or 15, the serial console's.
2. Pins that no other function of the Pi uses go first, the serial console's last.
3. On GPIO 14 there is at most a contact that is open at rest.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from edge.config.sections.modules import MODELS, Model
from edge.config.wiring import BUSES, HEADER, RXD, TXD, boot_pull

PI = "pi"
"""The place of parts on the Pi's own pins."""

FREE_PINS = dict(
    zip(("i2c", "1-wire", "spi", "uart", "i2s"), (pins for pins, _, _ in BUSES), strict=True)
)
"""The functions for which pins can be left free, and their pins."""

# The functions in the order in which their pins are used: those that are off by default first.
_LAST = ("1-wire", "i2s", "spi", "i2c", "uart")

Role = Literal["relay", "lamp", "contact"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A contact or output that has no pin yet.

    :ivar role: ``relay`` and ``lamp`` are outputs; a lamp (also the buzzer) is active high
    :ivar at: :data:`PI`, or the name of a module
    :ivar keys: its other keys in the config
    """

    role: Role
    at: str = PI
    keys: Mapping[str, Any] = msgspec.field(default_factory=dict)


class TooFew(msgspec.Struct, frozen=True, kw_only=True):
    """Parts for which there is no pin or channel.

    :ivar at: the place that is full; *what*: the kind of what is missing there
    :ivar wanted: number of parts of this kind there; *there*: number of pins or channels
    """

    at: str
    what: str
    wanted: int
    there: int


Relays = Literal["low", "high", "either"]


def assign(
    parts: Iterable[Part], modules: Mapping[str, Model], *, relays: Relays, free: Iterable[int] = ()
) -> tuple[list[dict[str, Any]], list[TooFew]]:
    """Return the keys of each of *parts* with its pin or channel, and what there is too little of.

    :param modules: the driver of each module
    :param relays: the level that switches the relays on the Pi's pins on
    :param free: pins that stay free
    """
    listed = list(parts)
    on_pins = [number for number, part in enumerate(listed) if part.at == PI]
    placed: dict[int, dict[str, Any]] = {}
    short = _pins([(number, listed[number]) for number in on_pins], placed, relays, set(free))
    for name, driver in modules.items():
        short += _channels(
            [(number, part) for number, part in enumerate(listed) if part.at == name],
            placed, name, driver,
        )  # fmt: skip
    return [placed.get(number, {}) for number in range(len(listed))], short


def pins_in_order() -> list[int]:
    """Return every pin, those without another function first."""
    used = {pin: rank for rank, name in enumerate(_LAST) for pin in FREE_PINS[name]}
    return sorted(HEADER, key=lambda pin: (used.get(pin, -1), pin == TXD, pin))


def _pins(
    parts: list[tuple[int, Part]], placed: dict[int, dict[str, Any]], relays: Relays, free: set[int]
) -> list[TooFew]:
    """Place *parts* on pins: outputs first, which can use the fewest."""
    left = [pin for pin in pins_in_order() if pin not in free]
    short = []
    levels: dict[str, tuple[str, ...]] = {
        "relay": ("low", "high") if relays == "either" else (relays,),
        "lamp": ("high",),
    }
    for role, level in levels.items():
        short += _outputs([p for p in parts if p[1].role == role], placed, level, left)
    contacts = [one for one in parts if one[1].role == "contact"]
    # Those that are closed at rest first: GPIO 14 is the last pin.
    contacts.sort(key=lambda one: one[1].keys.get("wired") != "normally-closed")
    there = len(left)
    for number, part in contacts:
        if left and not (left[0] == TXD and part.keys.get("wired") == "normally-closed"):
            placed[number] = {"pin": left.pop(0), **part.keys}
    if any(number not in placed for number, _ in contacts):
        short.append(TooFew(at=PI, what="contacts", wanted=len(contacts), there=there))
    return short


def _outputs(
    parts: list[tuple[int, Part]],
    placed: dict[int, dict[str, Any]],
    levels: tuple[str, ...],
    left: list[int],
) -> list[TooFew]:
    fitting = [
        (pin, level)
        for level in levels
        for pin in left
        if pin not in (TXD, RXD) and (boot_pull(pin) == "up") == (level == "low")
    ]
    for (number, part), (pin, level) in zip(parts, fitting, strict=False):
        left.remove(pin)
        active = {} if level == "high" else {"active": level}
        placed[number] = {"pin": pin, **active, **part.keys}
    if len(parts) <= len(fitting):
        return []
    what = f"outputs that are active {' or '.join(levels)}"
    return [TooFew(at=PI, what=what, wanted=len(parts), there=len(fitting))]


def _channels(
    parts: list[tuple[int, Part]], placed: dict[int, dict[str, Any]], name: str, driver: Model
) -> list[TooFew]:
    registers = MODELS[driver]
    short = []
    for key, there, contacts in (
        ("input", registers.inputs, True),
        ("output", registers.outputs, False),
    ):
        wanted = [one for one in parts if (one[1].role == "contact") is contacts]
        for channel, (number, part) in enumerate(wanted[:there], 1):
            placed[number] = {"module": name, key: channel, **part.keys}
        if len(wanted) > there:
            short.append(TooFew(at=name, what=f"{key}s", wanted=len(wanted), there=there))
    return short


def contact(at: str, **keys: Any) -> Part:
    """Return a contact at the place *at* with further *keys* of the config."""
    return Part(role="contact", at=at, keys=keys)
