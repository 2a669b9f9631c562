"""Checks of the machine: user, disk, data folder; board (board.py) and broker (broker.py)."""

import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.commands.doctor import board
from edge.commands.doctor.broker import broker
from edge.commands.doctor.finding import Finding
from edge.config.inventory import fitted, lines
from edge.config.model import Config
from edge.config.sections.cameras import PiCamera
from edge.daemon.rest_levels import outputs_stay_driven
from edge.drivers.gpio.header import STRICT, SYSFS
from edge.drivers.gpio.pins import CHOICE
from edge.store.disk_space import RESERVE, STILLS_NEED

Check = Callable[[Config], Iterator[Finding]]

_MIB = 2**20
# Free bytes below which the checkpoint will soon refuse stills.
_ROOM = STILLS_NEED + 2 * RESERVE


def user(
    config: Config, number: int | None = None, groups: set[int] | None = None
) -> Iterator[Finding]:
    """Check that a user (by default this process's) is in the groups that the devices need."""
    uid = os.geteuid() if number is None else number
    if uid == 0:
        yield Finding("user", "ok", "root may use every device.")
        return
    name, mine = _name(uid), {os.getegid(), *os.getgroups()} if groups is None else groups
    for group, what in _groups(config):
        wanted = _group(group)
        if wanted is None:
            saw = f"This machine has no group {group} ({what}): is it a Raspberry Pi?"
            yield Finding("user", "unknown", saw, "Go on; each device is tried by itself.")
        elif wanted in mine:
            yield Finding("user", "ok", f"{name} is in the group {group} ({what}).")
        else:
            try_ = f"sudo usermod -aG {group} {name}, then log in again."
            yield Finding("user", "wrong", f"{name} is not in the group {group} ({what}).", try_)


def _groups(config: Config) -> Iterator[tuple[str, str]]:
    if fitted(config) and not os.environ.get(CHOICE):
        yield "gpio", "pins"
    if any(not line.types for line in lines(config)):
        yield "dialout", "serial ports"
    if any(line.types for line in lines(config)):
        yield "input", "USB readers that type"
    if any(isinstance(camera, PiCamera) for camera in config.cameras.values()):
        yield "video", "the Pi's camera"


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _group(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def data_folder(config: Config) -> Iterator[Finding]:
    """Check that the data folder exists and can be written."""
    folder = Path(config.checkpoint.data)
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield Finding("data", "ok", f"{folder} can be written.")
    except FileNotFoundError:
        try_ = f"sudo install -d -o gardu -g gardu -m 0700 {folder}; systemd makes /var/lib/gardu."
        yield Finding("data", "wrong", f"The data folder {folder} is not there.", try_)
    except OSError as error:
        try_ = "Run this as the daemon's user: sudo -u gardu gardu doctor ..."
        saw = f"The data folder {folder} cannot be written: {error.strerror}."
        yield Finding("data", "wrong", saw, try_)


def disk(config: Config) -> Iterator[Finding]:
    """Check that the disk has room for records and stills."""
    try:
        free = shutil.disk_usage(config.checkpoint.data).free
    except OSError as error:
        yield Finding("disk", "skipped", f"The disk cannot be looked at: {error.strerror}.")
        return
    saw = f"{free // _MIB} MiB are free."
    if free >= _ROOM:
        yield Finding("disk", "ok", saw)
        return
    try_ = f"Make room: below {_ROOM // _MIB} MiB stills are refused. du -xh / | sort -h | tail"
    yield Finding("disk", "wrong", saw, try_)


def outputs(config: Config, sysfs: Path = SYSFS) -> Iterator[Finding]:
    """Check that the kernel does not keep the outputs of a killed daemon driven."""
    stay = outputs_stay_driven(config, sysfs)
    if stay:
        saw = (
            "This kernel keeps outputs driven after the daemon was killed: a lock stays energised."
        )
        yield Finding("outputs", "wrong", saw, STRICT)
    elif stay is False:
        yield Finding("outputs", "ok", "The kernel switches off the outputs of a killed daemon.")


CHECKS: dict[str, Check] = {
    "user": user,
    "clock": board.clock,
    "rtc": board.rtc,
    "power": board.power,
    "heat": board.heat,
    "card": board.card,
    "disk": disk,
    "data": data_folder,
    "outputs": outputs,
    "broker": broker,
}
"""The checks of the machine, by name."""
