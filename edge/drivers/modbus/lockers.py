"""Lockers with locks on Modbus relay boards and door contacts on pins or modules.

Rules of this driver (and those of ``relay_boards.py`` and edge/drivers/wired/contact_lockers.py)
-------------------------------------------------------------------------------------------------
1. The board times the pulse: it ends even if this machine dies in it. The next lock waits until
   it is over, also where it is not known whether it began.
2. On opening, all used relays of every board are switched off. If no board answers, the lockers
   are unavailable; if only some answer, the lockers of the others are out of order.
3. A board that stops answering, or answers wrongly, has its lockers out of order (LockerFailed,
   once each) until it answers again; its relays are then switched off first (LockerRestored).
   On opening either is posted for every locker: the state before a restart may have changed.
4. A relay that is on without an unlock is switched off, and a fault: a solenoid burns.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from edge import waits
from edge.clock import Clock
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.config.sections.locks import RelayLocker
from edge.drivers.channels import Channels
from edge.drivers.modbus.line import ModbusLine
from edge.drivers.modbus.relay_boards import (
    MARGIN_S,
    R421a08,
    RelayBoard,
    RelayKind,
    Waveshare,
    words,
)
from edge.drivers.wired.contact_lockers import ContactLockers
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import InputRefused, Post

_SILENT = (
    "Check the boards' power, A and B (swap them once), their addresses, and the bus's baud_rate."
)

ModbusSection = WaveshareLockers | R421a08Lockers


class ModbusLockers(ContactLockers):
    """The lockers of one checkpoint.

    Posts LockerOpened, LockerClosed, LockerFailed, LockerRestored and InputRefused.
    """

    def __init__(
        self,
        name: str,
        config: ModbusSection,
        line: ModbusLine,
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        super().__init__(name, config.locker, (), channels, clock, post)
        self._pulse_real_s = clock.real(config.pulse_s + MARGIN_S)
        self._lockers = {locker.number: locker for locker in config.locker}
        self._boards = {
            address: RelayBoard(
                name, _kind(config), address, relays, line, clock, config.pulse_s, self._refused
            )
            for address, relays in _channels(config.locker).items()
        }
        self._whys: dict[int, str | None] = {}  # why the board at an address does not work
        self._pulsing: RelayBoard | None = None
        self._opened = False
        self._closing = waits.event()

    def open(self) -> None:
        """Switch all used relays off, then claim the door contacts, which report their levels.

        :raises DeviceUnavailable: if no board answers, or a pin cannot be claimed
        """
        self._closing.clear()
        whys = {}
        for address, board in self._boards.items():
            try:
                board.rest()
            except (DeviceUnavailable, DeviceFault) as error:
                whys[address] = str(error)
        if len(whys) == len(self._boards):
            raise DeviceUnavailable("; ".join(whys.values()), _SILENT)
        self._causes.clear()
        super().open()
        self._opened = True
        self._whys.clear()
        for address in self._boards:
            self._found(address, whys.get(address))

    def close(self) -> None:
        """End a pulse under way and release the door contacts. May be called at any time."""
        self._opened = False
        self._closing.set()
        pulsing = self._pulsing
        if pulsing is not None:
            with suppress(DeviceUnavailable, DeviceFault):  # then the board's own timer ends it
                pulsing.rest()
        super().close()

    def energise(self, locker: int) -> None:
        """Start the pulse on the board of *locker*; returns when it is over."""
        if not self._opened:
            raise DeviceUnavailable(
                f"{self.name}: not open", "They open by themselves once a board answers."
            )
        wired = self._lockers[locker]
        self._pulsing = board = self._boards[wired.address]
        try:
            board.pulse(wired.channel, shut=lambda: locker not in self._open_doors)
        except DeviceUnavailable as error:
            self._found(wired.address, str(error))
            raise
        finally:
            self._closing.wait(self._pulse_real_s)
            self._pulsing = None

    def reconcile(self) -> None:
        """Check that every board answers and every relay is off; then read the doors again.

        :raises DeviceUnavailable: if a board is silent
        :raises DeviceFault: if a board answers wrongly, or a relay was on
        """
        with self._one_at_a_time:
            looked_at = self._boards if self._opened else ()
            troubles = [error for address in looked_at if (error := self._poll(address))]
        super().reconcile()
        if troubles:
            raise troubles[0]

    def _poll(self, address: int) -> DeviceUnavailable | DeviceFault | None:
        board = self._boards[address]
        try:
            stuck = set() if self._whys.get(address) else board.on()
            if stuck or self._whys.get(address):
                board.rest()
        except (DeviceUnavailable, DeviceFault) as error:
            self._found(address, str(error))
            return error
        self._found(address, None)
        if stuck:
            return DeviceFault(
                f"{board.name}: relay {words(stuck)} was on although no lock was operated; "
                "switched off",
                "Is another program or controller using the board? If not, replace the board.",
            )
        return None

    def _found(self, address: int, why: str | None) -> None:
        """Put the lockers of a board in order or out of order, if its state changed."""
        news = address not in self._whys or bool(self._whys[address]) != bool(why)
        self._whys[address] = why
        for number in self._numbers_at(address) if news else ():
            if why is None:
                self._in_order(number, "board")
            else:
                self._out_of_order(number, "board", why)

    def _numbers_at(self, address: int) -> list[int]:
        return [n for n, locker in self._lockers.items() if locker.address == address]

    def _refused(self, why: str) -> None:
        self._post(lambda at: InputRefused(at, self.name, why))


def _kind(config: ModbusSection) -> RelayKind:
    return Waveshare(config) if isinstance(config, WaveshareLockers) else R421a08(config)


def _channels(lockers: Iterable[RelayLocker]) -> dict[int, list[int]]:
    """Return the used relays of each address."""
    channels: defaultdict[int, list[int]] = defaultdict(list)
    for locker in lockers:
        channels[locker.address].append(locker.channel)
    return channels
