"""The lockers: what unlocks them and what says that a door is open. One type a driver."""

from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.pins import Contact, Output
from edge.config.sections.values import LockerNumber, Name, Seconds, Section

PulseSeconds = Annotated[float, Meta(gt=0, le=3, description="seconds, above 0, at most 3")]
BoardPulseSeconds = Annotated[float, Meta(ge=0.1, le=3, description="seconds from 0.1 to 3")]
ModbusAddress = Annotated[int, Meta(ge=1, le=247, description="a Modbus address from 1 to 247")]
Channel = Annotated[int, Meta(ge=1, le=32, description="a relay's number from 1 to 32")]
BoardAddress = Annotated[int, Meta(ge=0, le=15, description="a board's address from 0 to 15")]

BoardModel = Literal["cu12", "cu16", "cu48"]
LOCKS_ON_BOARD: dict[BoardModel, int] = {"cu12": 12, "cu16": 16, "cu48": 48}
"""How many locks a KERONG board has."""


class AllLockers(Section, frozen=True, kw_only=True):
    """What every driver's lockers have.

    :ivar left_open_s: how long a door may stand open before somebody is told
    """

    left_open_s: Seconds = 120.0


class Locker(Section, frozen=True, kw_only=True):
    """One locker: what every driver's have."""

    number: LockerNumber


class GpioLocker(Locker, frozen=True, kw_only=True):
    """One locker: the relay of its lock, and the contact that is active while its door is open."""

    relay: Output
    door: Contact


class GpioLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="gpio"):
    """Lockers on the Pi's own pins, and how long a lock's solenoid is energised."""

    pulse_s: PulseSeconds = 0.5
    locker: Annotated[list[GpioLocker], Meta(min_length=1, description="a list of lockers")]


class KerongLocker(Locker, frozen=True, kw_only=True):
    """One locker: the address set on its board's switch, and its lock there (the first is 1)."""

    address: BoardAddress
    lock: Annotated[int, Meta(ge=1, le=48, description="a lock of the board, 1 to 48")]


class KerongLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="kerong"):
    """Lockers on KERONG boards, which drive the locks and see the latches.

    :ivar bus: the [buses.NAME] that the boards are on (19200 baud)
    :ivar board: ``cu12``, ``cu16`` (also the NCU16L) or ``cu48``; all boards are of one kind
    :ivar closed_bit: what a board answers for a closed latch; sources differ
    :ivar unlock_s: the pulse that the boards are told to give; None: they keep what they have
    :ivar poll_s: how often the latches are asked for
    """

    bus: Name
    board: BoardModel
    closed_bit: Literal[0, 1] = 1
    unlock_s: PulseSeconds | None = None
    poll_s: Annotated[float, Meta(ge=0.1, le=10, description="seconds from 0.1 to 10")] = 0.5
    locker: Annotated[list[KerongLocker], Meta(min_length=1, description="a list of lockers")]


class RelayLocker(Locker, frozen=True, kw_only=True):
    """One locker: the Modbus address of its relay board, its relay there, and its door's contact.

    :ivar channel: the relay's number as it is printed on the board (the first is 1)
    """

    address: ModbusAddress = 1
    channel: Channel
    door: Contact


class WaveshareLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="waveshare"):
    """Lockers on Waveshare's Modbus RTU relays, which time the pulse themselves.

    :ivar bus: the [buses.NAME] that the boards are on (they come with 9600 baud)
    :ivar channels: how many relays a board has
    :ivar pulse_s: how long a lock's solenoid is energised, in steps of 0.1 s
    """

    bus: Name
    channels: Channel = 8
    pulse_s: BoardPulseSeconds = 0.5
    locker: Annotated[list[RelayLocker], Meta(min_length=1, description="a list of lockers")]


class R421a08Lockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="r421a08"):
    """Lockers on R421A08 or R4D8 relay boards, which time the pulse themselves.

    :ivar bus: the [buses.NAME] that the boards are on (9600 baud)
    :ivar channels: how many relays a board has
    :ivar command: ``momentary``: the board's own pulse; ``delay``: one of ``pulse_s``
    :ivar pulse_s: for ``delay`` the pulse, whole seconds; for ``momentary`` how long the board's
        pulse lasts at most: so long the next lock waits
    """

    bus: Name
    channels: Channel = 8
    command: Literal["momentary", "delay"] = "momentary"
    pulse_s: BoardPulseSeconds = 1.0
    locker: Annotated[list[RelayLocker], Meta(min_length=1, description="a list of lockers")]


Lockers = GpioLockers | KerongLockers | WaveshareLockers | R421a08Lockers
"""The [lockers] of a config, told apart by their key ``driver``."""
