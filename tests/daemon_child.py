"""The daemon on mock pins; a test sends it commands on standard input, one a line.

- ``press PIN``: close the contact on an input for a moment
- ``low PIN``, ``high PIN``: close or open the contact to ground on an input
- ``wall MS``: set the wall clock, milliseconds since 1970; it runs on from there
- ``synced 0`` or ``synced 1``: the kernel reports the clock as untrusted, or as trusted
- ``die entering``: be killed (SIGKILL) as soon as the next guest is in the guest book
- ``hang``: block the event loop for ever, while all other threads run on

Two periods are shorter than a Pi's, because tests wait for each press and for each check: a button
counts again after _AGAIN_S, and the database's files are checked every _CHECK_S.

``python -m tests.daemon_child CONFIG [BOOT UPTIME_S [COMMAND ...]]``: BOOT and UPTIME_S are the
boot's name and its age in seconds, for a test that needs a boot of its own; COMMANDs run first.
With the variable GARDU_VERBOSE it logs every detail.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.clock import Clock
from edge.config.loading import load_config
from edge.daemon import database_watch
from edge.daemon.run import run_daemon, set_up_logging
from edge.drivers.wired import presses
from edge.errors import GarduError
from edge.guestbook.book import GuestBook
from edge.guestbook.entry import Entry
from edge.private_files import make_private

_GLANCE_S = 0.01
# How long a quick finger presses, seconds.
_FINGER_S = 0.05
_AGAIN_S = 0.1
_CHECK_S = 0.5


class SetClock(Clock):
    """A clock that can be set; boot time is the kernel's, or that of a boot of its own.

    The variable GARDU_SPEED is its speed (1 if not set).
    """

    def __init__(self, boot: str | None = None, uptime_s: float = 0.0) -> None:
        speed = float(os.environ.get("GARDU_SPEED", "1"))
        super().__init__(speed, time.clock_gettime_ns(time.CLOCK_BOOTTIME))
        self._offset_ms = 0
        self._trusted = True
        self._off_ns = 0
        if boot is not None:
            self._boot = self.trust.boot = boot
            self._off_ns = int(uptime_s * 1e9) - super().boot_ns()

    def boot_ns(self) -> int:
        """Nanoseconds since boot."""
        return super().boot_ns() + self._off_ns

    def wall_ms(self) -> int:
        """Milliseconds since 1970 by the clock as it was set."""
        return self.boot_ns() // 1_000_000 + self._offset_ms

    def kernel_error_us(self) -> int | None:
        """Return 0 while the kernel reports the clock as synchronised, else None."""
        return 0 if self._trusted else None

    def do(self, deed: str, value: str) -> None:
        """Set the clock or its trust."""
        if deed == "wall":
            self._offset_ms = int(value) - self.boot_ns() // 1_000_000
        else:
            self._trusted = value == "1"


def press(clock: Clock, pin: int) -> None:
    """Close the contact between *pin* and ground, open it, and wait until the next press counts.

    A daemon that has just become ready may still be opening its devices.
    """
    contact = Device.pin_factory.pin(pin)
    while contact.when_changed is None:
        clock.sleep(_GLANCE_S)
    contact.drive_low()
    clock.sleep(_FINGER_S)
    contact.drive_high()
    clock.sleep(1.2 * _AGAIN_S)


def obey(clock: SetClock, line: str) -> None:
    """Run the command in *line*."""
    deed, _, value = line.strip().partition(" ")
    if deed == "press":
        press(clock, int(value))
    elif deed in {"low", "high"}:
        pin = Device.pin_factory.pin(int(value))
        pin.drive_low() if deed == "low" else pin.drive_high()
    elif deed == "die":
        die_entering()
    elif deed == "hang":
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    else:
        clock.do(deed, value)


def die_entering() -> None:
    """Kill this process (SIGKILL) right after the next entry in the guest book is written."""
    put = GuestBook.put

    def put_and_die(book: GuestBook, entry: Entry, request: str | None = None) -> None:
        put(book, entry, request)
        os.kill(os.getpid(), signal.SIGKILL)

    GuestBook.put = put_and_die  # type: ignore[method-assign,assignment]


def listen(clock: SetClock) -> None:
    """Run the commands of standard input in order, on a thread of its own."""
    for line in sys.stdin:
        obey(clock, line)


def hang(_signal: int, _frame: object) -> None:
    """Never return: signal handlers run on the main thread, so this blocks the loop."""
    while True:
        time.sleep(3600)


def main() -> None:
    """Run the daemon."""
    presses.AGAIN_S, database_watch.CHECK_S = _AGAIN_S, _CHECK_S
    config, *times = sys.argv[1:]
    clock = SetClock(times[0], float(times[1])) if times else SetClock()
    for line in times[2:]:
        obey(clock, line)
    from edge import clock as module

    module.Clock.from_environment = classmethod(lambda _cls: clock)  # type: ignore[assignment,method-assign]
    Device.pin_factory = MockFactory()
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    signal.signal(signal.SIGUSR1, hang)
    make_private()  # as `gardu` does
    set_up_logging(verbose="GARDU_VERBOSE" in os.environ)
    threading.Thread(target=listen, args=(clock,), daemon=True).start()
    try:
        run_daemon(load_config(Path(config), elsewhere=True), Path(config))
    except GarduError as error:  # as `gardu` does
        raise SystemExit(f"gardu: {error}") from None


if __name__ == "__main__":
    main()
