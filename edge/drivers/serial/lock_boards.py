"""Lockers on lock boards on an RS-485 line: KERONG (CU12, CU16, NCU16L, CU48) and BCC boards.

Rules of this driver
--------------------
1. A lock is only energised on a board that has just answered, by one request that is never
   repeated. Only the latch shows that a door opened.
2. One solenoid at a time on all boards (supply current): the next unlock waits until this one's
   time is over. The board ends the pulse, so it ends even if the Pi dies.
3. Some boards answer an unlock with a status, some do not answer: neither has a meaning.
4. Every latch is polled each ``poll_s``. A board that does not answer three times in a row is
   silent: its lockers are failed until it answers again. Either is posted at opening. Before the
   third try a CU12 or CU16 is sent a request to clear its busy state (see ``Family.clear_busy``
   in lock_family.py).
5. Errors on the line are posted as InputRefused and never as a latch.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from edge import waits
from edge.clock import Clock
from edge.config.sections.lockers import BccLockers, KerongLockers
from edge.drivers.port_reader import UNPLUGGED
from edge.drivers.serial.bus import Port, SerialBus
from edge.drivers.serial.lock_family import BoardStatus, Family
from edge.errors import DeviceFault, DeviceUnavailable, ProtocolError
from edge.sop.events import (
    InputRefused,
    LockerClosed,
    LockerFailed,
    LockerOpened,
    LockerRestored,
    Post,
)

TRIES = 3
# Seconds. No source gives the unlock time of a board that was not set; the longest that is likely.
UNTOLD_UNLOCK_S = 1.0
# Real seconds: a simulated clock cannot make the line faster.
LEAST_POLL_S = 0.02
# A board that sends more bytes than this in one turn does not answer.
MOST_BYTES = 256

_SILENT = (
    "Check the board's 12 V supply and its address switch. If no board answers, swap A and B once, "
    "and compare baud_rate with the boards' (docs/lockers.md)."
)

_log = logging.getLogger(__name__)


@dataclass
class _Board:
    """One board: the lockers of its locks, and its last known state."""

    address: int
    lockers: dict[int, int] = field(default_factory=dict)
    closed: dict[int, bool] = field(default_factory=dict)
    silent: bool | None = None  # None: not known yet
    configured: bool = False


class LockBoards:
    """The lockers of one checkpoint.

    Posts LockerOpened, LockerClosed, LockerFailed, LockerRestored and InputRefused.

    :param family: the frames of the boards
    """

    def __init__(
        self,
        name: str,
        config: KerongLockers | BccLockers,
        family: Family,
        bus: SerialBus,
        clock: Clock,
        post: Post,
    ) -> None:
        self.name = name
        self._config = config
        self._bus = bus
        self._clock = clock
        self._post = post
        self._family = family
        self._boards: dict[int, _Board] = {}
        self._places: dict[int, tuple[int, int]] = {}
        for locker in config.locker:
            board = self._boards.setdefault(locker.address, _Board(locker.address))
            board.lockers[locker.lock] = locker.number
            self._places[locker.number] = locker.address, locker.lock
        self._one_at_a_time = waits.lock()
        self._line = waits.lock()
        self._closing = waits.event()
        self._closing.set()
        self._thread: threading.Thread | None = None
        self._port_error: str | None = None

    def open(self) -> None:
        """Read every latch and start polling.

        :raises DeviceUnavailable: if the port is not there
        """
        self.close()
        for board in self._boards.values():
            board.closed, board.silent, board.configured = {}, board.silent or None, False
        self._poll_all()
        self._closing.clear()
        self._thread = waits.thread(self._poll, self.name)

    def close(self) -> None:
        """Stop polling and close the line. May be called twice."""
        self._closing.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
            self._bus.close()

    def unlock(self, locker: int) -> None:
        """Energise the lock of *locker* once; returns when its unlock time is over.

        :raises DeviceFault: if there is no such lock
        :raises DeviceUnavailable: if its board or the port is not there, or the driver is not open
        """
        if locker not in self._places:
            raise DeviceFault(
                f"{self.name}: no lock is wired for locker {locker}",
                "Add the locker to [lockers] in the config.",
            )
        address, lock = self._places[locker]
        board = self._boards[address]
        with self._one_at_a_time:
            self._require(board)
            with self._failing_without_port(), self._bus.turn() as port:
                port.write(self._family.unlock(address, lock))
                self._receive(port, address)
            self._closing.wait(self._clock.real(self._config.unlock_s or UNTOLD_UNLOCK_S))
            self._require(board)

    def reconcile(self) -> None:
        """Raise the present fault; the latches are polled all the time.

        :raises DeviceUnavailable: if the port is not there
        :raises DeviceFault: if a board is silent
        """
        if self._port_error is not None:
            raise DeviceUnavailable(f"{self.name}: {self._port_error}", UNPLUGGED)
        silent = [str(board.address) for board in self._boards.values() if board.silent]
        if silent:
            raise DeviceFault(f"{self.name}: no answer from board {', '.join(silent)}", _SILENT)

    def _require(self, board: _Board) -> None:
        """Read *board*; raise DeviceUnavailable if it does not answer."""
        if self._closing.is_set():
            raise DeviceUnavailable(
                f"{self.name}: not open", "The checkpoint is starting or ending: wait a moment."
            )
        with self._failing_without_port():
            self._read_board(board)
        if board.silent:
            raise DeviceUnavailable(f"{self.name}: no answer from board {board.address}", _SILENT)

    def _poll(self) -> None:
        pause_s = max(self._clock.real(self._config.poll_s), LEAST_POLL_S)
        while True:
            waits.pause_polls(self._closing, pause_s, pause_s)
            if self._closing.is_set():
                return
            try:
                self._poll_all()
            except DeviceUnavailable:
                continue  # reported by _noticing; the bus reopens its port when it is back
            except Exception:  # noqa: BLE001  # an error must not end the thread that reads the doors
                _log.exception("%s: the latches could not be looked at", self.name)

    def _poll_all(self) -> None:
        with self._failing_without_port():
            for board in self._boards.values():
                self._read_board(board)

    @contextmanager
    def _failing_without_port(self) -> Iterator[None]:
        """Report all lockers as failed while the port is not there."""
        try:
            yield
        except DeviceUnavailable as error:
            self._port_error = str(error)
            with self._line:
                for board in self._boards.values():
                    self._set_silent(board, str(error))
            raise
        self._port_error = None

    def _read_board(self, board: _Board) -> None:
        """Query the latches of *board* and post the changes."""
        with self._line:
            status = self._ask(board)
            if status is None:
                self._set_silent(board, f"no answer from board {board.address}")
                return
            if board.silent is not False:
                board.silent = False
                for locker in board.lockers.values():
                    self._post(partial(LockerRestored, locker=locker))
            for lock, locker in board.lockers.items():
                self._update(board, locker, closed=self._closed(status, lock))
            if not board.configured and self._config.unlock_s is not None:
                self._send(self._family.set_unlock_time(board.address, self._config.unlock_s))
                board.configured = True

    def _closed(self, status: BoardStatus, lock: int) -> bool:
        return (status.latches >> (lock - 1) & 1) == self._config.closed_bit

    def _update(self, board: _Board, locker: int, *, closed: bool) -> None:
        before = board.closed.get(locker)
        if closed != before:
            board.closed[locker] = closed
            kind = LockerClosed if closed else LockerOpened
            self._post(lambda at: kind(at, locker, before is None))

    def _set_silent(self, board: _Board, why: str) -> None:
        if not board.silent:
            # A board that has lost its power may have lost its unlock time too.
            board.silent, board.configured = True, False
            for locker in board.lockers.values():
                self._post(partial(LockerFailed, locker=locker, why=why))

    def _ask(self, board: _Board) -> BoardStatus | None:
        """Return the status of *board*; None if it does not answer."""
        for attempt in range(1 if board.silent else TRIES):
            if attempt == TRIES - 1:
                self._send(self._family.clear_busy(board.address))
            with self._bus.turn() as port:
                port.write(self._family.query(board.address))
                status = self._receive(port, board.address)
            if status is not None:
                return status
        return None

    def _receive(self, port: Port, address: int) -> BoardStatus | None:
        """Return the next status of the board *address*; None if it does not come."""
        framer, heard = self._family.framer(), 0
        while heard < MOST_BYTES and (data := port.read(max(1, port.in_waiting))):
            heard += len(data)
            status = self._sift(framer.feed(data), address)
            if status is not None:
                return status
        return self._sift(framer.end(), address)

    def _sift(
        self, found: Iterable[BoardStatus | ProtocolError], address: int
    ) -> BoardStatus | None:
        """Return the first status of the board *address* in *found*; post errors before it."""
        for item in found:
            if isinstance(item, ProtocolError):
                self._post(partial(InputRefused, device=self.name, why=str(item)))
            elif item.address == address:
                return item
            else:
                why = "an answer from another board"
                self._post(partial(InputRefused, device=self.name, why=why))
        return None

    def _send(self, request: bytes | None) -> None:
        """Send *request* and discard its answer; None: the family has no such request."""
        if request is None:
            return
        with self._bus.turn() as port:
            port.write(request)
            heard = 0
            while heard < MOST_BYTES and (data := port.read(max(1, port.in_waiting))):
                heard += len(data)
