"""Alarms about the machine itself: for a technician, so they are silent and on no panel.

Rules
-----
1. Each alarm is one row of :data:`RULES`: what is bad, for how long before it is raised, and how
   long it must have been good before it is cleared.
2. A state that comes and goes (a supply that sags with each solenoid) is one alarm until it has
   been good for ``calm_s``: one record at its beginning and one at its end, with the number of
   times. With ``calm_s`` of an hour that is at most one alarm an hour.
3. A state that is not known (any more) raises no alarm and clears none of this run; one of an
   earlier run is cleared: the card may have been replaced by one that reports no wear.
"""

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from edge.daemon.machine.heat import COOL_C, HOT_C
from edge.daemon.machine.readings import Readings, confirmed_s
from edge.mqtt.credentials import SOON
from edge.printable import counted
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.store.commit_times import SLOW_S, WINDOW_S

log = logging.getLogger(__name__)

# So many slow commits within the last minutes make a slow card: one alone may be another program's.
SLOW_COMMITS = 3

CARD_SLOW = "card-slow"
"""The alarm of a card whose commits are slow."""

_HOUR_S = 3600.0


class Rule(NamedTuple):
    """One alarm.

    :ivar judge: returns what is bad, in words; empty if it is good; None if that is unknown, or
        between the two
    :ivar remedy: what a technician does first
    :ivar calm_s: time for which it must be good before the alarm is cleared, real seconds
    :ivar delay_s: time for which it must be bad before the alarm is raised, real seconds
    """

    kind: str
    judge: Callable[[Readings], str | None]
    remedy: str
    calm_s: float = _HOUR_S
    delay_s: float = 0.0


def _under_voltage(now: Readings) -> str | None:
    low = now.power.under_voltage
    return None if low is None else "the supply is below 4.63 V" * low


def _too_hot(now: Readings) -> str | None:
    if now.temperature_c is None or not now.raspberry_pi:
        return None
    if now.temperature_c >= HOT_C:
        return f"the processor has {now.temperature_c:.0f} °C and is slowed down"
    return "" if now.temperature_c < COOL_C else None


def _read_only(now: Readings) -> str | None:
    read_only = now.card.read_only
    return None if read_only is None else "the data folder cannot be written" * read_only


def _errors(now: Readings) -> str | None:
    errors = now.card.errors
    if errors is None or now.card.read_only:  # that is an alarm of its own
        return None
    return (
        f"the kernel has met {counted(errors, 'error')} in the file system of the data folder"
        * bool(errors)
    )


def _in_memory(now: Readings) -> str | None:
    held = now.card.in_memory
    return None if held is None else "the data folder is in memory, not on a card" * held


def _slow(now: Readings) -> str | None:
    commits = now.commits
    if commits.slow >= SLOW_COMMITS and commits.longest_ms is not None:
        return (
            f"{commits.slow} commits of the last {WINDOW_S / 60:.0f} minutes took longer than "
            f"{SLOW_S:g} s, the longest {commits.longest_ms / 1e3:.1f} s"
        )
    return None if commits.slow else ""


def _worn(now: Readings) -> str | None:
    worn = now.card.worn
    if worn is None:
        return None
    used = now.card.life_used_percent
    return f"its own estimate is that up to {used} % of its life is used" * worn


def _rtc_battery(now: Readings) -> str | None:
    battery = None if now.rtc is None else now.rtc.battery
    if now.rtc is None or battery in (None, "missing"):
        return None
    return f"its battery has {now.rtc.battery_mv} mV" * (battery == "empty")


def _certificate_ends(now: Readings) -> str | None:
    if now.certificate is None or not now.at.synced:
        return None
    ends = now.certificate.ends
    left = ends - dt.datetime.fromtimestamp(now.at.wall_ms / 1000, dt.UTC)
    if left >= SOON:
        return ""
    when = "expires" if left > dt.timedelta(0) else "expired"
    return f"the certificate {now.certificate.subject} {when} on {ends:%Y-%m-%d}"


def _not_trusted(now: Readings) -> str:
    if now.at.synced:
        return ""
    since_s = confirmed_s(now)
    if since_s is None or now.at.error_ms is None:
        return "no time server has confirmed it since the start, or it was set by hand"
    return (
        f"it was confirmed {since_s / 3600:.0f} hours ago and may be off by "
        f"{now.at.error_ms / 1e3:.0f} s"
    )


RULES = (
    Rule(
        "under-voltage",
        _under_voltage,
        "Use the power supply of the Pi's maker (5.1 V) and a short, thick cable; feed locks and "
        "lamps from a supply of their own.",
    ),
    Rule(
        "too-hot",
        _too_hot,
        "Give the enclosure air, or the Pi a heat sink; move it out of the sun.",
        calm_s=600.0,
    ),
    Rule(
        "card-read-only",
        _read_only,
        "The kernel found errors on the card (journalctl -k shows them): restart the Pi, which "
        "checks the card; if it happens again, copy the data folder and replace the card.",
        calm_s=60.0,
    ),
    Rule(
        "card-errors",
        _errors,
        "Copy the data folder (gardu backup). Restart the Pi, which repairs the file system at "
        "its boot if cmdline.txt has fsck.repair=yes; if new errors come, replace the card.",
        calm_s=0.0,
    ),
    Rule(
        "data-in-memory",
        _in_memory,
        "All records are lost when the power goes. Is the root file system read-only, and the data "
        "partition missing? findmnt --target /var/lib/gardu shows where the folder is "
        "(docs/read-only-root.md).",
        calm_s=0.0,
    ),
    Rule(
        CARD_SLOW,
        _slow,
        "A memory card that stops for seconds will soon fail: copy the data folder and replace it "
        "by a card for industrial use.",
    ),
    Rule("card-worn", _worn, "Copy the data folder and replace the card.", calm_s=0.0),
    Rule(
        "rtc-battery-empty",
        _rtc_battery,
        "Replace the clock's battery, or charge it (dtparam=rtc_bbat_vchg on a Raspberry Pi 5).",
    ),
    Rule(
        "certificate-expires",
        _certificate_ends,
        "Ask the central office for a new certificate, and install it as cert_file in [broker] "
        "with its key: afterwards the broker refuses this checkpoint.",
        calm_s=0.0,
    ),
)
"""The alarms of every checkpoint."""

CLOCK_RULE = Rule(
    "clock-not-trusted",
    _not_trusted,
    "timedatectl timesync-status says which time server is asked, and if it answers; without a "
    "network fit a battery-backed clock (RTC).",
    calm_s=0.0,
    delay_s=600.0,
)
"""The alarm of a checkpoint with functions that need a trusted clock (``need_synced_clock``)."""


class MachineAlarm:
    """Raises and clears the alarm of one rule; also clears one of an earlier run.

    :ivar times: how often its state became bad since the daemon's start
    """

    def __init__(self, rule: Rule, post: Post) -> None:
        self.times = 0
        self._rule = rule
        self._post = post
        self._stands: bool | None = None  # None: an earlier run may have left it
        self._bad_since: float | None = None
        self._last_bad = self._raised = 0.0
        self._times_before = 0  # of the alarms that have ended

    def check(self, readings: Readings, now_s: float) -> None:
        """Judge *readings* at *now_s* (seconds of a clock that does not jump)."""
        why = self._rule.judge(readings)
        if why:
            self._bad(why, now_s)
            return
        if why is not None:
            self._bad_since = None
        calm = why is not None and now_s - self._last_bad >= self._rule.calm_s
        if self._stands is None or (self._stands and calm):
            self._clear()

    def _bad(self, why: str, now_s: float) -> None:
        if self._bad_since is None:
            self._bad_since = now_s
            self.times += 1
        self._last_bad = now_s
        if self._stands or now_s - self._bad_since < self._rule.delay_s:
            return
        self._stands, self._raised = True, now_s
        log.error("%s: %s. %s", self._rule.kind, why, self._rule.remedy)
        self._post(
            partial(
                SystemAlarmRaised,
                kind=self._rule.kind,
                detail=f"{why}. {self._rule.remedy}",
                silent=True,
            )
        )

    def _clear(self) -> None:
        detail = None
        if self._stands:
            times = self.times - self._times_before
            lasted = f"{(self._last_bad - self._raised) / 60:.0f} minutes"
            detail = f"{times} times within {lasted}" if times > 1 else f"once, for {lasted}"
            log.warning("%s: over; it was so %s", self._rule.kind, detail)
        self._stands, self._times_before = False, self.times
        self._post(partial(SystemAlarmCleared, kind=self._rule.kind, detail=detail))
