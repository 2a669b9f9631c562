"""The officers' panels and the buzzer: lamps, buttons and sound."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.pins import Output, Signal
from edge.config.sections.values import Action, Name, Section

Colour = Literal["white", "green", "blue", "amber", "red"]
LampName = Literal["lamp", "white", "green", "blue", "amber", "red"]

Label = Annotated[str, Meta(max_length=40, description="text of at most 40 characters")]
TimeOfDay = Annotated[
    str,
    Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description='a local time such as "21:00"'),
]


class Button(Signal, frozen=True, kw_only=True):
    """An officer's button: the meaning of a press, and of holding it for a second.

    :ivar press: the meaning of a press (docs/panel.md)
    :ivar hold: the meaning of holding it for a second
    :ivar procedure: with ``arrive``: the procedure of the visit that it opens
    :ivar host: with ``arrive``: the host of that visit, where the procedure has several; with
        ``receiving`` and ``away``: the host who receives guests, or does not
    :ivar guest_kind: with ``arrive``: the kind of the guest: id of a [[guest_kinds]]
    :ivar label: the text printed on it (`gardu panel`), in the office's own words; empty: the words
        of its meaning
    """

    press: Action
    hold: Action | None = None
    procedure: Name | None = None
    host: Name | None = None
    guest_kind: Name | None = None
    label: Label = ""


class Lamps(Section, frozen=True, kw_only=True):
    """Lamps in colours, any of them; the order here is the order on the panel.

    :ivar white: beside a green lamp: the panel works; without one: a guest waits
    :ivar green: a guest waits
    :ivar blue: a decision is needed
    :ivar amber: 80 % of the step's time is used
    :ivar red: the step's time is over; blinking: an alarm
    """

    white: Output | None = None
    green: Output | None = None
    blue: Output | None = None
    amber: Output | None = None
    red: Output | None = None


class Panel(Section, frozen=True, kw_only=True):
    """The lamps and buttons of one officer, for the stations that this officer serves.

    :ivar stations: the stations of the procedures that this panel serves
    :ivar buttons: its buttons
    :ivar lamp: the only lamp, of any colour, of a panel with few pins
    :ivar lamps: the lamps of a panel with more pins
    """

    stations: list[Name]
    lamp: Output | None = None
    lamps: Lamps = Lamps()
    buttons: list[Button] = msgspec.field(default_factory=list)

    @property
    def fitted_lamps(self) -> dict[LampName, Output]:
        """The lamps that are fitted, from left to right."""
        lamps: dict[LampName, Output | None] = {"lamp": self.lamp}
        lamps.update(msgspec.structs.asdict(self.lamps))  # type: ignore[arg-type]  # its keys are
        return {name: output for name, output in lamps.items() if output is not None}


class Quiet(Section, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """The quiet hours: answers to buttons and cards are short or silent; alarms always sound.

    The office's time ([checkpoint] timezone); past midnight where ``from`` is later than ``to``.

    :ivar begin: beginning of the quiet hours
    :ivar end: their end
    :ivar beeps: ``short``: answers are a tick; ``silent``: there are none
    """

    begin: TimeOfDay
    end: TimeOfDay
    beeps: Literal["short", "silent"] = "short"


class Buzzer(Output, frozen=True, kw_only=True):
    """The buzzer that every officer hears."""

    quiet: Quiet | None = None
