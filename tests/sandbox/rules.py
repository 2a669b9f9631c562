"""The rules of the unit's sandbox: which system calls it allows, and with which arguments.

Each key is translated as systemd does it (src/shared/seccomp-util.c of systemd 252 to 257; the
manual page systemd.exec describes the keys). One allow list holds the rules of all keys: a call
that no rule allows is refused.

Not translated, because they are no system calls: the mounts of ``ProtectSystem=`` and its kind
(``mounts.py``), and ``DeviceAllow=``.
"""

import errno
import os
import re
import socket
import stat
import subprocess
from collections.abc import Sequence
from functools import cache

import msgspec

from tests.sandbox.unit_file import Section, is_on, words

# Operators of libseccomp (seccomp.h).
EQUAL, MASKED_EQUAL = 4, 7

# CLONE_NEW… of linux/sched.h: time, mount, cgroup, uts, ipc, user, pid and network.
_NAMESPACES = 0x00000080 | 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000
_NAMESPACES |= 0x20000000 | 0x40000000
_SET_ID = stat.S_ISUID | stat.S_ISGID
_CREATES = os.O_CREAT | (os.O_TMPFILE & ~os.O_DIRECTORY)
# The policies that RestrictRealtime=yes leaves: SCHED_OTHER, SCHED_BATCH, SCHED_IDLE.
_ORDINARY_POLICIES = (os.SCHED_OTHER, os.SCHED_BATCH, os.SCHED_IDLE)
# Positions of the argument *mode* in the calls that create files or change their mode.
_MODES = {
    "chmod": 1, "fchmod": 1, "fchmodat": 2, "mkdir": 1, "mkdirat": 2, "mknod": 1, "mknodat": 2,
    "creat": 1,
}  # fmt: skip
# Positions of the arguments *flags* and *mode*.
_OPENS = {"open": (1, 2), "openat": (2, 3)}

# Keys that remove system calls, with the calls.
_REMOVES = {
    "ProtectKernelLogs": ("syslog",),
    "ProtectKernelModules": ("@module",),
    "ProtectKernelTunables": ("_sysctl",),
    "ProtectHostname": ("sethostname", "setdomainname"),
    "ProtectClock": ("@clock",),
}


class Condition(msgspec.Struct, frozen=True, array_like=True):
    """A condition on one argument of a call.

    :ivar argument: its position, from 0
    :ivar first: EQUAL: the value; MASKED_EQUAL: the mask
    :ivar second: MASKED_EQUAL: the value under the mask
    """

    argument: int
    operator: int
    first: int
    second: int = 0


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """Allows the system call *name* where all *conditions* hold."""

    name: str
    conditions: tuple[Condition, ...] = ()


class Rules(msgspec.Struct, frozen=True):
    """The rules, and the error number of each refused call that has not the *usual* one."""

    allowed: tuple[Rule, ...]
    errors: dict[str, int]
    usual: int

    def error(self, name: str) -> int:
        """Return the error number with which the call *name* is refused."""
        return self.errors.get(name, self.usual)


def rules_of(section: Section) -> Rules:
    """Return the rules of a unit's ``[Service]`` section."""
    names = _filtered(section.get("SystemCallFilter", []))
    for key, removed in _REMOVES.items():
        if is_on(section, key):
            names -= {name for word in removed for name in expanded(word)}
    conditions: dict[str, list[tuple[Condition, ...]]] = {name: [()] for name in sorted(names)}
    errors: dict[str, int] = {}
    _restrict_families(section, conditions, errors)
    _restrict_namespaces(section, conditions, errors)
    _restrict_set_id(section, conditions, errors)
    if is_on(section, "RestrictRealtime") and "sched_setscheduler" in names:
        conditions["sched_setscheduler"] = [
            (Condition(1, EQUAL, policy),) for policy in _ORDINARY_POLICIES
        ]
    if is_on(section, "LockPersonality") and "personality" in names:
        conditions["personality"] = [(Condition(0, EQUAL, 0),)]
    usual = getattr(errno, section.get("SystemCallErrorNumber", ["EPERM"])[-1])
    allowed = tuple(Rule(name, one) for name, some in conditions.items() for one in some)
    return Rules(allowed, errors, usual)


def _filtered(lines: Sequence[str]) -> set[str]:
    """Return the names that the *lines* of SystemCallFilter= allow: an allow list, then changes.

    A ``~`` at the beginning of a line is valid for all its words.
    """
    names = set(expanded("@default"))
    for line in lines:
        change = {name for word in line.lstrip("~").split() for name in expanded(word)}
        names = names - change if line.startswith("~") else names | change
    return names


@cache
def expanded(word: str) -> frozenset[str]:
    """Return the system calls of *word*: a group such as ``@resources``, or one call."""
    if not word.startswith("@"):
        return frozenset({word})
    return frozenset(name for member in _groups()[word] for name in expanded(member))


@cache
def _groups() -> dict[str, list[str]]:
    """Return the members of each group, as the installed systemd defines them."""
    listing = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    listing = re.sub(r"\x1b\[[0-9;]*m", "", listing)
    groups: dict[str, list[str]] = {}
    members: list[str] = []
    for line in listing.splitlines():
        if line.startswith("@"):
            members = groups.setdefault(line.strip(), [])
        elif line.startswith(" ") and not line.strip().startswith("#"):
            members.append(line.strip())
        elif not line.startswith(" "):
            members = []  # the list of calls that are in no group
    return groups


def _restrict_families(
    section: Section, conditions: dict[str, list[tuple[Condition, ...]]], errors: dict[str, int]
) -> None:
    families = words(section, "RestrictAddressFamilies")
    if families:
        conditions["socket"] = [
            (Condition(0, EQUAL, int(getattr(socket, family))),) for family in families
        ]
        errors["socket"] = errno.EAFNOSUPPORT


def _restrict_namespaces(
    section: Section, conditions: dict[str, list[tuple[Condition, ...]]], errors: dict[str, int]
) -> None:
    if is_on(section, "RestrictNamespaces"):
        for name in ("clone", "unshare"):
            if name in conditions:
                conditions[name] = [(Condition(0, MASKED_EQUAL, _NAMESPACES, 0),)]
        conditions.pop("setns", None)
        # Its flags are in memory, where no filter reads them: libraries then use clone().
        conditions.pop("clone3", None)
        errors["clone3"] = errno.ENOSYS


def _restrict_set_id(
    section: Section, conditions: dict[str, list[tuple[Condition, ...]]], errors: dict[str, int]
) -> None:
    if not is_on(section, "RestrictSUIDSGID"):
        return
    for name, mode in _MODES.items():
        if name in conditions:
            conditions[name] = [(Condition(mode, MASKED_EQUAL, _SET_ID, 0),)]
    for name, (flags, mode) in _OPENS.items():
        if name in conditions:
            conditions[name] = [
                (Condition(flags, MASKED_EQUAL, _CREATES, 0),),
                (Condition(mode, MASKED_EQUAL, _SET_ID, 0),),
            ]
    for name in ("openat2", "fchmodat2"):  # as with clone3
        conditions.pop(name, None)
        errors[name] = errno.ENOSYS
