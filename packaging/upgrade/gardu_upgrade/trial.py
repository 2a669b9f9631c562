"""The trial of a version: waits until it is ready and has lasted, or has failed.

Rules
-----
1. A version has :data:`READY_S` to become READY. In that time systemd may start it several times.
2. A daemon that migrates its database has more time, up to :data:`MIGRATES_S`: its status text
   begins with :data:`MIGRATING` (edge/store/migration.py). One that waits for the database
   has not: it cannot work.
3. systemd ends the trial where it gives up: the unit has failed (a wrong config: exit code 78).
4. Ready is not enough: an end within :data:`LASTS_S` after READY is a failure, also if systemd has
   started the daemon again meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gardu_upgrade.service import State

READY_S = 60.0
LASTS_S = 15.0
MIGRATES_S = 3600.0
MIGRATING = "migrating"

_LOOK_S = 0.5
_PROGRESS_S = 10.0


@dataclass(frozen=True)
class Pace:
    """Times of a trial, seconds; tests use shorter ones.

    :ivar ready: until READY; *lasts*: from then on; *migrates*: until READY with a migration
    :ivar look: between two looks at the unit
    """

    ready: float = READY_S
    lasts: float = LASTS_S
    migrates: float = MIGRATES_S
    look: float = _LOOK_S


class Trial:
    """One trial.

    :param state: returns the state of the unit
    :param progress: called with words now and then while the trial lasts
    """

    def __init__(
        self,
        state: Callable[[], State],
        progress: Callable[[str], None],
        pace: Pace | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._state = state
        self._progress = progress
        self._pace = pace or Pace()
        self._now = now
        self._sleep = sleep

    def failure(self) -> str:
        """Wait for the verdict; return why the version failed, empty if it did not."""
        begun, shown = self._now(), self._now()
        ready_since = 0.0
        ready: State | None = None
        while True:
            state, now = self._state(), self._now()
            if ready and (not state.ready or state.invocation != ready.invocation):
                return f"it ended {now - ready_since:.0f} s after it was ready: {state.in_words}"
            if state.ready and not ready:
                ready_since, ready = now, state
            if ready and now - ready_since >= self._pace.lasts:
                return ""
            if not ready and (why := self._given_up(state, now - begun)):
                return why
            if now - shown >= _PROGRESS_S:
                shown = now
                self._progress(state.in_words)
            self._sleep(self._pace.look)

    def _given_up(self, state: State, lasted: float) -> str:
        """Return why a version that is not ready after *lasted* seconds has failed."""
        if state.active == "failed":
            return f"it ended: {state.in_words}"
        migrates = state.text.startswith(MIGRATING)
        if lasted >= (self._pace.migrates if migrates else self._pace.ready):
            return f"it was not ready after {lasted:.0f} s: {state.in_words}"
        return ""
