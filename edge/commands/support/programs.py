"""Output of this machine's own programs: systemd, kernel, disks, network."""

import os
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

# Most of an output that is kept, its end, bytes.
MOST = 4 * 2**20
# Time-out of a program, real seconds.
_LONGEST_S = 30.0


class Program(NamedTuple):
    """A program to run; *lines*: only so many of its last lines are kept."""

    words: tuple[str, ...]
    lines: int = 20_000


def machine_programs(unit: str, hours: float) -> dict[str, list[Program]]:
    """Return the programs whose outputs make each file.

    :param hours: how far back the journal is read
    """
    since = f"--since=-{hours * 60:.0f}min"
    return {
        "machine.txt": [
            Program(("cat", "/etc/os-release")),
            Program(("uname", "-a")),
            Program(("cat", "/proc/device-tree/model")),
            Program(("uptime",)),
            Program(("free", "-m")),
            Program(("vcgencmd", "get_throttled")),
            Program(("timedatectl", "status", "--no-pager")),
        ],
        "service.txt": [
            Program(("systemctl", "status", unit, "--no-pager", "--full", "--lines=50")),
            Program(("systemctl", "show", unit, "--no-pager")),
            Program(("systemctl", "list-units", "--failed", "--no-pager")),
        ],
        "journal.txt": [
            Program(("journalctl", f"--unit={unit}", since, "--no-pager", "--output=short-iso")),
        ],
        "kernel.txt": [Program(("dmesg",), 500)],
        "disks.txt": [
            Program(("df", "-h")),
            Program(("df", "-i")),
            Program(("findmnt", "--real", "--output=TARGET,SOURCE,FSTYPE,VFS-OPTIONS")),
        ],
        "devices.txt": [
            Program(("ls", "-l", "/dev/serial/by-id")),
            Program(("lsusb",)),
            Program(("ls", "-l", "/sys/bus/gpio/devices")),
        ],
        "network.txt": [
            Program(("ip", "-brief", "address")),
            Program(("ip", "route")),
            Program(("cat", "/etc/resolv.conf")),
        ],
    }


def outputs(programs: Sequence[Program]) -> str:
    """Run the *programs* one after the other; return their outputs under their command lines."""
    return "\n".join(f"$ {' '.join(one.words)}\n{output(one)}" for one in programs)


def output(program: Program, longest_s: float = _LONGEST_S) -> str:
    """Run a program and return its last lines; if that fails, why."""
    environment = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "NO_COLOR": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            program.words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=longest_s,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        return "(this machine does not have that program)\n"
    except subprocess.TimeoutExpired:
        return f"(it did not end within {longest_s:g} s)\n"
    except OSError as error:
        return f"(it cannot be run: {error.strerror})\n"
    text = done.stdout[-MOST:].replace(b"\0", b"").decode("utf-8", "replace")
    kept = text.splitlines()[-program.lines :]
    ended = f"(it ended with {done.returncode})\n" if done.returncode else ""
    return "\n".join(kept) + "\n" + ended
