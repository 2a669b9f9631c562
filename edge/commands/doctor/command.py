"""The command `gardu doctor`: examines the machine and the devices, prints faults and remedies."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.clock import Clock
from edge.commands.ask import ask_devices
from edge.commands.doctor.acts import actuate
from edge.commands.doctor.devices import device_names, examine_devices, open_pins
from edge.commands.doctor.event_words import trouble
from edge.commands.doctor.finding import Asker, Finding
from edge.commands.doctor.machine import CHECKS
from edge.commands.options import ConfigOption, data_folder, problems_printed, refuse, say
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.procedures import Checked, examine
from edge.errors import DeviceUnavailable, ProtocolError, StoreError
from edge.printable import ascii_json, counted, printable
from edge.store.data_folder import FolderLock

_COLOURS = {"ok": "green", "wrong": "red", "unknown": "yellow", "skipped": "yellow"}


class Terminal:
    """The technician at this terminal."""

    def agrees(self, question: str) -> bool:
        """Ask on stderr, so that stdout has findings only; Enter means no."""
        return typer.confirm(question, default=False, err=True)


def doctor(
    devices: Annotated[
        list[str] | None,
        typer.Argument(
            help="Examine only these: names as in `health` (lockers, panel/reception, "
            "camera/lobby), and user, clock, disk, data, outputs, broker."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    actuate_: Annotated[
        bool,
        typer.Option(
            "--actuate",
            help="Afterwards also unlock, ring, light, release and beep, one question before each.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --actuate: do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Examine every device and this machine; print faults and what to try.

    Safe in an office: without --actuate, no lock, ring, lamp or door is switched. Pins are only
    read, serial devices are asked for their state, each camera captures one picture. While the
    daemon runs, it is asked for the states of its devices; for a full examination, stop it first
    (systemctl stop gardu).

    broker: its files are examined; then all that the daemon will do is tried: connect, subscribe,
    publish one message to each kind of topic (as large as real ones, and marked so that no
    consumer counts them), and delete the retained one again. While the daemon runs this is not
    tried, because the broker could take both for one client; the daemon is asked why it has no
    connection. To try it: sudo systemctl stop gardu, sudo -u gardu gardu doctor broker, sudo
    systemctl start gardu. docs/no-connection.md lists every reason with its remedy.

    Ends with 0 if all is well, 1 if a fault was found, 2 if the config or the command is wrong.

    Example: gardu doctor --config /etc/gardu/gardu.toml lockers camera/lobby
    """
    with problems_printed():
        checked = examine(config)
    only = _known(checked.config, devices or [])
    terminal = Terminal() if sys.stdin.isatty() else None
    if actuate_ and terminal is None and not yes:
        say("--actuate asks before each act: use a terminal, or add --yes", err=True)
        raise typer.Exit(2)
    asker = None if as_json else terminal
    found = _run(checked, only, asker, act=actuate_, sure=yes)
    findings = list(found) if as_json else list(_printed(found))
    wrong = sum(finding.state == "wrong" for finding in findings)
    if as_json:
        document = {"config": str(config), "findings": findings}
        say(ascii_json(msgspec.json.encode(document)))
    else:
        looked = counted(len(findings), "thing")
        say(f"\n{looked} looked at, {wrong or 'nothing'} wrong.")
    raise typer.Exit(1 if wrong else 0)


def _known(config: Config, names: list[str]) -> set[str]:
    known = [*CHECKS, *device_names(config)]
    for name in names:
        if name not in known:
            refuse(f"{name}: nothing here has that name; there are: {', '.join(known)}")
    return set(names)


def _run(
    checked: Checked, only: set[str], asker: Asker | None, *, act: bool, sure: bool
) -> Iterator[Finding]:
    """Yield every finding, the machine's first."""
    if not only:
        yield Finding("config", "ok", "The config and its procedures are right.")
        for note in checked.notes:
            yield Finding("config", "ok", f"Note: {note}.")
    for name, check in CHECKS.items():
        if not only or name in only:
            yield from check(checked.config)
    wanted = {name for name in device_names(checked.config) if not only or name in only}
    if wanted:
        yield from _devices(checked.config, wanted, asker, act=act, sure=sure)


def _devices(
    config: Config, wanted: set[str], asker: Asker | None, *, act: bool, sure: bool
) -> Iterator[Finding]:
    """Examine the devices, or ask the daemon that has them open."""
    folder = data_folder(config)
    try:
        lock = FolderLock(folder) if folder.is_dir() else None
    except StoreError as error:
        yield from _ask_daemon(folder, wanted, str(error))
        return
    clock = Clock.from_environment()
    pins = open_pins(config, clock)
    try:
        bad = set()
        for finding in examine_devices(config, clock, pins, wanted, asker):
            bad |= {finding.device} if finding.state == "wrong" else set()
            yield finding
        if act:
            for device in sorted(bad & wanted):
                yield Finding(device, "skipped", "Not acted on: put right what is wrong first.")
            doer = None if sure else asker or Terminal()
            if not pins.why:
                yield from actuate(config, clock, pins.channels, wanted - bad, doer, pins.buses)
    finally:
        pins.close()
        if lock is not None:
            lock.release()


def _ask_daemon(folder: Path, wanted: set[str], locked: str) -> Iterator[Finding]:
    """Yield the states of the devices that the running daemon reports."""
    stop = "To look closer: sudo systemctl stop gardu, gardu doctor again, systemctl start gardu."
    if "denied" in locked:
        yield trouble("daemon", locked)
        return
    try:
        states = ask_devices(folder)
    except (DeviceUnavailable, ProtocolError) as error:
        yield Finding("daemon", "wrong", f"The daemon has the devices and says nothing: {error}.",
                      stop)  # fmt: skip
        return
    if states is None:
        refused = "belongs to" in locked  # root in the folder of the daemon's user
        yield (
            trouble("daemon", locked) if refused else Finding("daemon", "wrong", f"{locked}.", stop)
        )
        return
    yield Finding("daemon", "ok", "The daemon is running and has the devices; so it was asked.",
                  stop)  # fmt: skip
    for name, state in states.devices.items():
        if name not in wanted:
            continue
        if state in ("ok", "opening"):
            words = {"ok": "it works", "opening": "it is being opened"}[state]
            yield Finding(name, "ok" if state == "ok" else "unknown", f"The daemon says: {words}.")
        else:
            yield trouble(name, state, states.remedies.get(name, ""))


def _printed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Print each finding without delay, and yield it."""
    from rich.text import Text

    from edge import terminal

    screen = terminal.Terminal()
    for finding in findings:
        state = (f"{finding.state:<8}", _COLOURS[finding.state])
        line = Text.assemble(state, f" {finding.device:<20} {printable(finding.saw)}")
        screen.print(line, soft_wrap=True)
        if finding.try_:
            say(f"{'':<29} Try: {printable(finding.try_)}")
        yield finding
