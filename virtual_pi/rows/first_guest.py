"""The row of a technician's day: from the installed package to the first guest, by the pages."""

from virtual_pi import daemon, pictures, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed
from virtual_pi.first_guest import Lobby, answers, visit

_ANSWERS = "/root/answers.toml"
_INIT = f"gardu init --config {site.CONFIG} --answers {_ANSWERS}"
# A PC has no device tree that names the header's chip.
_CHIP = f"printf '\\n[gpio]\\nchip = \"0\"\\n' >> {site.CONFIG}"


# All wires off: each line has the pull of a Pi that boots; then the wires of the other tests.
_UNWIRE = (
    "rm -f /run/virtual-pi/wires/*; for pin in $(seq 0 27); do "
    "[ $pin -le 8 ] && pull=pull-up || pull=pull-down; "
    "echo $pull > /run/virtual-pi/lines/sim_gpio$pin/pull; done; "
    "systemctl restart virtual-pi-wires"
)


def first_guest(bench: Bench) -> str:
    """Write the config with `gardu init`, check, examine, start, and serve the first guest."""
    guest = bench.guest
    guest.run("systemctl stop gardu; rm -rf /etc/gardu/*")
    try:
        guest.write(_ANSWERS, answers(bench.port))
        _done(bench, "init", _INIT)
        guest.run(_CHIP)
        checked = _done(bench, "check", f"sudo -u gardu gardu check --config {site.CONFIG}")
        if "no problems" not in checked:
            raise RowFailed(f"gardu check finds something:\n{checked[-1500:]}")
        lobby = _wired(bench)
        _examined(bench)
        daemon.start(guest)
        ended = visit(bench, lobby)
        if ended["data"]["outcome"] != "completed":
            raise RowFailed(f"the visit ended {ended['data']['outcome']}")
        _done(bench, "status", "systemctl status --no-pager gardu")
        _done(bench, "records", f"sudo -u gardu gardu records --config {site.CONFIG}")
        return f"completed in {ended['data']['steps']} steps, by init, check, doctor and start"
    finally:
        guest.run("systemctl stop gardu; rm -rf /etc/gardu/* /var/lib/gardu/*")
        bench.configure()
        guest.run(_UNWIRE)


def _wired(bench: Bench) -> Lobby:
    """Wire the header by the config that was written."""
    copy = bench.work / "first-guest"
    copy.mkdir(exist_ok=True)
    (copy / "gardu.toml").write_text(bench.guest.run(f"cat {site.CONFIG}"), "utf-8")
    lobby = Lobby(bench, copy / "gardu.toml")
    lobby.wire()
    return lobby


def _examined(bench: Bench) -> None:
    """Have doctor examine the lockers before the first start: their doors are shut."""
    command = f"sudo -u gardu gardu doctor --config {site.CONFIG}"
    output = bench.guest.ask(_plain(command), timeout=400).output
    pictures.save(bench.pictures, "doctor", command, output)
    wrong = [one for one in output.splitlines() if one.startswith("wrong") and "locker" in one]
    if wrong:
        raise RowFailed(f"gardu doctor: {wrong}")


def _done(bench: Bench, name: str, command: str) -> str:
    code, output = bench.guest.ask(_plain(command), timeout=400)
    if code:
        raise RowFailed(f"{command} ends with {code}:\n{output[-1500:]}")
    pictures.save(bench.pictures, name, command, output)
    return output


def _plain(command: str) -> str:
    """Return *command* for the guest, which has no sudo, at the width of the pictures."""
    return f"COLUMNS={pictures.WIDTH} {command.replace('sudo -u gardu', 'runuser -u gardu --')}"


ROWS = (
    Row("first-guest", "init, check, doctor, start: the first guest, by the technician's page",
        first_guest, quick=True, settled=False),
)  # fmt: skip
