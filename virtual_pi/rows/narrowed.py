"""Rows about what an office adds to the unit (addresses, credentials), and its limits."""

from virtual_pi import daemon, site
from virtual_pi.bench import Bench, Row
from virtual_pi.broker import HOST_OF_GUEST
from virtual_pi.errors import CommandFailed, RowFailed
from virtual_pi.guest import Guest

_FOLDER = "/etc/systemd/system/gardu.service.d"
# QEMU's own name server: an address that no config has.
_FOREIGN, _FOREIGN_PORT = "10.0.2.3", 53
_FILE = "/root/camera-password"
_CAMERA = '# password_file = "camera-password"'
_CREDENTIAL = 'username = "gardu"\npassword_file = "credential:camera-password"'


def addresses(bench: Bench) -> str:
    """Start with the list of `gardu unit-network`: online; other addresses are out of reach."""
    guest = bench.guest
    guest.run(f"mkdir -p {_FOLDER} && gardu unit-network > {_FOLDER}/network.conf")
    try:
        _restart(guest)
        bench.office.wait_live("status", 120, lambda value: value and value["status"] == "online")
        lines = guest.run(f"grep ^IPAddress {_FOLDER}/network.conf").split()
        if _connects(guest, lines, _FOREIGN, _FOREIGN_PORT):
            raise RowFailed(f"{_FOREIGN} can be reached with {lines}")
        if not _connects(guest, lines, HOST_OF_GUEST, bench.port):
            raise RowFailed(f"the broker cannot be reached with {lines}")
        level = guest.run("systemd-analyze security --no-pager gardu | tail -n 1").split()
    finally:
        _plain(guest)
    return f"online with {len(lines) - 1} addresses, no other is reached ({' '.join(level[-3:])})"


def _connects(guest: Guest, lines: list[str], host: str, port: int) -> bool:
    """Return True if a program under *lines* can connect: systemd and the kernel obey them."""
    given = " ".join(f"-p {line}" for line in lines)
    program = f"import socket; socket.create_connection(('{host}', {port}), 10)"
    command = f'systemd-run --quiet --wait {given} python3 -c "{program}"'
    return not guest.ask(command, timeout=120).code


def credential(bench: Bench) -> str:
    """Give the camera's password as a credential: READY; without it the config is refused."""
    guest = bench.guest
    good = site.config(bench.port)
    guest.run(f"umask 077; echo rahasia > {_FILE}; mkdir -p {_FOLDER}")
    guest.write(f"{_FOLDER}/credential.conf",
                f"[Service]\nLoadCredential=camera-password:{_FILE}\n")  # fmt: skip
    try:
        guest.write(site.CONFIG, site.changed(good, [(_CAMERA, _CREDENTIAL)]))
        _restart(guest)
        if not guest.ask(f"sudo -u gardu cat {_FILE}").code:
            raise RowFailed("user gardu can read the credential's own file")
        guest.run(f"rm {_FOLDER}/credential.conf; systemctl daemon-reload")
        guest.ask("systemctl restart gardu", timeout=daemon.READY_LIMIT)
        try:
            guest.until("systemctl -q is-failed gardu", 120, "refused")
        except CommandFailed as error:
            raise RowFailed(f"{error}\n{daemon.journal(guest)}") from error
        if "LoadCredential=camera-password" not in daemon.journal(guest):
            raise RowFailed(f"the journal does not say what is missing:\n{daemon.journal(guest)}")
    finally:
        guest.write(site.CONFIG, good)
        _plain(guest)
    return "READY with the credential; without it refused, with the line that the unit lacks"


def limits(bench: Bench) -> str:
    """Compare the unit's limits with what the daemon has used."""
    names = ("TasksMax", "TasksCurrent", "MemoryMax", "MemoryPeak")
    shown = dict(
        line.split("=", 1)
        for line in bench.guest.run(f"systemctl show gardu -p {','.join(names)}").split()
    )
    tasks, most_tasks = int(shown["TasksCurrent"]), int(shown["TasksMax"])
    memory, most = int(shown["MemoryPeak"]), int(shown["MemoryMax"])
    if 2 * tasks > most_tasks or 2 * memory > most:
        raise RowFailed(f"more than half of a limit is used: {shown}")
    mib = 2**20
    return f"{tasks} of {most_tasks} tasks; {memory / mib:.0f} of {most / mib:.0f} MiB at the peak"


def _restart(guest: Guest) -> None:
    guest.run("systemctl daemon-reload")
    daemon.start(guest, "restart")


def _plain(guest: Guest) -> None:
    """Have the unit as it was shipped."""
    guest.run(f"rm -rf {_FOLDER} {_FILE}")
    _restart(guest)


ROWS = (
    Row("limits", "MemoryMax and TasksMax are far from what the daemon uses", limits),
    Row("addresses", "the service reaches the addresses of its config, and no others", addresses),
    Row("credential", "a password as systemd's credential", credential),
)  # fmt: skip
