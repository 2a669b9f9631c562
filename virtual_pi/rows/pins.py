"""Rows about the header's pins: no output moves without cause, and presses are answered."""

from virtual_pi import daemon, site, traces, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed

_PRESSES = 5
_ANSWER_LIMIT = 5.0  # seconds; 0.15 on an idle machine without KVM


def claims(bench: Bench) -> str:
    """Trace every line while the daemon is stopped, started and killed."""
    guest = bench.guest
    seen = 0
    for how in ("stop", "start", "kill"):
        guest.run(traces.START)
        if how == "kill":
            before = daemon.pid(guest)
            guest.run(f"kill -KILL {before}")
            daemon.wait_again(guest, before)
        else:
            daemon.start(guest, how)
        trace = guest.ask(traces.STOP).output
        found = traces.changes(trace, traces.first_line(guest.run(traces.CHIPS)))
        moved = traces.blips(found, site.LOCKS)
        if moved:
            raise RowFailed(f"{how}: a lock's output left its rest: {moved[:5]}")
        seen += sum(change.pin in site.OUTPUTS for change in found)
        claimed = {change.pin for change in found if change.level is not None}
        if how == "start" and not claimed >= set(site.OUTPUTS):
            raise RowFailed(f"the trace misses outputs: {set(site.OUTPUTS) - claimed}")
    return f"{seen} changes of outputs, no lock left its rest"


def press(bench: Bench) -> str:
    """Press reception's button: a visit is recorded, and the lamp answers."""
    guest = bench.guest
    times = []
    for _ in range(_PRESSES):
        since = bench.office.mark()
        answer = guest.run(f"pins respond {site.ARRIVE} {site.RECEPTION_LAMP} --limit 60")
        times.append(float(answer))
        bench.office.wait("visit.opened", since, visits.LIMIT)
        visits.leave(bench)
    times.sort()
    if times[len(times) // 2] > _ANSWER_LIMIT:
        raise RowFailed(f"release to lamp {times[len(times) // 2] * 1000:.0f} ms")
    return f"release to lamp {times[len(times) // 2] * 1000:.0f} ms (median of {_PRESSES})"


def detector(bench: Bench) -> str:
    """Open the detector's loop: an alarm; close it: the alarm ends."""
    since = bench.office.mark()
    bench.guest.run(f"pins wire {site.DETECTOR} 1")
    try:
        bench.office.wait("alarm.raised", since, 120)
    finally:
        bench.guest.run(f"pins wire {site.DETECTOR} 0")
    bench.office.wait("alarm.cleared", since, 120)
    return "raised and cleared"


def killed(bench: Bench) -> str:
    """Kill the daemon by SIGKILL while a lock is energised: every output must be at rest."""
    guest = bench.guest
    before = daemon.pid(guest)
    guest.run(
        f"systemctl kill -s KILL --kill-whom=all gardu; pins until {next(iter(site.LOCKS))} 1"
    )
    wrong = daemon.not_at_rest(guest, site.RELAYS)
    if wrong:
        raise RowFailed(f"not at rest after SIGKILL: GPIO {wrong}")
    daemon.wait_again(guest, before)
    return "locks, ring and buzzer at rest; READY again"


ROWS = (
    Row("claims", "no lock's output leaves its rest at stop, start and kill (ftrace)", claims,
        quick=True),
    Row("press", "a press opens a visit, and the lamp answers", press),
    Row("detector", "the detector's loop raises and ends an alarm", detector),
    Row("killed", "outputs at rest after SIGKILL", killed, quick=True),
)  # fmt: skip
