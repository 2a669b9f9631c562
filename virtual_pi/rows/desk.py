"""Rows about the desk (docs/desk.md): its pages answer, and the checkpoint goes on without them."""

import html
import re
from pathlib import Path

from virtual_pi import daemon, site, visits
from virtual_pi.bench import Bench, Row
from virtual_pi.errors import CommandFailed, RowFailed
from virtual_pi.guest import Guest
from virtual_pi.rows.package import exposure

PAGE = site.REPOSITORY / "docs/desk.md"

_PIN = "270519"
_ADDRESS = "http://127.0.0.1:8443"
_SCREEN = Path(__file__).parent.parent / "desk_screen.py"
_LIMIT = 240.0
_DATABASE = "/var/lib/gardu/gardu.db"
_WEAKEST = 1.5  # of 10; 1.3 with systemd 257

# As docs/desk.md has them; the PIN is asked for twice.
SET_PIN = "sudo gardu desk pin reception"
SET_UP = ("sudo systemctl restart gardu", "sudo systemctl enable --now gardu-desk")


def desk(bench: Bench) -> str:
    """Set the desk up as its page has it: a guest who waits is shown; nothing else is in reach."""
    guest = bench.guest
    guest.put(_SCREEN, "/root/")
    guest.write(site.CONFIG, f"{site.config(bench.port)}\n[desk]\n")
    guest.run(f"printf '{_PIN}\\n{_PIN}\\n' | {SET_PIN}", timeout=_LIMIT)
    for command in SET_UP:
        guest.run(command, timeout=daemon.READY_LIMIT)
    daemon.wait_ready(guest)
    _wait_page(guest, "the page")
    number = visits.arrive(bench)["data"]["visit"]
    shown = _page(guest)
    visits.leave(bench)
    if not re.search(r'class="visit ', shown):
        raise RowFailed(f"the page does not show visit {number}:\n{_words(shown)}")
    guest.run(f"test -e {_DATABASE}")
    if guest.ask(f"nsenter -t {_pid(guest)} -m test -e {_DATABASE}").code == 0:
        raise RowFailed(f"the desk can see {_DATABASE}")
    memory = int(guest.run("systemctl show -p MemoryCurrent --value gardu-desk")) / 2**20
    level = exposure(guest, "gardu-desk", _WEAKEST)
    return f"a waiting guest is shown; {memory:.0f} MiB; exposure level {level} of 10"


def killed(bench: Bench) -> str:
    """Kill the desk, then stop it: the daemon goes on, and the desk comes back by itself."""
    guest = bench.guest
    before, restarts = daemon.pid(guest), daemon.restarts(guest)
    guest.run("systemctl kill -s SIGKILL gardu-desk")
    _wait_page(guest, "the page again")
    restarted = guest.run("systemctl show -p NRestarts --value gardu-desk").strip()
    guest.run("systemctl disable --now gardu-desk", timeout=_LIMIT)
    visits.come_and_go(bench)
    if (daemon.pid(guest), daemon.restarts(guest)) != (before, restarts):
        raise RowFailed(f"the daemon was restarted:\n{daemon.journal(guest)}")
    guest.write(site.CONFIG, site.config(bench.port))
    daemon.start(guest, "restart")
    if restarted != "1":
        raise RowFailed(f"the desk was restarted {restarted} times after one SIGKILL")
    return "back by itself; without it a guest came and went; the daemon is the same process"


def _pid(guest: Guest) -> int:
    return int(guest.run("systemctl show -p MainPID --value gardu-desk"))


def _page(guest: Guest) -> str:
    return guest.run(f"python3 /root/{_SCREEN.name} {_ADDRESS} {_PIN}", timeout=_LIMIT)


def _wait_page(guest: Guest, what: str) -> None:
    """Wait until a screen can log in."""
    screen = f"python3 /root/{_SCREEN.name} {_ADDRESS} {_PIN}"
    try:
        guest.until(f"{screen} > /run/page", _LIMIT, what)
    except CommandFailed as error:
        log = guest.run("journalctl -u gardu-desk -o cat --no-pager -n 15")
        answer = guest.ask(f"{screen} 2>&1 | tail -n 3", timeout=_LIMIT).output
        raise RowFailed(f"{error}\n{log}\n{answer}") from error


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))[:800]


ROWS = (
    Row("desk", "the desk's page under its unit's sandbox, set up as docs/desk.md has it", desk),
    Row("desk-killed", "the checkpoint does not depend on the desk", killed),
)  # fmt: skip
