"""Row of real power cuts: QEMU is killed at random moments, and the guest boots again by itself.

SIGKILL ends QEMU like a power cut ends a Pi: all that the guest's kernel had not yet written is
lost. What the kernel had written stays (the disk's cache is writethrough), so a memory card that
loses what it has confirmed is not simulated.
"""

import time

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed
from virtual_pi.guest import Guest
from virtual_pi.history import Difference, compare, read_records
from virtual_pi.rounds import rounds
from virtual_pi.rows import load

FEW = 4
"""Cuts of a run without ROUNDS."""

_EVERY_BOOT = 4  # each fourth cut is during the boot
_WHILE_WORKING_S = (0.5, 12.0)
_WHILE_BOOTING_S = (1.0, 40.0)
_DELIVERY_LIMIT = 300.0


def power_cuts(bench: Bench) -> str:
    """Cut the power again and again; each time it must come back, and no record may be lost."""
    cuts = rounds(FEW, bench.guest.accel)
    slowest = 0.0
    for number in range(1, cuts + 1):
        if number % _EVERY_BOOT:
            cut_while_working(bench)
        else:
            bench.guest.cut_power()
            bench.guest.power_on()
            time.sleep(bench.dice.uniform(*_WHILE_BOOTING_S))
            bench.guest.cut_power()
        bench.guest.boot()
        daemon.wait_ready(bench.guest)
        slowest = max(slowest, daemon.uptime(bench.guest))
        bench.progress.note(f"cut {number} of {cuts}: READY again")
    records = check_delivery(bench)
    return f"{cuts} cuts, {records} records: 0 lost, none twice; READY within {slowest:.0f} s"


def cut_while_working(bench: Bench) -> None:
    """Have records flow, and cut the power at a random moment."""
    since = bench.office.mark()
    load.start(bench.guest)
    bench.office.wait("visit.opened", since, 120)
    # A moment of the cut, not a wait for a condition.
    time.sleep(bench.dice.uniform(*_WHILE_WORKING_S))
    bench.guest.cut_power()


def check_delivery(bench: Bench) -> int:
    """Wait until the office has every record of the database and return their number.

    :raises RowFailed: if one is lost, came twice under two ids, or does not come
    """
    end = time.monotonic() + _DELIVERY_LIMIT
    while True:
        found = difference(bench, bench.guest)
        if not found.sound:
            raise RowFailed(f"lost {found.lost[:5]}, holes {found.holes[:5]}")
        if not found.waiting:
            break
        if time.monotonic() > end:
            raise RowFailed(f"not delivered after {_DELIVERY_LIMIT:.0f} s: {found.waiting[:5]}")
        time.sleep(1)
    count = bench.office.count()
    if not count.sound:
        raise RowFailed(f"at the office: holes {count.holes[:5]}, twice {count.twice[:5]}")
    return count.records


def difference(bench: Bench, guest: Guest) -> Difference:
    """Return the difference of the guest's database and the office."""
    database = read_records(guest.run(f"gardu records --config {site.CONFIG} --json", timeout=300))
    if not database:
        raise RowFailed("the database has no records")
    stream = next(reversed(database))[0]
    return compare(database, bench.office.identities(), stream)


ROWS = (
    Row("power-cuts", "power cuts at random moments: READY by itself, no record lost", power_cuts),
)  # fmt: skip
