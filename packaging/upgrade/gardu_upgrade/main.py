"""The command line of the upgrade tool."""

import argparse
import contextlib
import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gardu_upgrade import record, versions
from gardu_upgrade.places import Places
from gardu_upgrade.report import say, show
from gardu_upgrade.switch import CannotSwitch, Switcher
from gardu_upgrade.trial import READY_S

FINISH_UNIT = "gardu-upgrade.service"

_INTERRUPTED = 130
_ABOUT = f"""Switches this checkpoint to another installed version of Gardu.

The package calls it; a technician needs `list`, and `back` to return to the version before. A
running checkpoint is restarted. If the new version is not ready within {READY_S:.0f} seconds, or
ends soon after, the version before comes back by itself. A switch that a power cut has
interrupted is finished at the next boot. docs/upgrade.md has more."""
_ENDS = """Ends with 0 if the version is in use, or the one before is back and works; 1 if not,
or if it could not begin; 2 on wrong options; 130 after Ctrl-C."""
_NEW_STREAM = """allow an older version to put its database back, although records were written
since: they are set aside in a file, and the checkpoint begins a new stream"""


class _Interrupted(BaseException):
    """SIGTERM or SIGINT came."""


def main(arguments: Sequence[str], places: Places | None = None) -> int:
    """Run the command line; return the exit code."""
    places = places or Places()
    asked = _parser().parse_args(arguments)
    if asked.command == "list":
        _list(places)
        return 0
    try:
        places.opt.mkdir(parents=True, exist_ok=True)
        with _signals(), _locked(places):
            return _run(asked, places)
    except CannotSwitch as error:
        say(str(error), bad=True)
        return 1
    except OSError as error:
        say(f"{error.filename or places.opt}: {error.strerror or error}{_rest(places)}", bad=True)
        return 1
    except _Interrupted:
        say(f"interrupted{_rest(places)}", bad=True)
        _finish_by_systemd(places)
        return _INTERRUPTED


def _run(asked: argparse.Namespace, places: Places) -> int:
    switcher = Switcher(places)
    if asked.command == "finish":
        return 0 if switcher.finish() else 1
    if asked.command == "switch":
        return 0 if switcher.switch(asked.version, new_stream=asked.new_stream) else 1
    to = versions.previous(places)
    if not to:
        raise CannotSwitch("there is no version before the current one to go back to")
    done = switcher.switch(to, new_stream=asked.new_stream)
    return 0 if done and versions.current(places) == to else 1


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="/usr/lib/gardu/upgrade", description=_ABOUT, epilog=_ENDS, formatter_class=plain
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    switch = commands.add_parser("switch", help="switch to a version, and back if it fails")
    switch.add_argument("version", help="a folder of /opt/gardu/versions; `list` shows them")
    back = commands.add_parser("back", help="return to the version before the current one")
    for command in (switch, back):
        command.add_argument("--new-stream", action="store_true", help=_NEW_STREAM)
    commands.add_parser("finish", help="finish a switch that was interrupted, if there is one")
    commands.add_parser("list", help="show the versions, and the last switch")
    return parser


def _list(places: Places) -> None:
    marks = {versions.previous(places): "previous", versions.current(places): "current"}
    for version in versions.installed(places):
        show(f"{version}  {marks.get(version, '')}".rstrip())
    with contextlib.suppress(ValueError, OSError):
        if switch := record.read(places.switching):
            show(f"unfinished: {switch.before} to {switch.to}{_rest(places)}")
        if last := record.read(places.last):
            end = f"failed: {last.why}" if last.why else "done"
            show(f"last switch ({last.when}): {last.before} to {last.to}: {end}")


def _rest(places: Places) -> str:
    """Return what becomes of an unfinished switch, in words; empty if there is none."""
    if not places.switching.exists():
        return ""
    return "; the next boot finishes the switch, or at once: /usr/lib/gardu/upgrade finish"


@contextmanager
def _locked(places: Places) -> Iterator[None]:
    """Lock the versions for this process.

    :raises CannotSwitch: if another run holds the lock
    """
    number = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(number, 20).decode("ascii", "replace").strip() or "unknown"
            raise CannotSwitch(f"another switch is under way (process {holder})") from None
        os.ftruncate(number, 0)
        os.pwrite(number, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(number)


@contextmanager
def _signals() -> Iterator[None]:
    """Have SIGINT and SIGTERM end the run; a lost terminal (SIGHUP) changes nothing."""

    def interrupt(_number: int, _frame: object) -> None:
        raise _Interrupted

    before = {
        number: signal.signal(number, action)
        for number, action in (
            (signal.SIGINT, interrupt), (signal.SIGTERM, interrupt),
            (signal.SIGHUP, signal.SIG_IGN),
        )
    }  # fmt: skip
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _finish_by_systemd(places: Places) -> None:
    """Have systemd finish the switch: the checkpoint may be stopped at this moment."""
    if places.switching.exists() and places.booted.is_dir():
        subprocess.run(  # noqa: S603 - our own words, no shell
            ["systemctl", "start", "--no-block", FINISH_UNIT],  # noqa: S607 - on root's PATH
            check=False, capture_output=True,
        )  # fmt: skip
