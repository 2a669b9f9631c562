"""Asks and commands systemd, by its program systemctl."""

import subprocess
from dataclasses import dataclass

from gardu_upgrade.places import UNIT, Places

_SHOWN = ("LoadState", "ActiveState", "SubState", "InvocationID", "StatusText", "Result",
          "ExecMainStatus", "NRestarts")  # fmt: skip


@dataclass(frozen=True)
class State:
    """The state of the unit, as ``systemctl show`` has it; all empty if it is not known.

    :ivar invocation: differs for each start
    """

    active: str = ""
    sub: str = ""
    invocation: str = ""
    text: str = ""
    result: str = ""
    status: str = ""

    @property
    def ready(self) -> bool:
        """True if the daemon has reported READY and runs."""
        return self.active in ("active", "reloading")

    @property
    def stopped(self) -> bool:
        """True if it was stopped on purpose, or never started: it is to stay so."""
        return self.active in ("", "inactive", "deactivating")

    @property
    def works(self) -> bool:
        """True if it runs, or is in a start that has not failed so far."""
        return self.ready or (self.active == "activating" and not self.waits_to_restart)

    @property
    def waits_to_restart(self) -> bool:
        """True if it has ended, and systemd is about to start it again."""
        return self.sub.startswith("auto-restart")

    @property
    def in_words(self) -> str:
        """The state for people: the daemon's own words first."""
        words = [self.text] if self.text else []
        if self.result not in ("", "success"):
            code = f", exit code {self.status}" if self.status not in ("", "0") else ""
            words.append(f"{self.result}{code}")
        return "; ".join(words) or f"{self.active} ({self.sub})"


class Service:
    """The unit gardu.service of the running systemd; without one every state is empty."""

    def __init__(self, places: Places) -> None:
        self._booted = places.booted

    @property
    def is_there(self) -> bool:
        """True if systemd runs and knows the unit."""
        return bool(self.state().active)

    def state(self) -> State:
        """Return the present state."""
        if not self._booted.is_dir():
            return State()
        asked = [f"--property={name}" for name in _SHOWN]
        lines = _systemctl("show", *asked, UNIT).splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        if found.get("LoadState") != "loaded":
            return State()
        return State(
            active=found.get("ActiveState", ""),
            sub=found.get("SubState", ""),
            invocation=found.get("InvocationID", ""),
            text=found.get("StatusText", ""),
            result=found.get("Result", ""),
            status=found.get("ExecMainStatus", ""),
        )

    def stop(self) -> None:
        """Stop it, and wait until it has ended."""
        _systemctl("stop", UNIT)

    def begin_start(self) -> None:
        """Have it started, with its unit as it is on the disk now; return at once."""
        _systemctl("daemon-reload")
        # Else a unit that has failed many times may not be started once more.
        _systemctl("reset-failed", UNIT)
        _systemctl("start", "--no-block", UNIT)


def _systemctl(*words: str) -> str:
    """Run systemctl; return its output. A failure shows in the unit's state."""
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        ["systemctl", "--no-ask-password", *words],  # noqa: S607 - found on root's PATH
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    return done.stdout
