"""Checks of the board below the daemon: clock, battery-backed clock, supply, heat, card."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edge.clock import Clock, Stamp
from edge.commands.doctor.finding import Finding
from edge.config.model import Config
from edge.daemon.machine.alarms import CLOCK_RULE, RULES
from edge.daemon.machine.card import Card, read_card
from edge.daemon.machine.clock_file import ClockFile
from edge.daemon.machine.heat import HOT_C, temperature
from edge.daemon.machine.power import read_power
from edge.daemon.machine.rtc import read_rtc
from edge.daemon.machine.sysfs import SYS
from edge.printable import counted
from edge.store.commit_times import SLOW_S

_REMEDIES = {rule.kind: rule.remedy for rule in RULES}

# Blocks written, each with a sync, to see how fast the card is; their size in bytes.
_WRITES = 5
_BLOCK = 4096

# Difference of RTC and clock that reading them may cause, seconds.
_RTC_NEAR_S = 2.0


def clock(config: Config, machine: Clock | None = None) -> Iterator[Finding]:
    """Check how wrong the wall clock may be; the running daemon's last confirmation counts."""
    machine = machine or Clock()
    now = trusted_now(config, machine)
    confirmed = machine.trust.confirmed
    if confirmed is None or now.error_ms is None:
        saw = "No time server has confirmed the clock since the boot, or since it was set by hand."
        yield Finding("clock", "wrong", saw, f"{CLOCK_RULE.remedy} Until then records are marked.")
        return
    hours = (now.boot_ns - confirmed.boot_ns) / 3.6e12
    since = "just now" if hours < 1 else f"{hours:.0f} hours ago"
    limit = f"trusted up to {config.clock.trusted_error_s:g} s"
    saw = f"Confirmed {since}: it is off by {now.error_ms / 1e3:.1f} s at most ({limit})."
    away = machine.kernel_error_us() is None
    yield Finding("clock", "ok" if now.synced else "wrong", saw, CLOCK_RULE.remedy if away else "")


def trusted_now(config: Config, machine: Clock) -> Stamp:
    """Return the present moment, with the trust that the daemon has stored."""
    # What restoring logs is in the findings.
    logging.getLogger("edge.daemon.machine.clock_file").addHandler(logging.NullHandler())
    limits = config.clock
    machine.set_limits(trusted_error_s=limits.trusted_error_s, drift_ppm=limits.drift_ppm)
    ClockFile(Path(config.checkpoint.data), machine, limits.rtc_drift_ppm).restore()
    return machine.now()


def rtc(config: Config, sys: Path = SYS, machine: Clock | None = None) -> Iterator[Finding]:
    """Check the battery-backed clock, if there is one."""
    found = read_rtc(sys)
    if found is None:
        saw = "None is fitted: after a power cut without a network the time is not known."
        yield Finding("rtc", "ok", saw)
        return
    if found.battery == "missing":
        saw = f"{found.name} has no battery: it stops with the power."
        yield Finding("rtc", "ok", saw, "Fit one if the network is often away.")
    elif found.battery == "empty":
        saw = f"The battery of {found.name} has {found.battery_mv} mV."
        yield Finding("rtc", "wrong", saw, _REMEDIES["rtc-battery-empty"])
    machine = machine or Clock()
    now = trusted_now(config, machine)
    ahead_s = found.ahead_s(now.wall_ms)
    set_it = "When `gardu doctor clock` is ok: sudo hwclock --systohc --utc"
    if ahead_s is None:
        saw = f"{found.name} cannot be read: it has lost its time."
        yield Finding("rtc", "wrong", saw, f"Replace its battery. {set_it}.")
        return
    saw = f"{found.name} is {abs(ahead_s):g} s {'ahead of' if ahead_s > 0 else 'behind'} the clock"
    if not now.synced or now.error_ms is None:
        yield Finding("rtc", "unknown", f"{saw}, which is not trusted.", set_it)
    elif abs(ahead_s) <= now.error_ms / 1e3 + _RTC_NEAR_S:
        yield Finding("rtc", "ok", f"{saw}.")
    else:
        yield Finding("rtc", "wrong", f"{saw}.", f"{set_it}. If it is off again soon: replace it.")


def power(_config: Config, sys: Path = SYS) -> Iterator[Finding]:
    """Check the Pi's supply; its firmware measures it."""
    found = read_power(sys, always_bits=True)
    if found.under_voltage is None:
        yield Finding("power", "skipped", "This kernel does not report the supply's voltage.")
        return
    remedy = _REMEDIES["under-voltage"]
    if found.under_voltage:
        yield Finding("power", "wrong", "The supply is below 4.63 V now.", remedy)
    elif found.under_voltage_since_boot:
        yield Finding("power", "wrong", "The supply was below 4.63 V since the boot.", remedy)
    else:
        try_ = "journalctl -k | grep -i voltage shows earlier moments."
        yield Finding("power", "ok", "The supply is above 4.63 V.", try_)
    if found.throttled:
        saw = "The processor is slowed down, because of its supply or its temperature."
        yield Finding("power", "wrong", saw, f"{remedy} {_REMEDIES['too-hot']}")


def heat(_config: Config, sys: Path = SYS) -> Iterator[Finding]:
    """Check the processor's temperature."""
    degrees = temperature(sys)
    if degrees is None:
        yield Finding("heat", "skipped", "This kernel does not report the temperature.")
        return
    saw = f"The processor has {degrees:.0f} °C; a Pi is slowed down from {HOT_C:.0f} °C on."
    hot = degrees >= HOT_C
    yield Finding("heat", "wrong" if hot else "ok", saw, _REMEDIES["too-hot"] if hot else "")


def card(config: Config, sys: Path = SYS) -> Iterator[Finding]:
    """Check the card below the data folder: read-only, in memory, with errors, worn, slow."""
    folder = Path(config.checkpoint.data)
    found = read_card(folder, sys)
    if found.read_only is None:
        yield Finding("card", "skipped", f"There is no data folder {folder} to examine.")
        return
    if found.read_only:
        saw = f"{folder} is on a file system that is read-only."
        yield Finding("card", "wrong", saw, _REMEDIES["card-read-only"])
        return
    if found.in_memory:
        saw = f"{folder} is in memory, not on a card."
        yield Finding("card", "wrong", saw, _REMEDIES["data-in-memory"])
        return
    if found.errors:
        saw = f"The kernel has met {counted(found.errors, 'error')} in the file system of {folder}."
        yield Finding("card", "wrong", saw, _REMEDIES["card-errors"])
    yield _wear(found)
    yield from _speed(folder)


def _wear(found: Card) -> Finding:
    if found.worn is None:
        saw = "It does not report its wear (SD cards do not)."
        return Finding("card", "ok", saw, "Replace SD cards by plan, every few years.")
    saw = f"By its own estimate, up to {found.life_used_percent} % of its life is used."
    if found.worn:
        return Finding("card", "wrong", saw, _REMEDIES["card-worn"])
    return Finding("card", "ok", saw)


def _speed(folder: Path) -> Iterator[Finding]:
    """Measure the slowest of some small writes that end on the card."""
    took: list[float] = []
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            for _ in range(_WRITES):
                began = time.monotonic()
                file.write(bytes(_BLOCK))
                os.fsync(file.fileno())
                took.append(time.monotonic() - began)
    except OSError:  # "data" says why
        return
    saw = f"The slowest of {_WRITES} small writes took {max(took) * 1e3:.0f} ms."
    if max(took) > SLOW_S:
        yield Finding("card", "wrong", saw, _REMEDIES["card-slow"])
    else:
        yield Finding("card", "ok", saw)
