"""Guests of the checkpoint, one after the other, so that records flow."""

from virtual_pi import site
from virtual_pi.guest import Guest

_UNIT = "virtual-pi-guests"


def start(guest: Guest) -> None:
    """Have guests arrive and leave until :func:`stop`, or the end of the power."""
    visit = f"pins press {site.ARRIVE}; pins press {site.LEAVE} --seconds 1.6"
    guest.run(f"systemd-run --quiet --unit={_UNIT} sh -c 'while :; do {visit}; done'")


def stop(guest: Guest) -> None:
    """Have no more guests arrive."""
    guest.ask(f"systemctl stop {_UNIT}")
