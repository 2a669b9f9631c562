"""Rows about reload, stop, and a config with a mistake."""

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed

_PROCEDURE = "/etc/gardu/sop/pimpinan.toml"


def reload(bench: Bench) -> str:
    """Reload good procedures, then bad ones (refused, the old ones stay), then good ones."""
    guest = bench.guest
    before = daemon.pid(guest)
    began = daemon.uptime(guest)
    guest.run("systemctl reload gardu", timeout=300)
    seconds = daemon.uptime(guest) - began
    guest.run(f"cp {_PROCEDURE} /run/good; sed -i '0,/standard_s/s//standaard_s/' {_PROCEDURE}")
    try:
        code, output = guest.ask("systemctl reload gardu", timeout=300)
        if code == 0:
            raise RowFailed("a reload of bad procedures ended with 0")
        log = daemon.journal(guest, 20)
        if "standaard_s" not in log:
            raise RowFailed(f"the journal does not name the mistake:\n{output}{log}")
    finally:
        guest.run(f"cp /run/good {_PROCEDURE}")
    guest.run("systemctl reload gardu", timeout=300)
    if daemon.pid(guest) != before:
        raise RowFailed("the daemon was restarted by a reload")
    return f"{seconds:.1f} s; a bad procedure is refused and named, the daemon goes on"


def stop(bench: Bench) -> str:
    """Stop the daemon in order."""
    guest = bench.guest
    began = daemon.uptime(guest)
    guest.run("systemctl stop gardu", timeout=120)
    seconds = daemon.uptime(guest) - began
    result = guest.run("systemctl show -p Result --value gardu").strip()
    wrong = daemon.not_at_rest(guest, site.OUTPUTS)
    if result != "success" or wrong:
        raise RowFailed(f"result {result}, not at rest: {wrong}\n{daemon.journal(guest)}")
    bench.office.wait_live("status", 60, lambda value: value["status"] == "offline")
    return f"stopped in {seconds:.1f} s, outputs at rest, offline at the broker"


def wrong_config(bench: Bench) -> str:
    """Start with a mistake in the config: status 78, no restarts; corrected: starts by itself."""
    guest = bench.guest
    good = site.config(bench.port)
    guest.run("systemctl stop gardu", timeout=120)
    guest.write(site.CONFIG, good.replace("[lockers]", "[locker]", 1))
    try:
        guest.ask("systemctl start gardu", timeout=daemon.READY_LIMIT)
        guest.until("systemctl -q is-failed gardu", 120, "failed")
        status = guest.run("systemctl show -p ExecMainStatus --value gardu").strip()
        if status != "78":
            raise RowFailed(f"exit status {status} instead of 78\n{daemon.journal(guest)}")
        if "locker" not in daemon.journal(guest):
            raise RowFailed(f"the journal does not name the mistake:\n{daemon.journal(guest)}")
    finally:
        guest.write(site.CONFIG, good)
    began = daemon.uptime(guest)
    daemon.wait_ready(guest)
    return f"status 78; READY {daemon.uptime(guest) - began:.0f} s after the correction"


ROWS = (
    Row("reload", "reload of good and of bad procedures", reload),
    Row("stop", "a clean stop", stop),
    Row("config", "a wrong config, corrected: starts by itself", wrong_config),
)  # fmt: skip
