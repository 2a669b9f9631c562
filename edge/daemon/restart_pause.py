"""Restart pauses: after several quick ends in a row, `gardu run` waits before it begins.

systemd starts the daemon again one second after each end. A fault that stays (a missing folder, a
broken library, a crash at the start) would then repeat for ever: 86,400 starts a day, which occupy
a small Pi and push older lines out of the journal. systemd's own growing pauses (``RestartSteps``)
need version 254, and a run that lasts does not reset its counter of restarts: a daemon that crashes
once a month would wait longest after each crash. So the unit lets them grow to some seconds only,
and this module does the rest, with every version of systemd.

Rules
-----
1. An end is quick if the next start comes within :data:`WITHIN_S` of the start before. Quick ends
   in a row are counted in :data:`FILE` in the unit's runtime directory (RAM, so no card is worn):
   it outlives restarts by systemd, not a stop or a reboot.
2. The first :data:`FREE` quick ends cause no pause: after a few crashes the lobby is back at once.
   Then the pauses are 5, 10, 20 and 40 s, and at most :data:`LONGEST_S`.
3. A run that has lasted :data:`WITHIN_S`, and a clean stop, set the count to 0.
4. During a pause nothing is claimed or opened; systemd extends the start, `systemctl status` shows
   the reason, and a stop signal ends the process at once (edge/commands/main.py).
5. Without a runtime directory (started by hand, in the simulator) there is no pause.
"""

import contextlib
import logging
import os
from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.daemon.systemd import notify

log = logging.getLogger(__name__)

FILE = "starts.json"

# As of a crash loop (crash_loop.py): five quick crashes raise an alarm and cause no pause.
WITHIN_S = 600.0
FREE = 5

FIRST_S = 5.0
LONGEST_S = 60.0

# TimeoutStartSec of the unit: the start may take as long after a pause, seconds.
_START_S = 60.0


class Starts(msgspec.Struct, frozen=True):
    """The last start: its boot time, nanoseconds, and the quick ends in a row before it."""

    began_ns: int
    quick: int = 0


def next_start(last: Starts | None, now_ns: int) -> Starts:
    """Return the start at *now_ns* after the start *last* (None: there was none)."""
    if last is None or not 0 <= now_ns - last.began_ns <= WITHIN_S * 1e9:
        return Starts(now_ns)
    return Starts(now_ns, last.quick + 1)


def pause_s(quick: int) -> float:
    """Return the pause after *quick* quick ends in a row, seconds."""
    if quick <= FREE:
        return 0.0
    doublings = min(quick - FREE - 1, 10)  # a greater power would only be cut off
    return min(LONGEST_S, FIRST_S * 2.0**doublings)


def before_start(clock: Clock) -> None:
    """Count this start, and wait if it follows many quick ends; must not raise."""
    file = _file()
    if file is None:
        return
    start = next_start(_read(file), clock.boot_ns())
    if pause_s(start.quick) > 0:
        clean_stop()  # in case that a stop signal ends the pause, and with it the process
        _pause(clock, start.quick)
    _write(file, msgspec.structs.replace(start, began_ns=clock.boot_ns()))


def clean_stop() -> None:
    """Set the count to 0; must not raise."""
    file = _file()
    if file is not None:
        with contextlib.suppress(OSError):
            file.unlink()


def _pause(clock: Clock, quick: int) -> None:
    pause = pause_s(quick)
    log.warning("%d quick ends in a row: waiting %g s before this start", quick, pause)
    for handler in logging.getLogger().handlers:
        handler.flush()  # a stop signal ends the process at once: the reason is in the journal then
    notify(
        f"EXTEND_TIMEOUT_USEC={int((pause + _START_S) * 1e6)}\n"
        f"STATUS=waiting {pause:g} s: {quick} quick ends in a row (journalctl -u gardu)"
    )
    clock.sleep(pause)


def _file() -> Path | None:
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / FILE if folder else None


def _read(file: Path) -> Starts | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Starts)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read (%s): earlier starts are forgotten", file, error)
        return None


def _write(file: Path, start: Starts) -> None:
    try:
        file.write_bytes(msgspec.json.encode(start))
    except OSError as error:
        log.warning("%s cannot be written (%s): restarts will not pause", file, error)
