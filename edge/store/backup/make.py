"""Makes a backup beside the running daemon.

Steps; an error, a stop or a power cut in any of them leaves no file under the backup's name:

1. lock and empty the working folder ``.gardu-SITE-CHECKPOINT.part`` beside the backup;
2. copy the databases into it (edge/store/backup/copy.py), ``gardu.db`` first, so that the still of
   every row was on the disk before; check the copies;
3. pack them, the config's files, and the stills that the rows name;
4. sync the archive, read it back from the disk, and check it as a restore does;
5. rename it to its name, and sync the folder.

The copies lie beside the backup and not in the data folder: the disk with the data may be failing
or full.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from edge.clock import Stamp
from edge.config.model import Config
from edge.errors import GarduError, StoreError
from edge.store import data_folder
from edge.store.backup.config_files import ConfigFile
from edge.store.backup.copy import (
    DatabaseCopy,
    Facts,
    check_rows,
    database_bytes,
    facts_of,
    format_of,
)
from edge.store.backup.form import (
    ABOUT,
    CONFIG,
    FORMAT,
    LONGEST_FILE,
    About,
    ConfigEntry,
    Stopped,
    new_file,
)
from edge.store.backup.reader import examine
from edge.store.backup.writer import ArchiveWriter
from edge.store.chain_check import ChainCheck
from edge.store.store import FILE

_PACKED = "backup.tar.gz"
_LOCK = "lock"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


class Backup:
    """One backup of the checkpoint of *config* to the new file *target*.

    :param databases: the database files in the data folder, and the format that this Gardu reads
    :param files: the config's files; secrets are packed if *secrets*
    :param guests: False: without the databases other than ``gardu.db``, and without stills
    :param at: the present moment
    :ivar total: bytes to copy, to pack and to read back, an estimate; *done*: so far
    :ivar left_out: files that are not in the backup, and why, in words
    """

    def __init__(
        self,
        config: Config,
        target: Path,
        files: Iterable[ConfigFile],
        *,
        version: str,
        databases: dict[str, int],
        secrets: bool,
        guests: bool,
        at: Stamp,
    ) -> None:
        self._checkpoint = config.checkpoint
        self._data = Path(config.checkpoint.data)
        self._target = target
        self._files = list(files)
        self._version = version
        self._formats = databases
        # gardu.db first: see step 2.
        self._names = [FILE, *(name for name in databases if name != FILE and guests)]
        self._secrets = secrets
        self._guests = guests
        self._at = at
        self._work = target.parent / f".gardu-{self._checkpoint.site}-{self._checkpoint.id}.part"
        self._stopped = False
        self._check: ChainCheck | None = None
        self._copy: DatabaseCopy | None = None
        self.left_out = list[str]()
        self.done = 0
        self.databases_bytes = sum(database_bytes(self._data / name) for name in self._names)
        self.total = 2 * self.size + self.databases_bytes

    @property
    def size(self) -> int:
        """The greatest size of the archive, bytes."""
        if not self._guests:
            return self.databases_bytes + 2**20
        stills = sum(file.stat().st_size for file in self._data.glob("stills/*/*.jpg*"))
        return self.databases_bytes + stills + 2**20

    def stop(self) -> None:
        """Let :meth:`run` end soon; any thread may call."""
        self._stopped = True
        if self._copy is not None:
            self._copy.stop()
        if self._check is not None:
            self._check.stop()

    def run(self) -> About:
        """Make the backup; return the facts about it.

        :raises Stopped: after :meth:`stop`
        :raises GarduError: if a database is damaged, or another backup is being made there
        :raises OSError: if a disk failed or is full
        """
        self._work.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(self._work / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(lock)
            about = self._make()
            (self._work / _PACKED).rename(self._target)
            data_folder.sync(self._target.parent)
            return about
        finally:
            # The folder is removed before its lock is: the next one must not find half of it.
            shutil.rmtree(self._work, ignore_errors=True)
            os.close(lock)

    def _lock(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise GarduError(f"another backup is being made: {self._work} is in use") from error
        for file in self._work.iterdir():  # of a backup that was killed
            if file.name != _LOCK:
                file.unlink()

    def _make(self) -> About:
        present = [name for name in self._names if (self._data / name).exists()]
        present = [name for name in present if self._copied(name)]
        facts = facts_of(self._work, self._note_check)
        if self._stopped:
            raise Stopped("stopped")
        about = self._about(facts, present)
        with new_file(self._work / _PACKED) as file:
            with ArchiveWriter(file, self._count) as archive:
                self._pack(archive, about, facts, present)
            file.flush()
            os.fsync(file.fileno())
        self._read_back()
        return about

    def _copied(self, name: str) -> bool:
        """Copy the database *name*; return False if it is damaged and is not ``gardu.db``."""
        self._copy = DatabaseCopy(self._data / name, self._work / name)
        if self._stopped:
            raise Stopped("stopped")
        try:
            self._copy.run()
            check_rows(self._work / name)
        except StoreError as error:
            if name == FILE:
                raise
            self.left_out.append(str(error))
            (self._work / name).unlink()
            return False
        self.done += (self._work / name).stat().st_size
        return True

    def _note_check(self, check: ChainCheck) -> None:
        self._check = check
        if self._stopped:
            check.stop()

    def _about(self, facts: Facts, present: list[str]) -> About:
        plain = facts._asdict()
        del plain["stills"]
        return About(
            format=FORMAT,
            version=self._version,
            site=self._checkpoint.site,
            checkpoint=self._checkpoint.id,
            made=self._at.iso(),
            clock_synced=self._at.synced,
            databases={name: format_of(self._work / name) for name in present},
            guests=self._guests,
            files=tuple(self._entries()),
            **plain,
        )

    def _entries(self) -> Iterable[ConfigEntry]:
        home = self._files[0].path.parent
        for number, file in enumerate(self._files):
            included = self._secrets or not file.secret
            if included and (problem := _problem(file.path)):
                self.left_out.append(f"{file.path}: {problem}")
                included = False
            below = file.path.is_relative_to(home)
            yield ConfigEntry(
                key=file.key,
                member=_member(number, file) if included else "",
                place=str(file.path.relative_to(home)) if below else "",
                original=str(file.path),
                secret=file.secret,
            )

    def _pack(self, archive: ArchiveWriter, about: About, facts: Facts, present: list[str]) -> None:
        archive.add_bytes(ABOUT, msgspec.json.encode(about))
        for name in present:
            self._add(archive, name, self._work / name)
            (self._work / name).unlink()  # its room is for the stills
        for entry in about.files:
            if entry.member:
                archive.add_bytes(entry.member, Path(entry.original).read_bytes())
        for still in facts.stills if self._guests else ():
            # Retention may have removed a delivered one, or removes it now.
            try:
                self._add(archive, still, self._data / still)
            except FileNotFoundError:
                continue

    def _add(self, archive: ArchiveWriter, name: str, path: Path) -> None:
        with path.open("rb") as file:
            archive.add(name, file, os.fstat(file.fileno()).st_size)

    def _read_back(self) -> None:
        """Check the archive as it is on the disk, not as the kernel remembers it."""
        with (self._work / _PACKED).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            examine(file, version=self._version, formats=self._formats, on_bytes=self._count)

    def _count(self, size: int) -> None:
        self.done += size
        if self._stopped:
            raise Stopped("stopped")


def _problem(path: Path) -> str:
    """Return why the file *path* cannot be packed; empty if it can."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        return str(error.strerror)
    return f"has {size} bytes: too many" if size > LONGEST_FILE else ""


def _member(number: int, file: ConfigFile) -> str:
    if not file.key:
        return CONFIG
    plain = _NOT_PLAIN.sub("_", file.path.name)[-60:]
    return f"{'secrets' if file.secret else 'config'}/{number:03}-{plain}"
