"""The bench of a run: the guest, the office that counts its records, and the package under test."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from virtual_pi import daemon, site
from virtual_pi.guest import Guest
from virtual_pi.progress import Progress
from virtual_pi.records import Records


@dataclass
class Bench:
    """All that a row needs.

    :ivar port: the broker's port on this machine
    :ivar package: the Debian package under test
    :ivar work: a folder for files of the rows
    :ivar pictures: a folder for pictures of what a technician sees; None: none are drawn
    """

    guest: Guest
    office: Records
    port: int
    package: Path
    work: Path
    progress: Progress
    dice: Random
    pictures: Path | None = None

    def settle(self) -> None:
        """Have the guest on, with the config of :mod:`virtual_pi.site`, and the daemon READY."""
        if not self.guest.alive():
            self.guest.boot()
        guest = self.guest
        if guest.ask("systemctl -q is-active gardu").code:
            self.configure()
            guest.ask("systemctl reset-failed gardu; systemctl --no-block start gardu")
        daemon.wait_ready(guest)

    def configure(self) -> None:
        """Write the config and the procedures."""
        self.guest.run("mkdir -p /etc/gardu")
        self.guest.put(site.SHIPPED.parent / "sop", "/etc/gardu/")
        self.guest.write(site.CONFIG, site.config(self.port))


class Row(NamedTuple):
    """One test of the table.

    :ivar name: a word for ``--only``
    :ivar shows: what a pass shows, one line
    :ivar run: does it and returns the figure; raises an error of :mod:`virtual_pi.errors`
    :ivar quick: it belongs to the quick run
    :ivar settled: it begins with a daemon that is READY
    """

    name: str
    shows: str
    run: Callable[[Bench], str]
    quick: bool = False
    settled: bool = True
