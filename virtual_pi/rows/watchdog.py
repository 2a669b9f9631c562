"""Rows about watchdogs: a daemon that hangs, a kernel that hangs, a crash loop."""

import time

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed, Unreachable
from virtual_pi.guest import Guest
from virtual_pi.qemu import PANIC_S

_CRASHES = 6
_REBOOT_LIMIT = 900.0


def stopped(bench: Bench) -> str:
    """Stop the daemon by SIGSTOP: systemd must kill it and start it again."""
    guest = bench.guest
    before = daemon.pid(guest)
    since = bench.office.mark()
    began = daemon.uptime(guest)
    guest.run(f"kill -STOP {before}")
    guest.until(f"! kill -0 {before}", 300, "the end of a stopped daemon")
    killed = daemon.uptime(guest) - began
    wrong = daemon.not_at_rest(guest, site.LOCKS)
    if wrong:
        raise RowFailed(f"not at rest after the watchdog: GPIO {wrong}")
    daemon.wait_again(guest, before)
    again = daemon.uptime(guest) - began
    bench.office.wait("daemon.restarted", since, 120)
    return f"killed after {killed:.0f} s, READY after {again:.0f} s"


def crash_loop(bench: Bench) -> str:
    """Kill the daemon six times: it comes back each time, and raises the alarm."""
    guest = bench.guest
    since = bench.office.mark()
    for _ in range(_CRASHES):
        before = daemon.pid(guest)
        guest.run(f"kill -KILL {before}")
        daemon.wait_again(guest, before)
    bench.office.wait(
        "alarm.raised", since, 120, having=lambda record: record["data"]["alarm"] == "crash-loop"
    )
    return f"back {_CRASHES} times, alarm crash-loop"


def hardware(bench: Bench) -> str:
    """Have the kernel hang: the hardware watchdog, which systemd has set, must reset the Pi."""
    guest = bench.guest
    timeout = guest.run("systemctl show -p RuntimeWatchdogUSec --value").strip()
    if timeout in ("0", "infinity", ""):
        raise RowFailed(f"systemd does not set the hardware watchdog: {timeout!r}")
    boot = _boot(guest)
    # The group of systemd is frozen: the watchdog is served no more.
    guest.ask("sync; echo 1 > /sys/fs/cgroup/init.scope/cgroup.freeze", timeout=10)
    seconds = _wait_other_boot(bench, boot)
    daemon.wait_ready(guest)
    return f"{timeout}: back {seconds:.0f} s after systemd froze, READY again"


def panic(bench: Bench) -> str:
    """Crash the kernel: it must start again by itself."""
    guest = bench.guest
    boot = _boot(guest)
    seconds = guest.run("cat /proc/sys/kernel/panic").strip()
    if int(seconds) in (0, PANIC_S):
        raise RowFailed(f"kernel.panic is {seconds}: the package's own setting is not loaded")
    guest.run("sync; (sleep 1; echo c > /proc/sysrq-trigger) >/dev/null 2>&1 &")
    _wait_other_boot(bench, boot)
    daemon.wait_ready(guest)
    return f"kernel.panic={seconds}: reboots, and READY again"


def _boot(guest: Guest) -> str:
    return guest.run("cat /proc/sys/kernel/random/boot_id").strip()


def _wait_other_boot(bench: Bench, boot: str) -> float:
    """Wait until the guest has booted again and return the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < _REBOOT_LIMIT:
        try:
            code, output = bench.guest.ask("cat /proc/sys/kernel/random/boot_id", timeout=5)
        except Unreachable:
            continue
        if code == 0 and output.strip() != boot:
            bench.guest.wait()
            return time.monotonic() - began
        time.sleep(1)
    raise RowFailed(f"the guest has not been reset within {_REBOOT_LIMIT:.0f} s")


ROWS = (
    Row("watchdog", "a daemon that hangs is killed and comes back, its outputs at rest", stopped,
        quick=True),
    Row("crash-loop", "six crashes: back each time, and an alarm", crash_loop),
    Row("hardware", "the hardware watchdog resets a Pi that hangs", hardware),
    Row("panic", "a kernel that crashes starts again", panic),
)  # fmt: skip
