"""Rows about upgrades: to a newer version, back from a broken one, a power cut in the middle."""

from pathlib import Path

from virtual_pi import daemon
from virtual_pi.bench import Bench, Row
from virtual_pi.build.package import make_variant, version
from virtual_pi.errors import RowFailed

_LIMIT = 2400.0  # apt and a trial of a minute under emulation: about 200 s
_PROGRAM = "usr/lib/gardu/program"

# The version stands in the control file, in the first lines of the programs, and in edge itself.
_RENAME = f"""
old=$(sed -n 's/^Version: //p' DEBIAN/control)
sed -i "s/^Version: .*/Version: $1/" DEBIAN/control
for file in {_PROGRAM}/bin/*; do
    [ -L "$file" ] || sed -i "1s|/opt/gardu/versions/$old/|/opt/gardu/versions/$1/|" "$file"
done
for file in {_PROGRAM}/lib/python3*/site-packages/edge/__init__.py; do
    echo "__version__ = '$1'" >> "$file"
done
rm -f DEBIAN/md5sums
"""
_BREAK = f"""
for file in {_PROGRAM}/lib/python3*/site-packages/edge/daemon/run.py; do
    echo 'raise RuntimeError("this version is broken")' >> "$file"
done
"""


def newer(bench: Bench) -> str:
    """Install a newer version while the checkpoint works."""
    guest = bench.guest
    before = daemon.pid(guest)
    old = _current(bench)
    wanted = f"{version(bench.package)}+vpi1"
    seconds = _install(bench, make_variant(bench.package, bench.work, wanted, _RENAME))
    daemon.wait_again(guest, before)
    if _current(bench) != wanted:
        raise RowFailed(f"{_current(bench)} is in use instead of {wanted}")
    if guest.ask(f"test -d /opt/gardu/versions/{old}").code:
        raise RowFailed(f"the previous version {old} is gone")
    return f"{wanted} in {seconds:.0f} s, {old} stays"


def rollback(bench: Bench) -> str:
    """Install a version that does not start: the one before must come back, visibly."""
    guest = bench.guest
    old = _current(bench)
    wanted = f"{version(bench.package)}+vpi2"
    package = make_variant(bench.package, bench.work, wanted, _RENAME + _BREAK)
    guest.put(package, "/root/")
    began = daemon.uptime(guest)
    code, output = guest.ask(_apt(package), timeout=_LIMIT)
    seconds = daemon.uptime(guest) - began
    daemon.wait_ready(guest)
    if _current(bench) != old:
        raise RowFailed(f"{_current(bench)} is in use instead of {old}:\n{output[-800:]}")
    if "going back" not in output:
        raise RowFailed(f"apt does not show the way back:\n{output[-800:]}")
    return f"back to {old} after {seconds:.0f} s, apt ends with {code}"


def cut(bench: Bench) -> str:
    """Cut the power in the middle of an upgrade; after the boot it can be completed."""
    guest = bench.guest
    daemon.wait_ready(guest)
    wanted = f"{version(bench.package)}+vpi3"
    package = make_variant(bench.package, bench.work, wanted, _RENAME)
    guest.put(package, "/root/")
    guest.run(f"setsid sh -c '{_apt(package)}' > /root/apt.log 2>&1 &")
    guest.until("grep -q Unpacking /root/apt.log", _LIMIT, "apt unpacks the package")
    guest.until("grep -q 'Setting up' /root/apt.log", _LIMIT, "apt sets the package up")
    moment = bench.dice.uniform(0, 20)
    guest.ask(f"timeout {moment:.1f} tail -f /dev/null")
    guest.cut_power()
    guest.boot()
    daemon.wait_ready(guest)
    present = _current(bench)
    guest.run("DEBIAN_FRONTEND=noninteractive dpkg --configure -a", timeout=_LIMIT)
    guest.run(_apt(package), timeout=_LIMIT)
    daemon.wait_ready(guest)
    if _current(bench) != wanted:
        raise RowFailed(f"{_current(bench)} is in use instead of {wanted}")
    return f"cut {moment:.0f} s after the beginning: READY with {present}, then {wanted}"


def _apt(package: Path) -> str:
    options = "-y --allow-downgrades"
    return f"cd /root && DEBIAN_FRONTEND=noninteractive apt-get install {options} ./{package.name}"


def _install(bench: Bench, package: Path) -> float:
    """Install *package* and return the seconds."""
    bench.guest.put(package, "/root/")
    began = daemon.uptime(bench.guest)
    bench.guest.run(_apt(package), timeout=_LIMIT)
    return daemon.uptime(bench.guest) - began


def _current(bench: Bench) -> str:
    return bench.guest.run("basename $(readlink /opt/gardu/current)").strip()


ROWS = (
    Row("upgrade", "a newer package while the checkpoint works", newer),
    Row("rollback", "a broken package: the version before comes back", rollback),
    Row("upgrade-cut", "a power cut in the middle of an upgrade", cut),
)  # fmt: skip
