"""Contacts and outputs: each on a pin of the Pi, or on a channel of a module far away."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from edge.config.sections.values import Name, Pin, Section, fragment

ChannelNumber = Annotated[
    int, Meta(ge=1, le=64, description="a channel's number as printed on the module, 1 to 64")
]

WiredAs = Literal["normally-open", "normally-closed"]
Pull = Literal["up", "down", "external-up", "external-down"]
BounceSeconds = Annotated[float, Meta(ge=0, le=0.05, description="seconds from 0 to 0.05")]

WhenLost = Literal["held", "rest", "alarm"]
"""What a contact counts as once its module is lost (docs/modules.md)."""


class Wired(Section, frozen=True, kw_only=True):
    """A part on a pin or on a channel of a module: exactly one of the two.

    :ivar pin: BCM number of the Pi's pin
    :ivar module: in place of a pin, the [modules.NAME] that it is on
    """

    channel_key: ClassVar[str] = ""
    pin_keys: ClassVar[tuple[str, ...]] = ()

    pin: Pin | None = None
    module: Name | None = None

    @property
    def bcm(self) -> int:
        """BCM number of its pin.

        :raises ValueError: if it is on a module
        """
        if self.pin is None:
            raise ValueError(f"{self.place} is no pin")
        return self.pin

    @property
    def channel(self) -> int:
        """Number of its channel on its module, as printed there.

        :raises ValueError: if it is on a pin
        """
        number: int | None = getattr(self, self.channel_key)
        if number is None:
            raise ValueError(f"{self.place} is no channel of a module")
        return number

    @property
    def place(self) -> str:
        """The place of its wires, in words."""
        if self.module is None:
            return f"pin {self.pin}"
        return f"{self.channel_key} {getattr(self, self.channel_key)} of {self.module}"

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield keys that do not go together, of which one is missing, or that mean nothing."""
        yield from place_problems(raw, "pin", cls.channel_key, cls.pin_keys)

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return: on a pin, or on a channel of a module."""
        return place_rules("pin", cls.channel_key, cls.pin_keys)


def place_problems(
    raw: Mapping[str, Any], pin: str, channel: str, pin_keys: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield (key, problem) for the place of a part: on a pin or on a channel of a module.

    :param pin: the key of the pin; *channel*: that of the channel; ``pins``, ``inputs`` and
        ``outputs`` are those of several parts
    :param pin_keys: keys that have a meaning only on a pin
    """
    places = f"module and {channel}"
    if pin in raw:
        for key in ("module", channel):
            if key in raw:
                yield key, f"stands beside {pin}; allowed: {pin}, or {places}"
    elif "module" not in raw and channel not in raw:
        yield pin, f"is missing; allowed: {_PLACE[pin]}, or {places}"
    else:
        for key in ("module", channel):
            if key not in raw:
                yield key, f"is missing; allowed: {_PLACE.get(key, _PLACE[f'{pin} channel'])}"
        for key in pin_keys:
            if key in raw:
                yield key, f"has no meaning on a module; allowed: leave it out {_INSTEAD[key]}"


def place_rules(pin: str, channel: str, pin_keys: tuple[str, ...]) -> dict[str, Any]:
    """Return :func:`place_problems` as JSON Schema."""
    return {
        "anyOf": [
            fragment(pin, properties={"module": False, channel: False}),
            fragment("module", channel, properties=dict.fromkeys((pin, *pin_keys), False)),
        ]
    }


_PLACE = {
    "pin": "a BCM GPIO number from 2 to 27",
    "pins": 'BCM GPIO numbers from 2 to 27 in quotes, such as "17, 27, 22"',
    "module": "a name of [modules.NAME]",
    "pin channel": "a channel's number",
    "pins channel": 'numbers of channels in quotes, such as "1-8"',
}
_INSTEAD = {
    "pull": "(the module feeds its inputs itself)",
    "active": "(on energises the module's output; wire the load to the contact that then closes)",
}


class Contact(Wired, frozen=True, kw_only=True):
    """A dry contact on a pin or on an input of a module.

    :ivar input: the module's input, by the number printed there
    :ivar wired: ``normally-open``: closes when active (pressed, alarm, answer);
        ``normally-closed``: opens when active, so that a cut wire is never "clear"
    :ivar pull: ``up``: contact between pin and ground, the Pi's own pull-up; ``down``: between
        pin and 3.3 V; ``external-up``/``external-down``: the same with a resistor fitted outside.
        Without meaning on a module
    :ivar bounce_s: a level counts once it has been stable this long, seconds
    """

    channel_key: ClassVar[str] = "input"
    pin_keys: ClassVar[tuple[str, ...]] = ("pull",)
    when_lost: ClassVar[WhenLost] = "held"

    input: ChannelNumber | None = None
    wired: WiredAs = "normally-open"
    pull: Pull = "up"
    bounce_s: BounceSeconds = 0.02

    @property
    def closed_level(self) -> bool:
        """The level while the contact is closed: True is high on a pin, on at a module."""
        return self.module is not None or self.pull in ("down", "external-down")

    @property
    def active_level(self) -> bool:
        """The level while the contact is active: True is high on a pin, on at a module."""
        return self.closed_level if self.wired == "normally-open" else not self.closed_level


class Signal(Contact, frozen=True, kw_only=True):
    """A contact that is active for moments (a press): at rest while its module is lost."""

    when_lost: ClassVar[WhenLost] = "rest"


class AlarmContact(Contact, frozen=True, kw_only=True):
    """A contact that alarms: it counts as active while its module is lost, as with a cut wire."""

    when_lost: ClassVar[WhenLost] = "alarm"


class Loop(AlarmContact, frozen=True, kw_only=True):
    """A supervised contact: normally-closed by default, so that a cut wire alarms."""

    wired: WiredAs = "normally-closed"


class DataLine(Section, frozen=True, kw_only=True):
    """A data line of a Wiegand reader on a pin: high at rest, pulled low for each bit.

    :ivar pin: BCM number of the Pi's pin
    :ivar pull: ``up``: the Pi's own pull-up; ``external-up``: a resistor or level shifter outside
    """

    module: ClassVar[None] = None

    pin: Pin
    pull: Literal["up", "external-up"] = "up"

    @property
    def bcm(self) -> int:
        """BCM number of its pin."""
        return self.pin

    @property
    def channel(self) -> int:
        """Not on a module.

        :raises ValueError: always
        """
        raise ValueError(f"{self.place} is no channel of a module")

    @property
    def active_level(self) -> bool:
        """The pin's level during a pulse: low."""
        return False

    @property
    def place(self) -> str:
        """The place of its wire, in words."""
        return f"pin {self.pin}"

    @property
    def contact(self) -> Contact:
        """The same as an input whose every edge counts."""
        return Contact(pin=self.pin, pull=self.pull, bounce_s=0.0)


class Output(Wired, frozen=True, kw_only=True):
    """A relay, lamp or buzzer on a pin or on an output of a module.

    :ivar output: the module's output, by the number printed there
    :ivar active: the pin's level that switches it on. Without meaning on a module, where on
        energises the output
    """

    channel_key: ClassVar[str] = "output"
    pin_keys: ClassVar[tuple[str, ...]] = ("active",)

    output: ChannelNumber | None = None
    active: Literal["high", "low"] = "high"

    @property
    def active_level(self) -> bool:
        """The level that switches it on: True is high on a pin, energised on a module."""
        return self.active == "high"
