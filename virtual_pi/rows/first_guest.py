"""The row of a technician's day: from the installed package to the first guest, by the pages."""

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import RowFailed
from virtual_pi.first_guest import Lobby, answers, visit

_ANSWERS = "/root/answers.toml"
_INIT = f"gardu init --config {site.CONFIG} --answers {_ANSWERS}"
# A PC has no device tree that names the header's chip.
_CHIP = f"printf '\\n[gpio]\\nchip = \"0\"\\n' >> {site.CONFIG}"


def first_guest(bench: Bench) -> str:
    """Write the config with `gardu init`, check, examine, start, and serve the first guest."""
    guest = bench.guest
    guest.run("systemctl stop gardu; rm -rf /etc/gardu/*")
    try:
        guest.write(_ANSWERS, answers(bench.port))
        _done(bench, _INIT)
        guest.run(_CHIP)
        checked = _done(bench, f"runuser -u gardu -- gardu check --config {site.CONFIG}")
        if "no problems" not in checked:
            raise RowFailed(f"gardu check finds something:\n{checked[-1500:]}")
        copy = bench.work / "first-guest"
        copy.mkdir()
        (copy / "gardu.toml").write_text(guest.run(f"cat {site.CONFIG}"), "utf-8")
        lobby = Lobby(bench, copy / "gardu.toml")
        lobby.wire()
        examined = guest.ask(f"runuser -u gardu -- gardu doctor -c {site.CONFIG}", timeout=400)
        wrong = [
            line for line in examined.output.splitlines()
            if line.startswith("wrong") and "locker" in line
        ]  # fmt: skip
        if wrong:
            raise RowFailed(f"gardu doctor: {wrong}")
        daemon.start(guest)
        ended = visit(bench, lobby)
        if ended["data"]["outcome"] != "completed":
            raise RowFailed(f"the visit ended {ended['data']['outcome']}")
        return f"completed in {ended['data']['steps']} steps, by init, check, doctor and start"
    finally:
        guest.run("systemctl stop gardu; rm -rf /etc/gardu/* /var/lib/gardu/*")
        bench.configure()
        guest.run("rm -f /run/virtual-pi/wires/*; systemctl restart virtual-pi-wires")


def _done(bench: Bench, command: str) -> str:
    code, output = bench.guest.ask(command, timeout=400)
    if code:
        raise RowFailed(f"{command} ends with {code}:\n{output[-1500:]}")
    return output


ROWS = (
    Row("first-guest", "init, check, doctor, start: the first guest, by the technician's page",
        first_guest, quick=True, settled=False),
)  # fmt: skip
