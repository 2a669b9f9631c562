"""Single lockers, and the lockers of one board: a type of each for each driver.

``[[lockers.boards]]`` is the short form: one table for all lockers of a board, whose numbers are in
the order of its locks. ``edge/config/expansion.py`` makes single lockers of it, and all other code
sees only these.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from edge.config.sections.number_lists import NumberList, count_of, number_problems, numbers_of
from edge.config.sections.pins import Contact, Output
from edge.config.sections.rows import Contacts, Outputs
from edge.config.sections.values import LockerNumber, Section

KerongAddress = Annotated[int, Meta(ge=0, le=15, description="a board's address from 0 to 15")]
KerongLock = Annotated[int, Meta(ge=1, le=48, description="a lock of the board, 1 to 48")]
BccAddress = Annotated[int, Meta(ge=1, le=32, description="a board's address from 1 to 32")]
BccLock = Annotated[int, Meta(ge=1, le=50, description="a lock of the board, 1 to 50")]
ModbusAddress = Annotated[int, Meta(ge=1, le=247, description="a Modbus address from 1 to 247")]
Channel = Annotated[int, Meta(ge=1, le=32, description="a relay's number from 1 to 32")]

LOCKER_NUMBERS = (1, 999)
MOST_BCC_LOCKS = 50


class Locker(Section, frozen=True, kw_only=True):
    """One locker, without the keys of its driver.

    :ivar number: the number on its door
    """

    number: LockerNumber


class Board(Section, frozen=True, kw_only=True):
    """The lockers of one board, without the keys of its driver.

    :ivar lockers: the numbers on their doors, in the order of the board's locks
    """

    rows: ClassVar[Mapping[str, str]] = {}
    """The keys of its rows of parts, and the key of such a part of a single locker."""

    lockers: NumberList

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield wrong numbers of lockers, and rows that are not as long as their list."""
        yield from number_problems(raw, {"lockers": LOCKER_NUMBERS})
        wanted = count_of(raw.get("lockers"))
        for key in cls.rows:
            row = raw.get(key)
            for name, text in row.items() if isinstance(row, Mapping) else ():
                count = count_of(text) if name in ("pins", "inputs", "outputs") else None
                if None not in (count, wanted) and count != wanted:
                    what = f"has {count} numbers, but there are {wanted} lockers"
                    yield f"{key}.{name}", f"{what}; allowed: one for each, in their order"

    @property
    def numbers(self) -> list[int]:
        """The numbers on the doors."""
        return numbers_of(self.lockers)

    @property
    def first(self) -> int:
        """The first locker's lock on the board."""
        return 1

    def locker(self, number: int, lock: int) -> Locker:
        """Return its locker *number* at *lock* of the board."""
        raise NotImplementedError

    def single_lockers(self) -> Iterator[tuple[int, Locker]]:
        """Yield (lock on the board, locker) for each locker."""
        for lock, number in enumerate(self.numbers, start=self.first):
            yield lock, self.locker(number, lock)


class GpioLocker(Locker, frozen=True, kw_only=True):
    """One locker: the relay of its lock, and the contact that is active while its door is open.

    :ivar relay: the relay of its lock
    :ivar door: the contact of its door, active while the door is open
    """

    relay: Output
    door: Contact


class GpioBoard(Board, frozen=True, kw_only=True):
    """The lockers of a relay board whose inputs are on the Pi's pins or on a module.

    :ivar relays: the relays of the locks, in the order of ``lockers``
    :ivar doors: the contacts of the doors, in the same order, active while a door is open
    """

    rows: ClassVar[Mapping[str, str]] = {"relays": "relay", "doors": "door"}

    relays: Outputs
    doors: Contacts

    def locker(self, number: int, lock: int) -> GpioLocker:
        """Return its locker *number*, the *lock*-th of the rows."""
        relay, door = self.relays.parts[lock - 1], self.doors.parts[lock - 1]
        return GpioLocker(number=number, relay=relay, door=door)


class KerongLocker(Locker, frozen=True, kw_only=True):
    """One locker on a KERONG board.

    :ivar address: as set on the board's switch
    :ivar lock: its lock's number on the board, the first is 1
    """

    address: KerongAddress
    lock: KerongLock


class KerongBoard(Board, frozen=True, kw_only=True):
    """The lockers of a KERONG board.

    :ivar address: as set on the board's switch
    :ivar first_lock: the lock of the first locker; those of the others follow
    """

    address: KerongAddress
    first_lock: KerongLock = 1

    @property
    def first(self) -> int:
        """The first locker's lock on the board."""
        return self.first_lock

    def locker(self, number: int, lock: int) -> KerongLocker:
        """Return its locker *number* at *lock* of the board."""
        return KerongLocker(number=number, address=self.address, lock=lock)


class BccLocker(Locker, frozen=True, kw_only=True):
    """One locker on a lock control board.

    :ivar address: as set on the board's switch
    :ivar lock: its lock's number on the board, the first is 1
    """

    address: BccAddress
    lock: BccLock


class BccBoard(Board, frozen=True, kw_only=True):
    """The lockers of a lock control board.

    :ivar address: as set on the board's switch
    :ivar first_lock: the lock of the first locker; those of the others follow
    """

    address: BccAddress
    first_lock: BccLock = 1

    @property
    def first(self) -> int:
        """The first locker's lock on the board."""
        return self.first_lock

    def locker(self, number: int, lock: int) -> BccLocker:
        """Return its locker *number* at *lock* of the board."""
        return BccLocker(number=number, address=self.address, lock=lock)


class RelayLocker(Locker, frozen=True, kw_only=True):
    """One locker on a Modbus relay board.

    :ivar address: the board's Modbus address
    :ivar channel: the relay's number as it is printed on the board (the first is 1)
    :ivar door: the contact of its door, active while the door is open
    """

    address: ModbusAddress = 1
    channel: Channel
    door: Contact


class RelayBoard(Board, frozen=True, kw_only=True):
    """The lockers of a Modbus relay board.

    :ivar address: the board's Modbus address
    :ivar first_channel: the relay of the first locker; those of the others follow
    :ivar doors: the contacts of the doors, in the order of ``lockers``, active while a door is open
    """

    rows: ClassVar[Mapping[str, str]] = {"doors": "door"}

    address: ModbusAddress = 1
    first_channel: Channel = 1
    doors: Contacts

    @property
    def first(self) -> int:
        """The first locker's relay on the board."""
        return self.first_channel

    def locker(self, number: int, lock: int) -> RelayLocker:
        """Return its locker *number* at the relay *lock* of the board."""
        door = self.doors.parts[lock - self.first]
        return RelayLocker(number=number, address=self.address, channel=lock, door=door)
