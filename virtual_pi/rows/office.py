"""Rows about the central office's unit, installed on a server as docs/office.md has it.

The guest is that server too, with SQLite and the broker of this machine. It reaches no package
registry, so the libraries are fetched here and put into it.
"""

import sys
from pathlib import Path

from virtual_pi import daemon, site, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.broker import HOST_OF_GUEST
from virtual_pi.commands import run
from virtual_pi.errors import CommandFailed, LeftOut, RowFailed
from virtual_pi.guest import Guest
from virtual_pi.rows.package import exposure

PAGE = site.REPOSITORY / "docs/office.md"

# As docs/office.md has them, in the folder of Gardu's sources.
ENVIRONMENT = "python3 -m venv /opt/gardu-office"
FILES = (
    "install -d -m 0755 /etc/gardu-office",
    "install -d -m 0700 /etc/gardu-office/credentials",
    "install -m 0644 config/office.toml /etc/gardu-office/office.toml",
    "install -D -m 0644 systemd/office/gardu-office.sysusers /etc/sysusers.d/gardu-office.conf",
    "install -m 0644 systemd/office/gardu-office.service /etc/systemd/system/",
    "systemd-sysusers",
)
ENABLE = "systemctl enable --now gardu-office"
ADD_USER = (
    "sudo -u gardu-office /opt/gardu-office/bin/gardu office user add {name} --role administrator "
    "--config /etc/gardu-office/office.toml"
)

UNIT = "gardu-office"
_CONFIG = "/etc/gardu-office/office.toml"
_CREDENTIALS = "/run/credentials/gardu-office.service"
_DATABASE = "/var/lib/gardu-office/office.db"
_SOURCES = "/root/gardu-sources"
_PASSWORD = "pintu-utara-buka-pukul-tujuh"  # noqa: S105 - of a guest that is thrown away
_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - likewise
_WEAKEST = 1.5  # of 10
_INSTALL_LIMIT = 3000.0  # a virtual environment under emulation
_LIMIT = 400.0
_WRONG = 2  # the exit code for a config that is wrong


def config(port: int) -> str:
    """Return the text of the config: the broker of this machine, a hook with a credential."""
    return (
        f'[broker]\nurl = "mqtt://{HOST_OF_GUEST}:{port}"\n'
        f'[database]\nurl = "sqlite:///{_DATABASE}"\n'
        f'[[hooks]]\nurl = "http://127.0.0.1:9/"\nkinds = ["chain"]\n'
        f'secret_file = "{_CREDENTIALS}/office_hook.secret"\n'
    )


def office(bench: Bench) -> str:
    """Install the unit as its page has it; a guest's visit at the checkpoint is in its database."""
    guest = bench.guest
    _install(bench)
    guest.write("/etc/gardu-office/credentials/hook.secret", _SECRET)
    guest.run("chmod 0600 /etc/gardu-office/credentials/hook.secret")
    guest.write(_CONFIG, config(bench.port))
    guest.run("systemctl daemon-reload", timeout=_LIMIT)
    guest.run(ENABLE, timeout=_LIMIT)
    _wait_log(guest, ": connected", "a connection to the broker")
    visit = visits.come_and_go(bench)["data"]["visit"]
    _wait_stored(guest, visit)
    add = ADD_USER.format(name="petugas")
    guest.run(f"printf '{_PASSWORD}\\n{_PASSWORD}\\n' | {add}", timeout=_LIMIT)
    owner = guest.run(f"stat -c %U:%a {_DATABASE}").strip()
    if owner != "gardu-office:600":
        raise RowFailed(f"the database is {owner}")
    if guest.ask(f"nsenter -t {_pid(guest)} -m test -e {_SOURCES}").code == 0:
        raise RowFailed(f"the office can see {_SOURCES}")
    memory = int(guest.run(f"systemctl show -p MemoryCurrent --value {UNIT}")) / 2**20
    level = exposure(guest, UNIT, _WEAKEST)
    return f"the visit is in its database; {memory:.0f} MiB; exposure level {level} of 10"


def killed(bench: Bench) -> str:
    """Kill the office; it comes back, with what came meanwhile. A wrong config stays an end."""
    guest = bench.guest
    guest.run(f"systemctl kill -s SIGKILL {UNIT}")
    visit = visits.come_and_go(bench)["data"]["visit"]
    _wait_stored(guest, visit)
    restarts = guest.run(f"systemctl show -p NRestarts --value {UNIT}").strip()
    if restarts != "1":
        raise RowFailed(f"the office was restarted {restarts} times after one SIGKILL")
    guest.write(_CONFIG, f"{config(bench.port)}[ingest]\nbatches = 3\n")
    guest.ask(f"systemctl restart {UNIT}", timeout=_LIMIT)
    guest.until(f"systemctl -q is-failed {UNIT}", _LIMIT, "the end because of a wrong config")
    status = guest.run(f"systemctl show -p ExecMainStatus --value {UNIT}").strip()
    if status != str(_WRONG):
        raise RowFailed(f"with a wrong config it ends with {status}\n{_journal(guest)}")
    if "batches" not in _journal(guest):
        raise RowFailed(f"the journal does not name the wrong key:\n{_journal(guest)}")
    guest.run(f"systemctl disable {UNIT}; systemctl reset-failed {UNIT}", timeout=_LIMIT)
    daemon.wait_ready(guest)
    return "back by itself, nothing is lost; a wrong key ends it once, and is named"


def _install(bench: Bench) -> None:
    """Install the office into the guest, as its page has it except for where libraries are from."""
    guest = bench.guest
    wheels = bench.work / "office-wheels"
    _fetch(wheels, guest.run("python3 -c 'import sys; print(*sys.version_info[:2], sep=\".\")'"))
    guest.put(wheels, "/root/")
    guest.run(f"mkdir -p {_SOURCES}/config {_SOURCES}/systemd")
    guest.put(site.REPOSITORY / "config/office.toml", f"{_SOURCES}/config/")
    guest.put(site.REPOSITORY / "systemd/office", f"{_SOURCES}/systemd/")
    guest.run(ENVIRONMENT, timeout=_INSTALL_LIMIT)
    guest.run(
        f"/opt/gardu-office/bin/pip install -q --no-index --find-links /root/{wheels.name} "
        "'gardu[office]'",
        timeout=_INSTALL_LIMIT,
    )
    for command in FILES:
        guest.run(f"cd {_SOURCES} && {command}", timeout=_LIMIT)


def _fetch(folder: Path, python: str) -> None:
    """Fetch Gardu's wheel and those of the extra *office* for the guest's *python* into *folder*.

    :raises LeftOut: if this machine reaches no registry
    """
    folder.mkdir(exist_ok=True)
    pip = (sys.executable, "-m", "pip")
    try:
        run(*pip, "wheel", "-q", "--no-deps", "-w", folder, site.REPOSITORY)
        (own,) = folder.glob("gardu-*.whl")
        platforms = [
            word for version in (17, 28) for word in ("--platform", f"manylinux_2_{version}_x86_64")
        ]
        run(
            *pip, "download", "-q", "--only-binary=:all:", "--implementation", "cp",
            "--python-version", python.strip(), "--platform", "manylinux2014_x86_64", *platforms,
            "-d", folder, f"{own}[office]",
        )  # fmt: skip
    except CommandFailed as error:
        raise LeftOut(f"the office's libraries cannot be fetched here: {error}") from error


def _wait_stored(guest: Guest, visit: str) -> None:
    """Wait until the end of *visit* is in the office's database."""
    query = f"SELECT 1 FROM visits WHERE visit = '{visit}' AND closed_ms IS NOT NULL"  # noqa: S608 - a UUID
    look = (
        '/opt/gardu-office/bin/python -c "import sqlite3, sys; sys.exit(not sqlite3.connect('
        f'\'file:{_DATABASE}?mode=ro\', uri=True).execute(sys.argv[1]).fetchone())" "{query}"'
    )
    try:
        guest.until(f"{look} 2>/dev/null", _LIMIT, f"visit {visit} in the database")
    except CommandFailed as error:
        raise RowFailed(f"{error}\n{_journal(guest)}") from error


def _wait_log(guest: Guest, words: str, what: str) -> None:
    try:
        guest.until(f"journalctl -u {UNIT} -o cat --no-pager | grep -q '{words}'", _LIMIT, what)
    except CommandFailed as error:
        raise RowFailed(f"{error}\n{_journal(guest)}") from error


def _journal(guest: Guest) -> str:
    return guest.run(f"journalctl -u {UNIT} -o cat --no-pager -n 20")


def _pid(guest: Guest) -> int:
    return int(guest.run(f"systemctl show -p MainPID --value {UNIT}"))


ROWS = (
    Row("office", "the central office's unit, installed as docs/office.md has it", office),
    Row("office-killed", "the office comes back by itself; a wrong config is named", killed),
)  # fmt: skip
