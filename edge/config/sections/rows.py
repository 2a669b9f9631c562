"""Rows of contacts or outputs of one kind, one for each locker of a board."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from edge.config.sections.number_lists import NumberList, number_problems, numbers_of
from edge.config.sections.pins import (
    BounceSeconds,
    Contact,
    Output,
    Pull,
    WiredAs,
    place_problems,
    place_rules,
)
from edge.config.sections.values import Name, Section

PINS = (2, 27)
CHANNELS = (1, 64)


class Row(Section, frozen=True, kw_only=True):
    """Parts on pins of the Pi or on channels of one module, in the order of the lockers.

    :ivar pins: BCM numbers of the pins
    :ivar module: the [modules.NAME] that they are on, in place of pins
    """

    channels_key: ClassVar[str] = ""
    pin_keys: ClassVar[tuple[str, ...]] = ()

    pins: NumberList | None = None
    module: Name | None = None

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield keys that do not go together, of which one is missing, and wrong numbers."""
        yield from place_problems(raw, "pins", cls.channels_key, cls.pin_keys)
        yield from number_problems(raw, {"pins": PINS, cls.channels_key: CHANNELS})

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return: on pins, or on channels of a module."""
        return place_rules("pins", cls.channels_key, cls.pin_keys)

    def places(self) -> Iterator[dict[str, Any]]:
        """Yield the place of each part, as keys of a single contact or output."""
        if self.pins is not None:
            yield from ({"pin": number} for number in numbers_of(self.pins))
            return
        key = self.channels_key
        for number in numbers_of(getattr(self, key)):
            yield {"module": self.module, key.removesuffix("s"): number}


class Contacts(Row, frozen=True, kw_only=True):
    """The contacts of doors, which are active while a door is open.

    :ivar wired: ``normally-open``: closes when the door opens; ``normally-closed``: opens, so that
        a cut wire reads as an open door
    :ivar pull: ``up``: contact between pin and ground; ``down``: between pin and 3.3 V;
        ``external-up``/``external-down``: the same with a resistor fitted outside
    :ivar bounce_s: a level counts once it has been stable this long
    :ivar inputs: the inputs of the module, by the numbers printed there
    """

    channels_key: ClassVar[str] = "inputs"
    pin_keys: ClassVar[tuple[str, ...]] = ("pull",)

    inputs: NumberList | None = None
    wired: WiredAs = "normally-open"
    pull: Pull = "up"
    bounce_s: BounceSeconds = 0.02

    @property
    def parts(self) -> list[Contact]:
        """Its contacts, in the order of the lockers."""
        return [
            Contact(**place, wired=self.wired, pull=self.pull, bounce_s=self.bounce_s)
            for place in self.places()
        ]


class Outputs(Row, frozen=True, kw_only=True):
    """The relays of locks.

    :ivar active: the pins' level that switches a relay on
    :ivar outputs: the outputs of the module, by the numbers printed there
    """

    channels_key: ClassVar[str] = "outputs"
    pin_keys: ClassVar[tuple[str, ...]] = ("active",)

    outputs: NumberList | None = None
    active: Literal["high", "low"] = "high"

    @property
    def parts(self) -> list[Output]:
        """Its outputs, in the order of the lockers."""
        return [Output(**place, active=self.active) for place in self.places()]
