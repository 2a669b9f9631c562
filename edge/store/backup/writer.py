"""Writes the archive of a backup, member by member, in one pass and with little memory."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from edge.store.backup.form import CHUNK, MANIFEST, MOST_MEMBERS, BadBackup, Manifest, Member

# gzip's quickest level: records shrink to a quarter with it, and stills, which are JPEG, with none.
_LEVEL = 1
# Members are for the restored user alone, also when another program unpacks them.
_MODE = 0o600


class ArchiveWriter:
    """The archive in *file*; use as ``with``. At its end the manifest is written, unless it failed.

    :param on_bytes: called with the number of bytes that were just packed; it may raise
    """

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None] = lambda _: None) -> None:
        self._gzip = gzip.GzipFile("", "wb", _LEVEL, file, mtime=0)
        self._tar = tarfile.open(mode="w", fileobj=self._gzip, format=tarfile.GNU_FORMAT)  # noqa: SIM115 - closed in __exit__
        self._on_bytes = on_bytes
        self._members = list[Member]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if kind is not None:
            with suppress(OSError):  # the file is incomplete in any case
                self._gzip.close()
            return
        self.add_bytes(MANIFEST, msgspec.json.encode(Manifest(tuple(self._members))))
        self._tar.close()
        self._gzip.close()

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add *data* as the member *name*."""
        self.add(name, io.BytesIO(data), len(data))

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """Add the next *size* bytes of *source* as the member *name*.

        :raises BadBackup: if there are too many members
        :raises OSError: if *source* has fewer bytes, or the disk failed
        """
        if len(self._members) > MOST_MEMBERS:
            raise BadBackup(f"more than {MOST_MEMBERS} files: set [retention] stills_days lower")
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, _MODE
        counted = _Counted(source, self._on_bytes)
        self._tar.addfile(header, counted)
        self._members.append(Member(name, size, counted.sha256.hexdigest()))


class _Counted(io.RawIOBase):
    """Reads *source*, hashing and counting its bytes."""

    def __init__(self, source: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        super().__init__()
        self.sha256 = hashlib.sha256()
        self._source = source
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size if size >= 0 else CHUNK)
        self.sha256.update(data)
        self._on_bytes(len(data))
        return data
