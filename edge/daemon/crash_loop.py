"""Crash loop: records how the last run of the daemon ended, and counts recent crashes.

systemd restarts the daemon after every end (systemd/gardu.service), so repeated crashes must raise
an alarm. The file :data:`FILE` in the data folder records the beginning of a run, and its end if
that was on purpose: a run without an end was killed, died, or lost its power. It is not in the
database, because failures of the database must count too. Crashes are counted within one boot, by
boot time: a lobby with its power switched off every evening does not crash.
"""

import logging
from pathlib import Path

import msgspec

from edge.clock import Stamp
from edge.daemon import small_file
from edge.sop.records import Ending

log = logging.getLogger(__name__)

FILE = "last-run.json"

# So many crashes within so many seconds are a crash loop; it ends after as long without a crash.
MOST_CRASHES = 5
WITHIN_S = 600.0

# The most crashes that the file holds.
_KEPT = 20


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the daemon.

    :ivar on_purpose: True if it was stopped by a signal and ended cleanly
    :ivar previous: how the run before it ended, if not on purpose
    :ivar crashes: when crashes of earlier runs were found, in this boot, within :data:`WITHIN_S`
    """

    began: Stamp
    on_purpose: bool = False
    previous: Ending | None = None
    crashes: tuple[Stamp, ...] = ()

    @property
    def looping(self) -> bool:
        """True if the recent crashes are a crash loop."""
        return len(self.crashes) >= MOST_CRASHES


def after(last: Run | None, now: Stamp) -> Run:
    """Return the run that begins *now*, after the run *last* (None: there was none)."""
    previous: Ending | None = None
    if last is not None and not last.on_purpose:
        previous = "crashed" if last.began.boot == now.boot else "power-lost"
    crashes = last.crashes if last is not None else ()
    if previous == "crashed":
        crashes = (*crashes, now)
    recent = [
        crash
        for crash in crashes
        if crash.boot == now.boot and now.seconds_since(crash) <= WITHIN_S
    ]
    return Run(began=now, previous=previous, crashes=tuple(recent[-_KEPT:]))


def begin(folder: Path, now: Stamp) -> Run:
    """Record in *folder* that a run begins *now*, and return it."""
    run = after(_read(folder / FILE), now)
    _write(folder / FILE, run)
    return run


def end(folder: Path, run: Run) -> None:
    """Record in *folder* that *run* ends on purpose."""
    _write(folder / FILE, msgspec.structs.replace(run, on_purpose=True))


def _read(path: Path) -> Run | None:
    try:
        return small_file.read(path, Run)
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read (%s): earlier crashes are forgotten", path, error)
        return None


def _write(path: Path, run: Run) -> None:
    """Replace the file; errors are logged: they must not stop the lobby."""
    try:
        small_file.write(path, run)
    except OSError as error:
        log.warning("%s cannot be written (%s): crashes may be counted wrong", path, error)
