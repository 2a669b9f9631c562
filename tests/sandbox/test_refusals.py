"""The sandbox of these tests refuses what the unit's filter refuses; else they prove nothing."""

import errno
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sandbox import libseccomp
from tests.sandbox.rules import rules_of
from tests.sandbox.sandbox import Sandbox, needs_filter, needs_view
from tests.sandbox.unit_file import service_section

pytestmark = needs_filter

# Calls that no part of Gardu needs, with harmless arguments: if one were allowed, it would fail
# with another error.
FORBIDDEN = [
    "mount", "umount2", "pivot_root", "chroot", "ptrace", "reboot", "kexec_load",
    "settimeofday", "clock_settime", "init_module", "delete_module", "swapon", "acct", "bpf",
    "perf_event_open", "sethostname", "syslog", "setns", "setuid", "chown", "sched_setscheduler",
    "sched_setaffinity", "ioprio_set", "quotactl", "open_by_handle_at",
]  # fmt: skip

CALLER = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
def error(number, *arguments):
    ctypes.set_errno(0)
    words = [ctypes.c_long(one) for one in (number, *arguments, -1, -1, -1, -1, -1, -1)][:7]
    return ctypes.get_errno() if libc.syscall(*words) == -1 else 0
print(json.dumps([error(*call) for call in json.loads(sys.argv[1])]))
"""


def errors(folder: Path, calls: Sequence[tuple[int, ...]]) -> tuple[list[int], list[str]]:
    """Make the *calls* (numbers with arguments) in the sandbox.

    :return: the error number of each call, and the names of the refused ones
    """
    with Sandbox(folder) as sandbox:
        done = sandbox.run(sys.executable, "-c", CALLER, json.dumps(calls))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), [refusal.call for refusal in sandbox.refusals]


def test_what_no_checkpoint_needs_is_refused(tmp_path: Path) -> None:
    """Mounts, modules, clocks, other processes, restarts: EPERM by the filter, and noted."""
    known = [name for name in FORBIDDEN if libseccomp.number_of(name) >= 0]
    found, refused = errors(tmp_path, [(libseccomp.number_of(name),) for name in known])
    assert {name: errno.errorcode[error] for name, error in zip(known, found, strict=True)} == (
        dict.fromkeys(known, "EPERM")
    )
    assert refused == known


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("socket", (16, 3, 0), errno.EAFNOSUPPORT),  # AF_NETLINK
        ("socket", (17, 3, 0), errno.EAFNOSUPPORT),  # AF_PACKET
        ("socket", (31, 1, 0), errno.EAFNOSUPPORT),  # AF_BLUETOOTH
        ("unshare", (0x10000000,), errno.EPERM),  # CLONE_NEWUSER
        ("unshare", (0x00020000,), errno.EPERM),  # CLONE_NEWNS
        ("personality", (0x0040000,), errno.EPERM),  # ADDR_NO_RANDOMIZE
        ("fchmod", (0, 0o4755), errno.EPERM),  # a set-user-ID file
        ("fchmod", (0, 0o2755), errno.EPERM),
    ],
)
def test_arguments_decide_where_the_unit_has_it_so(
    tmp_path: Path, name: str, arguments: tuple[int, ...], error: int
) -> None:
    """Address families, namespaces, personality and set-user-ID files."""
    found, refused = errors(tmp_path, [(libseccomp.number_of(name), *arguments)])
    assert (found, refused) == ([error], [name])


def test_what_the_checkpoint_needs_is_allowed(tmp_path: Path) -> None:
    """Sockets of its families, files, a thread's own name: no refusal."""
    number = libseccomp.number_of
    calls: list[tuple[int, ...]] = [(number("socket"), family, 1, 0) for family in (1, 2, 10)]
    calls += [(number("unshare"), 0x400), (number("fchmod"), 2, 0o600), (number("prctl"), 15, 0)]
    _, refused = errors(tmp_path, calls)
    assert refused == []


def test_the_clock_can_be_read_and_not_set(tmp_path: Path) -> None:
    """Reading adjtimex shows that the clock is trusted; setting needs a capability that is gone."""
    program = """
import ctypes
from edge.clock_trust import kernel_error_us
kernel_error_us()
libc = ctypes.CDLL(None, use_errno=True)
change = (ctypes.c_char * 512)()
change[0] = 1  # ADJ_OFFSET
assert libc.adjtimex(change) == -1
print(ctypes.get_errno())
"""
    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run(sys.executable, "-c", program)
    assert (done.stdout.strip(), sandbox.refusals) == (str(errno.EPERM), []), done.stderr


@needs_view
def test_only_state_and_run_time_can_be_written(tmp_path: Path) -> None:
    """The system, the config and the code are read-only; homes are hidden; /tmp is its own."""
    (tmp_path / "gardu.toml").touch()
    (mine := Path("/tmp/gardu-sandbox-test")).unlink(missing_ok=True)
    program = f"""
import os
from pathlib import Path
import edge
def can_write(path):
    try:
        Path(path).open("a").close()
    except OSError:
        return False
    return True
for path in ("/etc/gardu-x", "/usr/lib/gardu-x", "/root/gardu-x", {str(tmp_path / "gardu.toml")!r},
             os.path.dirname(edge.__file__) + "/x", {str(mine)!r}, "../run/x", "../data/x"):
    print(int(can_write(path)), end="")
"""
    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run(sys.executable, "-c", program)
    assert done.stdout == "00000111", done.stderr
    assert not mine.exists()


def test_a_line_of_the_filter_changes_the_lines_before_it() -> None:
    """As in systemd: the first line allows, ``~`` removes, and a later line allows again."""
    text = "[Service]\nSystemCallFilter=@file-system getpid\nSystemCallFilter=~@chown mkdir\n"
    section = service_section(text + "SystemCallFilter=chown\nSystemCallErrorNumber=EACCES\n")
    rules = rules_of(section)
    names = {rule.name for rule in rules.allowed}
    assert {"openat", "getpid", "chown", "exit_group"} <= names
    assert names.isdisjoint({"fchown", "mkdir", "mount"})
    assert rules.error("mkdir") == errno.EACCES
