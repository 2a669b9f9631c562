"""The faults of broker, line, daemon and clock: how each begins and ends, as data.

In every third round of a fault the daemon is killed (SIGKILL) too, at a random moment.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from edge.store.database import BUSY_S
from soak.checker import Findings
from soak.progress import Progress
from soak.rig import Rig
from soak.set_clock import set_clock

Deed = Callable[[Rig], None]

# Real seconds at most: before a fault, and how long it lasts.
_BEFORE_S = 0.4
_LASTS_S = 0.8
# A victim is killed after this long at most: most of them counted from their fork (their store may
# not be open yet), every fourth from its first commit.
_LIFE_S = 0.1
# Longer than an outage here, so that records which the broker lost with its memory are sent again.
_RESEND_S = 5.0
# An outage: how long the victim tries to connect, and between two readings of its memory, seconds.
_SETTLED_S = 1.0
_SAMPLE_S = 0.1
# Once no record has arrived for so long in the end, the rest counts as lost, real seconds.
PATIENCE_S = 30.0
# Limits of a victim's memory, bytes: in all, and the growth while it drains.
MOST_MEMORY = 120 << 20
MOST_GROWTH = 20 << 20
# The clock, milliseconds: back to 1970, and as far as it jumps otherwise.
_SINCE_1970_MS = 1_795_000_000_000
_FAR_MS = 20 * 365 * 86_400_000
# Topics on which a broker hangs up: live ones, and the records of a kind.
_TOPICS = (
    b"lobi-utama/status", b"/meta", b"/health", b"/ledger", b"/state/occupancy",
    b"/event/step", b"/event/visit", b"/event/alarm",
)  # fmt: skip
_KEEPS = "persistence true\npersistence_location {folder}/\nautosave_interval 1\n"


class Fault(NamedTuple):
    """One kind of fault.

    :ivar before: called a moment before it begins
    :ivar lines: of mosquitto's config; ``{folder}`` is its folder
    :ivar broker: settings of ``[broker]``
    :ivar least_s: how long it lasts at least, real seconds
    :ivar stalled_log: the reader of the daemon's log has stopped all the time
    """

    begin: Deed
    end: Deed
    lines: str = "persistence false"
    broker: dict[str, Any] = {}  # noqa: RUF012 - never written
    before: Deed = lambda _rig: None
    least_s: float = 0.0
    stalled_log: bool = False


def _fill(rig: Rig) -> None:
    """Have the broker acknowledge records that it cannot pass on yet: only it has them then."""
    rig.office_line.cut()


def _restart(rig: Rig) -> None:
    rig.server.start()
    rig.office_line.restore()


def _replace(rig: Rig) -> None:
    rig.server.forget()
    _restart(rig)


def _mend(rig: Rig) -> None:
    """End a half-open line by chance in one of two ways: it goes on, or the connection breaks."""
    if rig.dice.random() < 0.5:
        rig.line.cut()
    rig.line.restore()


def _lose_both(rig: Rig) -> None:
    """The power of the whole building goes: daemon and broker at once."""
    rig.kill()
    rig.server.stop(kill=True)


def _jump(rig: Rig) -> None:
    """Set the clock to 1970, or up to twenty years to either side; seldom is it trusted."""
    begin = rig.dice.choice((-_SINCE_1970_MS, rig.dice.randint(-_FAR_MS, _FAR_MS)))
    set_clock(rig.folder, begin, trusted=rig.dice.random() < 0.3)


def _hang_up_on_a_packet(rig: Rig) -> None:
    rig.line.hang_up_on(rig.dice.choice(_TOPICS))


def _flap(rig: Rig) -> None:
    rig.line.flap(rig.dice.randint(100, 20_000))


_IMPATIENT = {"acknowledge_timeout_s": 0.3}

FAULTS: dict[str, Fault] = {
    "broker stopped": Fault(lambda rig: rig.server.stop(), lambda rig: rig.server.start(), _KEEPS),
    "broker killed, its memory lost": Fault(
        lambda rig: rig.server.stop(kill=True),
        _restart,
        broker={"resend_window_s": _RESEND_S},
        before=_fill,
    ),
    "broker replaced by an empty one": Fault(
        lambda rig: rig.server.stop(), _replace, _KEEPS, {"resend_window_s": _RESEND_S}, _fill
    ),
    # The outage is longer than the resend window.
    "daemon and broker lost at once": Fault(
        _lose_both, _restart, broker={"resend_window_s": 1.0}, before=_fill, least_s=1.2
    ),
    "line cut": Fault(lambda rig: rig.line.cut(), lambda rig: rig.line.restore()),
    "line half-open": Fault(lambda rig: rig.line.hang(), _mend, broker=_IMPATIENT),
    "line swallows everything": Fault(
        lambda rig: rig.line.lose("everything"), lambda rig: rig.line.restore(), broker=_IMPATIENT
    ),
    "acknowledgements lost": Fault(
        lambda rig: rig.line.lose("answers"), lambda rig: rig.line.restore(), broker=_IMPATIENT
    ),
    "broker flaps": Fault(_flap, lambda rig: rig.line.restore(), least_s=0.5),
    "broker hangs up on a packet": Fault(
        _hang_up_on_a_packet, lambda rig: rig.line.restore(), least_s=0.5
    ),
    "poison from the office": Fault(
        lambda rig: rig.office.poison(rig.dice), lambda rig: rig.office.poison(rig.dice)
    ),
    "log reader stalled": Fault(
        lambda rig: rig.line.cut(), lambda rig: rig.line.restore(), stalled_log=True
    ),
    "refused by ACL (0x87)": Fault(
        lambda rig: rig.server.allow(events=False),
        lambda rig: rig.server.allow(),
        "acl_file {folder}/acl",
    ),
    "nobody subscribes (0x10)": Fault(
        lambda rig: rig.office.leave(), lambda rig: rig.office.come_back()
    ),
    # Longer than a change waits for the lock without an alarm.
    "database held by a program": Fault(
        lambda rig: rig.hold_database(), lambda rig: rig.free_database(), least_s=2 * BUSY_S
    ),
    # It becomes right, and trusted, while visits are under way.
    "clock jumps by years": Fault(_jump, lambda rig: set_clock(rig.folder, 0, trusted=True)),
}


async def kill_daemon(folder: Path, rounds: int, seed: int, progress: Progress) -> Findings:
    """SIGKILL the daemon's process *rounds* times, at any moment of its life."""
    async with Rig(folder, _dice(seed)) as rig:
        for number in progress.over(rounds):
            rig.start()
            if number % 2 == 0:  # the others may die before their first commit
                await rig.at_work()
            await rig.pause(_LIFE_S)
            rig.kill()
        await rig.drain(PATIENCE_S)
        return rig.findings()


async def suffer(
    name: str,
    folder: Path,
    rounds: int,
    seed: int,
    progress: Progress,
    patience_s: float = PATIENCE_S,
) -> Findings:
    """Run *rounds* rounds of the fault *name* under load; kill the daemon in every third."""
    fault = FAULTS[name]
    async with Rig(
        folder, _dice(seed), fault.lines, stalled_log=fault.stalled_log, **fault.broker
    ) as rig:
        for number in progress.over(rounds):
            await _once(rig, fault, kill=number % 3 == 0)
        await rig.drain(patience_s)
        return rig.findings()


async def _once(rig: Rig, fault: Fault, *, kill: bool) -> None:
    if rig.pid is None:
        rig.start()
        await rig.at_work()
    await rig.office_listens()
    await rig.pause(_BEFORE_S)
    fault.before(rig)
    await rig.pause(_BEFORE_S)
    fault.begin(rig)
    try:
        await rig.pause(fault.least_s + _LASTS_S, fault.least_s)
        if kill:
            rig.kill()
        if kill and rig.dice.random() < 0.5:  # else it starts again when the fault is over
            rig.start()
            await rig.pause(_LASTS_S)
    finally:
        fault.end(rig)


async def outage(folder: Path, records: int, seed: int, progress: Progress) -> Findings:
    """Let *records* wait while the broker is away; then drain them and measure memory all the time.

    ``other`` reports it if the order was broken or the process grew by more than it may.
    """
    async with Rig(folder, _dice(seed)) as rig:
        rig.line.cut()
        rig.fill(records)
        rig.start(guests=False)
        await rig.pause(_SETTLED_S, _SETTLED_S)
        before = most = rig.memory()
        rig.line.restore()
        while not (progress.stopped or rig.delivered()):
            most = max(most, rig.memory())
            await rig.pause(_SAMPLE_S)
        rig.kill()
        found = rig.findings()
    progress.done = 1
    progress.say(f"memory {before >> 20} MiB before, {most >> 20} MiB at most")
    if most - before > MOST_GROWTH or most > MOST_MEMORY:
        found.other.append(f"memory grew from {before} to {most} bytes")
    if found.healed:
        found.other.append("the order was not kept")
    return found


def _dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - play, not secrets
