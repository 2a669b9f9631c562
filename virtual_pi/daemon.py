"""The daemon in the guest, as systemd knows it."""

import re

from virtual_pi.errors import CommandFailed, RowFailed
from virtual_pi.guest import Guest

READY_LIMIT = 400.0
"""Seconds until READY: 16 on an idle machine without KVM."""


def pid(guest: Guest) -> int:
    """Return the process id of the daemon; 0 if it does not run."""
    return int(guest.run("systemctl show -p MainPID --value gardu"))


def restarts(guest: Guest) -> int:
    """Return how often systemd has restarted the daemon since its last start by hand."""
    return int(guest.run("systemctl show -p NRestarts --value gardu"))


def uptime(guest: Guest) -> float:
    """Return the guest's own seconds since its boot."""
    return float(guest.run("cut -d' ' -f1 /proc/uptime"))


def wait_ready(guest: Guest, limit: float = READY_LIMIT) -> None:
    """Wait until systemd has heard READY.

    :raises RowFailed: if it has not; the text has the journal's end
    """
    try:
        guest.until("systemctl -q is-active gardu", limit, "READY")
    except CommandFailed as error:
        raise RowFailed(f"{error}\n{journal(guest)}") from error


def wait_again(guest: Guest, before: int, limit: float = READY_LIMIT) -> None:
    """Wait until another daemon than the process *before* is READY."""
    condition = (
        f'sh -c \'p=$(systemctl show -p MainPID --value gardu); [ "$p" != 0 ] && '
        f'[ "$p" != {before} ] && systemctl -q is-active gardu\''
    )
    try:
        guest.until(condition, limit, "READY again")
    except CommandFailed as error:
        raise RowFailed(f"{error}\n{journal(guest)}") from error


def start(guest: Guest, how: str = "start") -> float:
    """Start (or restart) the daemon and return the guest's seconds until READY."""
    began = uptime(guest)
    code, output = guest.ask(f"systemctl {how} gardu", timeout=READY_LIMIT)
    if code:
        raise RowFailed(f"systemctl {how} gardu: {output.strip()}\n{journal(guest)}")
    seconds = uptime(guest) - began
    if how != "stop" and guest.ask("systemctl -q is-active gardu").code:
        raise RowFailed(f"not active after systemctl {how}\n{journal(guest)}")
    return seconds


def journal(guest: Guest, lines: int = 15, since: str = "") -> str:
    """Return the last lines of the daemon's journal."""
    words = f"--since '{since}'" if since else ""
    return guest.run(f"journalctl -u gardu -o cat --no-pager -n {lines} {words} | cut -c1-300")


def levels(guest: Guest) -> dict[int, int]:
    """Return the levels of the header's pins."""
    return {int(pin): int(level) for pin, level in re.findall(r"(\d+)=(\d)", guest.run("pins"))}


def not_at_rest(guest: Guest, rest: dict[int, int]) -> list[int]:
    """Return the pins of *rest* that have another level."""
    now = levels(guest)
    return [pin for pin, level in rest.items() if now[pin] != level]
