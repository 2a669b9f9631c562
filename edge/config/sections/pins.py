"""The parts on a pin: contacts and outputs."""

from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.values import Pin, Section


class Contact(Section, frozen=True, kw_only=True):
    """A dry contact on a pin.

    :ivar wired: ``normally-open``: closes when active (pressed, alarm, answer);
        ``normally-closed``: opens when active, so that a cut wire is never "clear"
    :ivar pull: ``up``: contact between pin and ground, the Pi's own pull-up; ``down``: between
        pin and 3.3 V; ``external-up``/``external-down``: the same with a resistor fitted outside
    :ivar bounce_s: a level counts once it has been stable this long, seconds
    """

    pin: Pin
    wired: Literal["normally-open", "normally-closed"] = "normally-open"
    pull: Literal["up", "down", "external-up", "external-down"] = "up"
    bounce_s: Annotated[float, Meta(ge=0, le=0.05, description="seconds from 0 to 0.05")] = 0.02

    @property
    def place(self) -> str:
        """The place of its wires, in words."""
        return f"pin {self.pin}"

    @property
    def active_level(self) -> bool:
        """The pin's level (True = high) while the contact is active."""
        closed_level = self.pull in ("down", "external-down")
        return closed_level if self.wired == "normally-open" else not closed_level


class Loop(Contact, frozen=True, kw_only=True):
    """A supervised contact: normally-closed by default, so that a cut wire alarms."""

    wired: Literal["normally-open", "normally-closed"] = "normally-closed"


class DataLine(Section, frozen=True, kw_only=True):
    """A data line of a Wiegand reader on a pin: high at rest, pulled low for each bit.

    :ivar pull: ``up``: the Pi's own pull-up; ``external-up``: a resistor or level shifter outside
    """

    pin: Pin
    pull: Literal["up", "external-up"] = "up"

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


class Output(Section, frozen=True, kw_only=True):
    """A relay, lamp or buzzer on a pin; ``active`` is the level that switches it on."""

    pin: Pin
    active: Literal["high", "low"] = "high"

    @property
    def place(self) -> str:
        """The place of its wires, in words."""
        return f"pin {self.pin}"
