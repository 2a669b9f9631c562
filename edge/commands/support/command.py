"""`gardu support-bundle`: one file for the person who looks for a fault, without secrets."""

import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from edge.clock import Clock
from edge.commands.ask import ask_devices, ask_health, ask_link
from edge.commands.background import INTERRUPTED, interrupted_by_signals
from edge.commands.options import ConfigOption, load_data_config, refuse, say
from edge.commands.support import facts
from edge.commands.support.programs import Program, machine_programs, output, outputs
from edge.commands.support.scrub import SHORTEST, Scrubber
from edge.config.model import Config
from edge.config.office_time import office_time
from edge.config.password_file import read_password
from edge.config.places import DEFAULT_CONFIG
from edge.config.redaction import REMOVED, Redacted, redact
from edge.config.toml_text import read_toml
from edge.errors import ConfigError, GarduError
from edge.guestbook.book import FILE as BOOK
from edge.guestbook.guest_list import read_stored
from edge.store.backup.config_files import config_files
from edge.store.backup.form import new_file

UNIT = "gardu"
_DOCTOR_S = 180.0

_HEAD = f"""Support bundle of a Gardu checkpoint. Every file is text.

Left out: passwords, private keys, card numbers (counted only), invitation keys, records,
stills, the guest book, users and passwords in addresses, comments of the config.
Where one of these stood in another text, it says {REMOVED}; the number of such places is beside
the file below. Gardu's own log has no names and no card numbers, by design. Texts with fewer than
{SHORTEST} characters are not searched for. Look through the files before you send them.
"""


class File(NamedTuple):
    """A file of the bundle: its name, what it is, and the function that makes its text."""

    name: str
    what: str
    make: Callable[[], str]


class Office(NamedTuple):
    """What the bundle is made from: the config as far as it can be read, and its secrets.

    :ivar notes: what could not be read, in words
    """

    path: Path
    config: Config | None
    redacted: Redacted
    notes: list[str]

    @property
    def folder(self) -> Path:
        """The data folder; the usual one if the config cannot be used."""
        return Path(self.config.checkpoint.data if self.config else "/var/lib/gardu")


def support_bundle(
    file: Annotated[
        Path | None,
        typer.Argument(help="The ZIP file to write; default: named by site and time, here."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    hours: Annotated[
        float, typer.Option(min=0.1, max=8760, help="How far back the journal is read.")
    ] = 24.0,
    no_doctor: Annotated[
        bool, typer.Option("--no-doctor", help="Do not run `gardu doctor`.")
    ] = False,
) -> None:
    """Collect in one ZIP file what is needed to find a fault: no secrets, no persons.

    In it: versions, the machine, systemd's view, the journal, kernel messages, disks, network; from
    the running daemon its health, devices with remedies, and the connection; the config without
    secrets; digests of the procedures; counts of the database; `gardu check` and `gardu doctor`.
    The doctor asks the running daemon and touches no device; if none runs, it examines the devices
    as always. A config with mistakes does not stop the bundle.

    Run it as root, else the journal may be out of reach. Each file is listed as it is added; all
    are text, and README.txt in it says what was removed. Nothing is sent anywhere.

    Example: sudo gardu support-bundle --hours 48
    """
    office = _office(config)
    place = file or _place(office)
    if place.exists():
        refuse(f"{place} is there already: name another file")
    scrubber = Scrubber(office.redacted.secrets)
    part = place.with_name(f".{place.name}.part")
    try:
        with interrupted_by_signals():
            part.unlink(missing_ok=True)
            _write(part, [*_files(office, hours, doctor=not no_doctor)], scrubber, office.notes)
            part.rename(place)
    except KeyboardInterrupt:
        part.unlink(missing_ok=True)
        refuse(f"stopped: {place} was not made", code=INTERRUPTED)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        refuse(f"{place} cannot be written: {error.strerror}", code=1)
    say(f"{place}: look through it before you send it (each file is text)")


def _write(part: Path, files: list[File], scrubber: Scrubber, notes: list[str]) -> None:
    """Make all files, print each, and write them with their list."""
    lines = list[str]()
    with new_file(part) as opened, zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as bundle:
        for one in files:
            text, removed = scrubber.scrub(_made(one))
            _add(bundle, one.name, text)
            count = f", {removed} places removed" if removed else ""
            lines.append(f"{one.name:<18} {text.count(chr(10)):>6} lines  {one.what}{count}")
            say(lines[-1])
        head, _ = scrubber.scrub("\n".join([_HEAD, *lines, "", *notes]) + "\n")
        _add(bundle, "README.txt", head)
        for note in notes:
            say(note, err=True)


def _add(bundle: zipfile.ZipFile, name: str, text: str) -> None:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o100600 << 16
    bundle.writestr(member, text)


def _made(one: File) -> str:
    """Return the text of a file; if it cannot be made, why: the others are still of use."""
    try:
        return one.make()
    except (GarduError, OSError, ValueError) as error:
        return f"(cannot be read: {error})\n"


def _files(office: Office, hours: float, *, doctor: bool) -> Iterator[File]:
    what = {
        "machine.txt": "system, kernel, model, memory, clock",
        "service.txt": "systemd's view of the daemon",
        "journal.txt": f"the daemon's log of the last {hours:g} hours",
        "kernel.txt": "the kernel's last messages",
        "disks.txt": "disks and mounts",
        "devices.txt": "USB and GPIO devices",
        "network.txt": "addresses, routes, name servers",
    }
    yield File("versions.txt", "Gardu, Python, packages", facts.versions)
    for name, programs in machine_programs(UNIT, hours).items():
        yield File(name, what[name], partial(outputs, programs))
    folder = office.folder
    yield File(
        "health.json", "health and stream, from the daemon", lambda: _asked(ask_health, folder)
    )
    yield File("states.json", "devices and remedies, from it", lambda: _asked(ask_devices, folder))
    yield File(
        "link.json", "the connection to the broker, from it", lambda: _asked(ask_link, folder)
    )
    yield File("config.json", "the config without secrets", lambda: _json(office.redacted.config))
    if office.config is not None:
        config = office.config
        yield File("procedures.txt", "digests of the procedures", lambda: facts.procedures(config))
    yield File("data-folder.txt", "files in the data folder", lambda: facts.folder_listing(folder))
    yield File("database.txt", "counts of the database", lambda: facts.database(folder))
    yield File("last-run.json", "how the last runs ended",
               (folder / "last-run.json").read_text)  # fmt: skip
    yield File("check.txt", "gardu check", lambda: _gardu(office, "check"))
    if doctor:
        yield File("doctor.txt", "gardu doctor", lambda: _gardu(office, "doctor"))


def _asked(ask: Callable[[Path], Any], folder: Path) -> str:
    answer = ask(folder)
    return f"no daemon runs here ({folder})\n" if answer is None else _json(answer)


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _gardu(office: Office, command: str) -> str:
    """Run a command of Gardu in a process of its own, which may be ended if it hangs."""
    program = "from edge.commands.main import main; main()"
    words = (sys.executable, "-c", program, command, "--config", str(office.path))
    return output(Program(words), _DOCTOR_S)


def _place(office: Office) -> Path:
    config = office.config
    wall_ms = Clock.from_environment().wall_ms()
    if config is None:
        return Path(f"gardu-support-{wall_ms // 1000}.zip")
    checkpoint = config.checkpoint
    when = office_time(wall_ms, checkpoint.zone)
    return Path(f"gardu-support-{checkpoint.site}-{checkpoint.id}-{when:%Y%m%d-%H%M%S}.zip")


def _office(path: Path) -> Office:
    """Read the config and all that must be removed from texts, as far as they can be read."""
    notes = list[str]()
    raw: dict[str, Any] = {}
    try:
        raw = read_toml(path)
    except ConfigError as error:
        notes.append(f"the config is left out: {error}")
    redacted = redact(raw, lambda name: (path.absolute().parent / name).is_file())
    config: Config | None = None
    try:
        config = load_data_config(path)
    except ConfigError:
        notes.append("the config has mistakes: check.txt lists them")
    if config is not None:
        redacted.secrets.update(_passwords(path, config, notes))
        redacted.secrets.update(_persons(Path(config.checkpoint.data), notes))
    return Office(path, config, redacted, notes)


def _passwords(path: Path, config: Config, notes: list[str]) -> Iterator[str]:
    for one in config_files(path, config):
        if one.key.endswith("password_file"):
            try:
                yield read_password(str(one.path))
            except (OSError, ValueError) as error:
                notes.append(f"the password in {one.path} cannot be searched for: {error}")


def _persons(folder: Path, notes: list[str]) -> Iterator[str]:
    """Yield names and telephone numbers of the guest book: no log should have one."""
    try:
        entries = read_stored(folder / BOOK)
    except (GarduError, OSError) as error:
        notes.append(f"guests' names cannot be searched for: {error}")
        return
    for entry in entries:
        if entry.details is not None:
            yield from (entry.details.name, entry.details.phone)
    if any(entry.boxes for entry in entries):
        notes.append("guests' names cannot be searched for: they are sealed to the office's key")
