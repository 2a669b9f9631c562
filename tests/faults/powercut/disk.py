"""A pure model of a disk after a power cut, with the guarantees of POSIX and no others.

- A file's content is sure as it was at its last fsync. Of later writes any 512-byte sector may be
  there or not, in any order: a disk reorders, and the last write may be torn. A sector itself is
  old or new, never a mixture.
- A name (of a new, renamed, deleted file or folder) is sure once its *folder* was synced. Before
  that, names may be lost, later ones before earlier ones: file systems journal them in order.
- A name may be sure before the content is: the file then exists, shorter or with zeros.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.faults.powercut.operations import Operation

SECTOR = 512

Content = bytes | PurePosixPath | None

Image = dict[str, Content]
"""A disk's files by path, with their content; a path for a symlink, None for a folder."""


@dataclass
class Inode:
    """A file: its sure content, and the operations since; of a folder or symlink only that."""

    sure: Content = b""
    since: list[Operation] = field(default_factory=list)


Names = dict[str, Inode]


@dataclass
class Naming:
    """A change of names in one folder: each path now names its inode, or (None) is gone."""

    folder: str
    changes: list[tuple[str, Inode | None]]

    def apply(self, names: Names) -> None:
        """Make the change."""
        for path, inode in self.changes:
            if inode is None:
                names.pop(path, None)
            else:
                names[path] = inode


class Disk:
    """The disk under a sequence of operations that begins with *image*."""

    def __init__(self, image: Image) -> None:
        self._sure: Names = {path: Inode(content) for path, content in image.items()}
        self._now: Names = dict(self._sure)  # as seen by a running system
        self._namings: list[Naming] = []

    def apply(self, operation: Operation) -> None:
        """Apply one operation."""
        path = operation.path
        match operation.kind:
            case "create":
                self._name(path, Inode())
            case "symlink":
                self._name(path, Inode(PurePosixPath(operation.target)))
            case "mkdir":
                self._name(path, Inode(None))
            case "unlink" | "rmdir":
                self._name(path, None)
            case "rename":
                self._rename(path, operation.target)
            case "write" | "truncate":
                self._now[path].since.append(operation)
            case "sync":
                inode = self._now[path]
                inode.sure, inode.since = kept(inode), []
            case "sync-folder":
                self._sync_folder(path)

    def image(self, content: Callable[[Inode], Content], namings: int = 0) -> Image:
        """Return the disk after a cut now.

        :param content: returns the content of a file after the cut
        :param namings: how many changes of names that are not sure yet have reached the disk
        """
        names = dict(self._sure)
        for naming in self._namings[:namings]:
            naming.apply(names)
        there = {path for path in names if all(str(p) in names for p in _folders(path))}
        return {path: content(names[path]) for path in sorted(there)}

    def dropped(self) -> Image:
        """Return the disk with synced data only."""
        return self.image(lambda inode: inode.sure)

    def kept(self) -> Image:
        """Return the disk with all data."""
        return self.image(kept, len(self._namings))

    def chance(self, dice: random.Random) -> Image:
        """Return the disk with a random choice for every sector."""
        return self.image(lambda inode: torn(inode, dice), dice.randint(0, len(self._namings)))

    def _name(self, path: str, inode: Inode | None) -> None:
        self._change(path, [(path, inode)])

    def _rename(self, old: str, new: str) -> None:
        """Rename a file or a folder with all in it, at once; sure once the new folder is synced."""
        changes: list[tuple[str, Inode | None]] = []
        for path in [path for path in self._now if path == old or path.startswith(f"{old}/")]:
            changes += [(f"{new}{path.removeprefix(old)}", self._now[path]), (path, None)]
        self._change(new, changes)

    def _change(self, path: str, changes: list[tuple[str, Inode | None]]) -> None:
        naming = Naming(_parent(path), changes)
        naming.apply(self._now)
        self._namings.append(naming)

    def _sync_folder(self, folder: str) -> None:
        for naming in self._namings:
            if naming.folder == folder:
                naming.apply(self._sure)
        self._namings = [naming for naming in self._namings if naming.folder != folder]


def kept(inode: Inode) -> Content:
    """Return a file's content if every write reached the disk."""
    return torn(inode, None)


def torn(inode: Inode, dice: random.Random | None) -> Content:
    """Return a file's content with *dice* choosing for each sector (None: all reached the disk)."""
    if not isinstance(inode.sure, bytes):
        return inode.sure
    content = bytearray(inode.sure)
    for operation in inode.since:
        luck = 1.0 if dice is None else dice.choice((0.0, 0.5, 1.0))
        if operation.kind == "write":
            _write(content, operation, luck, dice)
        elif luck == 1.0:
            del content[operation.offset :]
            content.extend(bytes(operation.offset - len(content)))
    return bytes(content)


def _write(
    content: bytearray, operation: Operation, luck: float, dice: random.Random | None
) -> None:
    start, end = operation.offset, operation.offset + len(operation.data)
    while start < end:
        stop = min((start // SECTOR + 1) * SECTOR, end)
        if luck == 1.0 or (dice is not None and dice.random() < luck):
            content.extend(bytes(max(0, start - len(content))))
            first = start - operation.offset
            content[start:stop] = operation.data[first : first + stop - start]
        start = stop


def write_out(image: Image, folder: Path) -> None:
    """Write *image* into *folder*, which is empty."""
    for path, content in image.items():
        if content is None:
            (folder / path).mkdir(mode=0o700)
        elif isinstance(content, PurePosixPath):
            (folder / path).symlink_to(content)
        else:
            (folder / path).write_bytes(content)


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _folders(path: str) -> list[PurePosixPath]:
    return [parent for parent in PurePosixPath(path).parents if str(parent) != "."]
