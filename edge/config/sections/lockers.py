"""The lockers: their locks and door contacts. One type for each driver."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.locks import (
    MOST_BCC_LOCKS,
    BccBoard,
    BccLocker,
    Channel,
    GpioBoard,
    GpioLocker,
    KerongBoard,
    KerongLocker,
    RelayBoard,
    RelayLocker,
)
from edge.config.sections.values import Name, Section, fragment

PulseSeconds = Annotated[float, Meta(gt=0, le=3, description="seconds, above 0, at most 3")]
BoardPulseSeconds = Annotated[float, Meta(ge=0.1, le=3, description="seconds from 0.1 to 3")]

BoardModel = Literal["cu12", "cu16", "cu48"]
LOCKS_ON_BOARD: dict[BoardModel, int] = {"cu12": 12, "cu16": 16, "cu48": 48}
"""Number of locks of a KERONG board."""

SOME_BOARDS = Meta(min_length=1, description="a list of boards")
SOME_LOCKERS = Meta(min_length=1, description="a list of lockers")


class AllLockers(Section, frozen=True, kw_only=True):
    """The keys that every driver's section has.

    :ivar left_open_s: how long a door may stand open before it is reported
    :ivar return_needs: what opens a locker for its guest at the end of the visit: the card and an
        officer's button, or the card alone (the number of a 125 kHz card can be copied)
    :ivar boards: the lockers, one table for all of a board
    :ivar locker: the lockers, one table for each; its keys are used in place of those that a board
        gives to the same number
    """

    left_open_s: Annotated[float, Meta(ge=5, le=86400, description="seconds from 5 to 86400")] = (
        120.0
    )
    return_needs: Literal["card-and-button", "card"] = "card-and-button"

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield that there is no locker."""
        if "boards" not in raw and "locker" not in raw:
            yield "boards", "is missing; allowed: [[lockers.boards]], or [[lockers.locker]]"

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return: with boards or with lockers."""
        return {"anyOf": [fragment("boards"), fragment("locker")]}

    @property
    def locks_on_board(self) -> int | None:
        """Number of locks that a board has at most; None: as many as its rows name."""
        return None


class GpioLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="gpio"):
    """Lockers on relays and contacts at the Pi's own pins or at modules.

    :ivar pulse_s: how long a lock's solenoid is energised; never longer than its data sheet allows
    """

    pulse_s: PulseSeconds = 0.5
    boards: Annotated[list[GpioBoard], SOME_BOARDS] = msgspec.field(default_factory=list)
    locker: Annotated[list[GpioLocker], SOME_LOCKERS] = msgspec.field(default_factory=list)


class KerongLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="kerong"):
    """Lockers on KERONG boards, which drive the locks and read the latches.

    :ivar bus: the [buses.NAME] that the boards are on (19200 baud)
    :ivar board: ``cu12``, ``cu16`` (also the NCU16L) or ``cu48``; all boards are of one kind
    :ivar closed_bit: the bit that a board answers for a closed latch; sources differ
    :ivar unlock_s: the pulse that the boards are set to; without it their own setting stays
    :ivar poll_s: interval of the polls of the latches
    """

    bus: Name
    board: BoardModel
    closed_bit: Literal[0, 1] = 1
    unlock_s: PulseSeconds | None = None
    poll_s: Annotated[float, Meta(ge=0.1, le=10, description="seconds from 0.1 to 10")] = 0.5
    boards: Annotated[list[KerongBoard], SOME_BOARDS] = msgspec.field(default_factory=list)
    locker: Annotated[list[KerongLocker], SOME_LOCKERS] = msgspec.field(default_factory=list)

    @property
    def locks_on_board(self) -> int:
        """Number of locks of a board."""
        return LOCKS_ON_BOARD[self.board]


MOST_STATUS_BYTES = 7
"""The most state bytes of a lock control board: boards have up to 50 locks."""


class BccLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="bcc"):
    """Lockers on lock control boards with an XOR checksum (BCC): ``8A 01 01 11 9B`` opens lock 1.

    :ivar bus: the [buses.NAME] that the boards are on (9600 baud)
    :ivar closed_bit: the bit that a board answers for a closed latch: the locks' feedback contacts
        close either when the door is shut, or when it is open
    :ivar status_bytes: number of state bytes in a status
    :ivar byte_order: ``big``: the first state byte has the highest locks; ``little``: locks 1 to 8
    :ivar unlock_s: the pulse, sent with each unlock; without it the boards' own, which is
        300 ms by one source
    :ivar poll_s: interval of the polls of the latches
    """

    bus: Name
    closed_bit: Literal[0, 1] = 1
    status_bytes: Annotated[
        int, Meta(ge=2, le=MOST_STATUS_BYTES, description="a number from 2 to 7")
    ] = 3
    byte_order: Literal["big", "little"] = "big"
    unlock_s: Literal[1, 2, 3] | None = None
    poll_s: Annotated[float, Meta(ge=0.1, le=10, description="seconds from 0.1 to 10")] = 0.5
    boards: Annotated[list[BccBoard], SOME_BOARDS] = msgspec.field(default_factory=list)
    locker: Annotated[list[BccLocker], SOME_LOCKERS] = msgspec.field(default_factory=list)

    @property
    def locks_on_board(self) -> int:
        """Number of locks of a board, as far as its status has them."""
        return min(8 * self.status_bytes, MOST_BCC_LOCKS)


class WaveshareLockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="waveshare"):
    """Lockers on Waveshare's Modbus RTU relays, which time the pulse themselves.

    :ivar bus: the [buses.NAME] that the boards are on (9600 baud by default)
    :ivar channels: number of relays of a board
    :ivar pulse_s: how long a lock's solenoid is energised, in steps of 0.1 s
    """

    bus: Name
    channels: Channel = 8
    pulse_s: BoardPulseSeconds = 0.5
    boards: Annotated[list[RelayBoard], SOME_BOARDS] = msgspec.field(default_factory=list)
    locker: Annotated[list[RelayLocker], SOME_LOCKERS] = msgspec.field(default_factory=list)

    @property
    def locks_on_board(self) -> int:
        """Number of relays of a board."""
        return self.channels


class R421a08Lockers(AllLockers, frozen=True, kw_only=True, tag_field="driver", tag="r421a08"):
    """Lockers on R421A08 or R4D8 relay boards, which time the pulse themselves.

    :ivar bus: the [buses.NAME] that the boards are on (9600 baud)
    :ivar channels: number of relays of a board
    :ivar command: ``momentary``: the board's own pulse; ``delay``: a pulse of ``pulse_s``
    :ivar pulse_s: for ``delay`` the pulse, whole seconds; for ``momentary`` the longest that the
        board's own pulse may last: the next lock waits that long
    """

    bus: Name
    channels: Channel = 8
    command: Literal["momentary", "delay"] = "momentary"
    pulse_s: BoardPulseSeconds = 1.0
    boards: Annotated[list[RelayBoard], SOME_BOARDS] = msgspec.field(default_factory=list)
    locker: Annotated[list[RelayLocker], SOME_LOCKERS] = msgspec.field(default_factory=list)

    @property
    def locks_on_board(self) -> int:
        """Number of relays of a board."""
        return self.channels


Lockers = GpioLockers | KerongLockers | BccLockers | WaveshareLockers | R421a08Lockers
"""The [lockers] of a config; their key ``driver`` selects the type."""
