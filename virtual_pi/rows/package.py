"""Rows about the package: it installs as a technician does it, and its removal leaves the data."""

import re

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed
from virtual_pi.guest import Guest

_WEAKEST = 2.0  # of 10
_LIMIT = 1500.0  # apt under emulation: about 100 s


def install(bench: Bench) -> str:
    """Install the package with apt, check that it names the next steps, write the config."""
    guest = bench.guest
    guest.put(bench.package, "/root/")
    began = daemon.uptime(guest)
    output = guest.run(
        f"cd /root && DEBIAN_FRONTEND=noninteractive apt-get install -y ./{bench.package.name}",
        timeout=_LIMIT,
    )
    seconds = daemon.uptime(guest) - began
    if "gardu" not in output.rpartition("Setting up gardu")[2]:
        raise RowFailed(f"apt printed no next steps:\n{output[-800:]}")
    version = guest.run("gardu --version").strip()
    before = guest.ask("systemctl is-active gardu").output.strip()
    if before == "active":
        raise RowFailed("the daemon runs although there is no config yet")
    bench.configure()
    code, output = guest.ask(f"gardu check --config {site.CONFIG}")
    if code:
        raise RowFailed(f"gardu check ends with {code}:\n{output[-1500:]}")
    return f"{version} in {seconds:.0f} s"


def doctor(bench: Bench) -> str:
    """Run doctor as the user gardu while the daemon has never run: it must read the pins."""
    bench.configure()
    code, output = bench.guest.ask(
        f"systemctl stop gardu; runuser -u gardu -- gardu doctor --config {site.CONFIG}",
        timeout=400,
    )
    if re.search(r"permission|not permitted|denied", output, re.IGNORECASE):
        raise RowFailed(f"doctor may not read the pins (exit code {code}):\n{output[-1500:]}")
    if "GPIO" not in output:
        raise RowFailed(f"doctor shows no pins (exit code {code}):\n{output[-1500:]}")
    return "the pins are read, no permission is missing"


def ready(bench: Bench) -> str:
    """Start the daemon under its unit for the first time."""
    bench.configure()
    seconds = daemon.start(bench.guest)
    bench.office.wait_live("status", 120, lambda value: value and value["status"] == "online")
    peak = int(bench.guest.run("systemctl show -p MemoryPeak --value gardu")) / 2**20
    return f"READY {seconds:.1f} s after its start, {peak:.0f} MiB at most, online at the broker"


def security(bench: Bench) -> str:
    """Have systemd judge the sandbox."""
    return f"exposure level {exposure(bench.guest, 'gardu', _WEAKEST)} of 10"


def exposure(guest: Guest, unit: str, weakest: float) -> str:
    """Return systemd's judgement of the sandbox of *unit*: 0 to 10, the less the better.

    :raises RowFailed: if it is more than *weakest*
    """
    output = guest.run(f"systemd-analyze security --no-pager {unit} | tail -n 1")
    found = re.search(r"(\d+\.\d+)", output)
    if found is None or float(found[1]) > weakest:
        raise RowFailed(f"systemd-analyze security {unit}: {output.strip()}")
    return found[1]


def remove(bench: Bench) -> str:
    """Remove and purge the package: config and data stay, and apt names them."""
    guest = bench.guest
    output = guest.run("DEBIAN_FRONTEND=noninteractive apt-get purge -y gardu", timeout=600)
    for kept in ("/etc/gardu/gardu.toml", "/var/lib/gardu/gardu.db"):
        if guest.ask(f"test -e {kept}").code:
            raise RowFailed(f"{kept} is gone after the purge")
    if "/var/lib/gardu" not in output:
        raise RowFailed(f"apt does not name the folder that stays:\n{output[-800:]}")
    if not guest.ask("systemctl -q is-active gardu").code:
        raise RowFailed("the daemon still runs after the purge")
    return "config and data stay; apt names them"


FRESH = (
    Row("install", "apt installs the package in a fresh guest and prints the next steps", install,
        settled=False),
    Row("doctor", "doctor reads the pins as user gardu before the first start", doctor,
        settled=False),
)  # fmt: skip
FIRST = (
    Row("ready", "READY under the real unit and its sandbox", ready, quick=True, settled=False),
    Row("security", "systemd-analyze security: the sandbox has not become weaker", security,
        quick=True),
)  # fmt: skip
LAST = (
    Row("remove", "removal and purge leave config and data", remove),
)  # fmt: skip
