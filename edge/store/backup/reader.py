"""Reads the archive of a backup, and refuses everything that is none.

Rules
-----
1. The whole archive is read and checked before a byte of it is written (:func:`examine`); then it
   is read again (:func:`members`), and each member is compared with what was examined.
2. Headers are read one block at a time, so that memory stays bounded at any size that they state:
   ``tarfile`` would read an extended header or a long name whole.
3. The sizes are compared with the room there is before a member is read.
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from edge.store.backup.form import (
    ABOUT,
    CHUNK,
    CONFIG,
    FORMAT,
    LONGEST_MANIFEST,
    MANIFEST,
    MOST_MEMBERS,
    About,
    BadBackup,
    Manifest,
    Member,
    allowed,
    is_newer,
    longest,
)

_BLOCK = tarfile.BLOCKSIZE
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
# An archive ends with zeros up to a whole record.
_LONGEST_END = tarfile.RECORDSIZE + 2 * _BLOCK

# All members that are read into memory, bytes.
_MOST_TEXT = LONGEST_MANIFEST + 16 * 2**20

T = TypeVar("T")


class Contents(NamedTuple):
    """A backup that was examined: its facts and its members, the manifest left out.

    :ivar texts: the content of the members below ``config/`` and ``secrets/``, by name
    """

    about: About
    members: tuple[Member, ...]
    texts: dict[str, bytes]

    @property
    def bytes_of_data(self) -> int:
        """Total size of databases and stills, bytes."""
        return sum(member.size for member in self.members if is_data(member.name))


class Piece(NamedTuple):
    """A member as it is read: *chunks* must be read to their end before the next member."""

    name: str
    size: int
    chunks: Iterator[bytes]


def is_data(name: str) -> bool:
    """Return True if the member *name* belongs into the data folder."""
    return name.endswith(".db") or name.startswith("stills/")


def examine(
    file: BinaryIO,
    *,
    version: str,
    formats: dict[str, int],
    room: int = 2**62,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Contents:
    """Read the whole backup *file* and check all of it; nothing is written.

    :param version: this Gardu's version; *formats*: the formats of databases that it reads
    :param room: the greatest total size of its members, bytes
    :param on_bytes: called with the number of bytes that were just read; it may raise
    :raises BadBackup: with the reason, if it cannot be restored here
    """
    examination = _Examination(version, formats, room, on_bytes)
    for piece in members(file):
        examination.add(piece)
    return examination.contents()


def members(file: BinaryIO) -> Iterator[Piece]:
    """Iterate over the members of the archive in *file*, from its beginning.

    :raises BadBackup: if it is damaged, cut off, or has a member that no backup has
    """
    file.seek(0)
    with gzip.GzipFile(fileobj=file, mode="rb") as archive:
        for _ in range(MOST_MEMBERS + 2):
            header = _header(archive)
            if header is None:
                return
            yield Piece(header.name, header.size, _chunks(archive, header))
        raise BadBackup(f"it has more than {MOST_MEMBERS} members")


class _Examination:
    """Checks the members of a backup one after the other, and in the end all of them."""

    def __init__(
        self, version: str, formats: dict[str, int], room: int, on_bytes: Callable[[int], None]
    ) -> None:
        self._version = version
        self._formats = formats
        self._room = room
        self._memory = _MOST_TEXT
        self._on_bytes = on_bytes
        self._found = dict[str, Member]()
        self._texts = dict[str, bytes]()
        self._about: About | None = None
        self._manifest: Manifest | None = None

    def add(self, piece: Piece) -> None:
        """Check and read one member."""
        self._check_place(piece)
        member, text = self._read(piece)
        if piece.name == MANIFEST:
            self._manifest = _decoded(text, Manifest, MANIFEST)
            return
        if piece.name == ABOUT:
            self._about = _about(text, self._version, self._formats)
        elif not is_data(piece.name):
            self._texts[piece.name] = text
        self._found[piece.name] = member

    def contents(self) -> Contents:
        """Return the contents, after the last member."""
        if self._about is None:
            raise BadBackup("it is no backup of Gardu: the archive is empty")
        if self._manifest is None:
            raise BadBackup("its end is missing: it was cut off, or is still being written")
        stated = {member.name: member for member in self._manifest.members}
        for name in (*self._found, *stated):
            if self._found.get(name) != stated.get(name):
                raise BadBackup(f"{name} is not as the manifest says: the file is damaged")
        _check_names(self._about, self._found.keys())
        return Contents(self._about, tuple(self._found.values()), self._texts)

    def _check_place(self, piece: Piece) -> None:
        if self._manifest is not None:
            raise BadBackup(f"{piece.name} follows the manifest, which must be the last member")
        if piece.name in self._found:
            raise BadBackup(f"{piece.name} is there twice")
        if (self._about is None) != (piece.name == ABOUT):
            raise BadBackup(f"it is no backup of Gardu: its first member is {piece.name}")
        if piece.size > self._room:
            raise BadBackup(f"its files are larger than the room here: {piece.name}")
        self._room -= piece.size
        if not is_data(piece.name):
            self._memory -= piece.size
        if self._memory < 0:
            raise BadBackup("its config files are too large")

    def _read(self, piece: Piece) -> tuple[Member, bytes]:
        """Read a member; return its text too, unless it is data."""
        parts, digest = list[bytes](), hashlib.sha256()
        for chunk in piece.chunks:
            digest.update(chunk)
            self._on_bytes(len(chunk))
            if not is_data(piece.name):
                parts.append(chunk)
        return Member(piece.name, piece.size, digest.hexdigest()), b"".join(parts)


class _Writer(msgspec.Struct):
    """The writer of a backup: the only part of ``about.json`` that no later version may change."""

    format: int
    version: str


def _about(text: bytes, version: str, formats: dict[str, int]) -> About:
    writer = _decoded(text, _Writer, ABOUT)
    if writer.format > FORMAT or is_newer(writer.version, version):
        raise BadBackup(
            f"it was made by Gardu {writer.version}, this is {version}: install Gardu "
            f"{writer.version} or a later one, then restore it"
        )
    about = _decoded(text, About, ABOUT)
    for name, number in about.databases.items():
        if name not in formats or number > formats[name]:
            raise BadBackup(f"{name} has format {number}, this Gardu reads {formats.get(name)}")
    return about


def _check_names(about: About, found: Collection[str]) -> None:
    """Check that the members are those that *about* names, and stills."""
    named = {entry.member for entry in about.files if entry.member} | {ABOUT, CONFIG}
    named |= about.databases.keys()
    if missing := named - set(found):
        raise BadBackup(f"{', '.join(sorted(missing))} is missing")
    if extra := {name for name in found if not name.startswith("stills/")} - named:
        raise BadBackup(f"{', '.join(sorted(extra))} is there, but {ABOUT} does not name it")


def _header(archive: gzip.GzipFile) -> tarfile.TarInfo | None:
    """Return the next header; None at the end, which is read to the end of the file."""
    block = _read(archive, _BLOCK)
    if not any(block):
        if len(block) == _BLOCK:
            _read_end(archive)
            return None
        raise BadBackup("its end is missing: it was cut off, or is still being written")
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise BadBackup(f"it is no tar archive, or damaged: {error}") from error
    if header.type not in _PLAIN or not allowed(header.name):
        raise BadBackup(f"it has the member {header.name!r}, which is in no backup of Gardu")
    if not 0 <= header.size <= longest(header.name):
        raise BadBackup(f"{header.name} has {header.size} bytes: too many")
    return header


def _read_end(archive: gzip.GzipFile) -> None:
    rest = _read(archive, _LONGEST_END + 1)
    if any(rest) or len(rest) > _LONGEST_END or len(rest) < _BLOCK:
        raise BadBackup("its end is damaged, or something follows it")


def _chunks(archive: gzip.GzipFile, header: tarfile.TarInfo) -> Iterator[bytes]:
    left = header.size
    while left:
        chunk = _read(archive, min(left, CHUNK))
        if not chunk:
            raise BadBackup(f"it ends within {header.name}: it was cut off")
        left -= len(chunk)
        yield chunk
    _read(archive, -header.size % _BLOCK)


def _read(archive: gzip.GzipFile, size: int) -> bytes:
    """Return the next *size* bytes, fewer only at the end."""
    try:
        parts, left = list[bytes](), size
        while left and (part := archive.read(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadBackup(f"it is damaged, cut off, or not compressed with gzip: {error}") from error


def _decoded(text: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBackup(f"{name} cannot be understood: {error}") from error
