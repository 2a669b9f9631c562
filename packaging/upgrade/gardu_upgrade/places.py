"""Paths and names on the machine; tests use others."""

from dataclasses import dataclass
from pathlib import Path

UNIT = "gardu.service"


@dataclass(frozen=True)
class Places:
    """The places that the tool uses.

    :ivar opt: the folder with all versions and the records of switches
    :ivar config: the checkpoint's config file
    :ivar booted: exists while systemd is the running init (sd_booted(3))
    :ivar user: the daemon's user, who owns the data folder; empty: the user of this process
    """

    opt: Path = Path("/opt/gardu")
    config: Path = Path("/etc/gardu/gardu.toml")
    booted: Path = Path("/run/systemd/system")
    user: str = "gardu"

    @property
    def versions(self) -> Path:
        """The folder with a folder for each version."""
        return self.opt / "versions"

    @property
    def current(self) -> Path:
        """The link to the version that runs."""
        return self.opt / "current"

    @property
    def previous(self) -> Path:
        """The link to the version that ran before."""
        return self.opt / "previous"

    @property
    def switching(self) -> Path:
        """The record of the switch under way; gardu-upgrade.service runs if it exists."""
        return self.opt / "switching.json"

    @property
    def last(self) -> Path:
        """The record of the last switch."""
        return self.opt / "last-switch.json"

    @property
    def lock(self) -> Path:
        """The lock of the tool."""
        return self.opt / "upgrade.lock"
