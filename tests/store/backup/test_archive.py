"""The backup's file: whole backups are read as written, everything else is refused in words."""

import gzip
import io
import tarfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.store.backup.form import ABOUT, CONFIG, MANIFEST, About, BadBackup, ConfigEntry
from edge.store.backup.reader import Contents, examine, members
from edge.store.backup.writer import ArchiveWriter

VERSION = "1.4.0"
FORMATS = {"gardu.db": 4, "guestbook.db": 1}
STILL = "stills/2026-11-22/01a229e1-e299-7290-bf2e-a602f0be861e.jpg"


def about(**change: object) -> About:
    """Return facts about a backup."""
    values = {
        "format": 1, "version": VERSION, "site": "setda", "checkpoint": "lobi",
        "made": "2026-11-22T03:15:07Z", "clock_synced": True, "stream": "s", "sequence": 7,
        "head": "0" * 64, "databases": {"gardu.db": 4},
        "files": (ConfigEntry(key="", member=CONFIG, place="gardu.toml", original="/x"),),
    }  # fmt: skip
    return msgspec.convert({**values, **change}, About)


def whole(facts: About | None = None, more: dict[str, bytes] | None = None) -> bytes:
    """Return a backup with a database, a still, a config, and *more* members."""
    file = io.BytesIO()
    with ArchiveWriter(file) as archive:
        archive.add_bytes(ABOUT, msgspec.json.encode(facts or about()))
        archive.add_bytes("gardu.db", bytes(range(256)) * 700)
        archive.add_bytes(CONFIG, b"[checkpoint]\n")
        archive.add_bytes(STILL, b"\xff\xd8 \xff\xd9")
        for name, data in (more or {}).items():
            archive.add_bytes(name, data)
    return file.getvalue()


def read(data: bytes, room: int = 2**62) -> Contents:
    """Examine *data*."""
    return examine(io.BytesIO(data), version=VERSION, formats=FORMATS, room=room)


def tar(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a compressed archive of *entries*, each with its own header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=form) as archive:
        for header, data in entries:
            archive.addfile(header, io.BytesIO(data))
    return file.getvalue()


def member(name: str, data: bytes = b"", **change: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return a header and its data."""
    header = tarfile.TarInfo(name)
    header.size = len(data)
    for key, value in change.items():
        setattr(header, key, value)
    return header, data


def first() -> tuple[tarfile.TarInfo, bytes]:
    """Return a right first member."""
    return member(ABOUT, msgspec.json.encode(about()))


def test_what_was_written_is_read() -> None:
    """Names, sizes, digests and small texts come back; ordinary tar programs read the file too."""
    contents = read(whole())
    assert [one.name for one in contents.members] == [ABOUT, "gardu.db", CONFIG, STILL]
    assert contents.about == about()
    assert contents.texts == {CONFIG: b"[checkpoint]\n"}
    assert contents.bytes_of_data == 256 * 700 + 5
    with tarfile.open(fileobj=io.BytesIO(whole())) as plain:
        assert plain.getnames()[-1] == MANIFEST
        assert {info.mode for info in plain} == {0o600}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "end is missing"),
        (b"a letter", "not compressed with gzip"),
        (gzip.compress(b"a letter" * 200), "no tar archive"),
        (tar(), "the archive is empty"),
        (tar(member("photo.jpg", b"x")), "'photo.jpg', which is in no backup"),
        (tar(member("gardu.db", b"x")), "first member is gardu.db"),
        (tar(first()), "its end is missing"),
        (tar(first(), member("../../etc/passwd", b"x")), "in no backup"),
        (tar(first(), member("/etc/passwd", b"x")), "in no backup"),
        (tar(first(), member("stills/../x.jpg", b"x")), "in no backup"),
        (tar(first(), member("gardu.db", type=tarfile.SYMTYPE, linkname="/etc/shadow")),
         "in no backup"),
        (tar(first(), member("gardu.db", type=tarfile.LNKTYPE, linkname=ABOUT)), "in no backup"),
        (tar(first(), member("gardu.db", type=tarfile.FIFOTYPE)), "in no backup"),
        (tar(first(), member("stills", type=tarfile.DIRTYPE)), "in no backup"),
        (tar(member("config/" + "x" * 200, b"x")), "in no backup"),
        (tar(member(ABOUT, b"{}", pax_headers={"comment": "x"}), form=tarfile.PAX_FORMAT),
         "in no backup"),
        (tar(first(), member(CONFIG, bytes(2**20 + 1))), "too many"),
        (tar(first(), member("gardu.db", b"x"), member("gardu.db", b"x")), "is there twice"),
        (tar(first(), member(MANIFEST, b"[]")), "cannot be understood"),
        (tar(first(), member(MANIFEST, b'{"members":[]}')), "not as the manifest says"),
        (tar(member(ABOUT, b"{")), "cannot be understood"),
        (whole(more={"config/001-x.toml": b"x"}), "does not name it"),
        (whole(more={"guestbook.db": b"x"}), "does not name it"),
        (whole(about(databases={"gardu.db": 4, "guestbook.db": 1})), "guestbook.db is missing"),
        (whole(about(version="1.4.1")), "install Gardu 1.4.1 or a later one"),
        (whole(about(version="2.0")), "install Gardu 2.0"),
        (whole(about(format=2)), "install Gardu"),
        (whole(about(databases={"gardu.db": 5})), "has format 5, this Gardu reads 4"),
        (whole() + b"more", "damaged"),
        (whole() + gzip.compress(bytes(100_000)), "something follows it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_backup_is_refused(data: bytes, why: str) -> None:
    """Each kind of wrong file has its reason."""
    with pytest.raises(BadBackup, match=why):
        read(data)


@pytest.mark.parametrize("version", ["1.4.0", "1.3.9", "0.9", "1.4.0.dev1"])
def test_older_and_equal_versions_are_read(version: str) -> None:
    """A backup of this version or an older one is accepted."""
    assert read(whole(about(version=version))).about.version == version


def test_a_size_that_does_not_fit_is_refused_before_it_is_read() -> None:
    """A header that promises terabytes costs no time and no room."""
    header = tarfile.TarInfo("gardu.db")
    header.size = 2**42
    about_header, text = first()
    head = about_header.tobuf(tarfile.GNU_FORMAT) + text + bytes(-len(text) % 512)
    data = gzip.compress(head + header.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(BadBackup, match="larger than the room here"):
        read(data, room=2**30)


def test_every_truncation_is_refused() -> None:
    """A file that was cut off anywhere is never taken for a whole one."""
    data = whole()
    for end in range(0, len(data), 7):
        with pytest.raises(BadBackup):
            read(data[:end])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_changed_backup_is_never_read_as_another(data: st.DataObject) -> None:
    """After any change inside the archive it is refused, or every member is as it was."""
    plain = bytearray(gzip.decompress(whole()))
    kind = data.draw(st.sampled_from(["flip", "overwrite", "cut", "insert", "swap"]))
    at = data.draw(st.integers(0, len(plain) - 1))
    if kind == "flip":
        plain[at] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "overwrite":
        with_ = data.draw(st.binary(min_size=1, max_size=40))
        plain[at : at + len(with_)] = with_
    elif kind == "cut":
        del plain[at : at + data.draw(st.sampled_from([1, 512, 1024, 10240]))]
    elif kind == "insert":
        plain[at:at] = data.draw(st.sampled_from([b"x", bytes(512), plain[:1024]]))
    else:
        block = at // 512 * 512
        plain[block : block + 512], plain[:512] = plain[:512], plain[block : block + 512]
    try:
        found = read(gzip.compress(bytes(plain), 1))
    except BadBackup:
        return
    # Only bytes that stand for no content (times, owners, padding) may differ.
    assert found.members[1:] == read(whole()).members[1:]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000), st.booleans())
def test_random_bytes_are_refused(data: bytes, compressed: bool) -> None:
    """No input makes the reader fail otherwise than by its own error."""
    with pytest.raises(BadBackup):
        read(gzip.compress(data) if compressed else data)


def test_reading_needs_little_memory(tmp_path: Path) -> None:
    """Members are read in pieces, however large they are."""
    file = tmp_path / "large"
    with file.open("wb") as opened, ArchiveWriter(opened) as archive:
        archive.add_bytes(ABOUT, msgspec.json.encode(about()))
        with Path("/dev/zero").open("rb") as zeros:
            archive.add("gardu.db", zeros, 2**26)
        archive.add_bytes(CONFIG, b"")
    with file.open("rb") as whole_file:
        sizes = {one.name: [len(chunk) for chunk in one.chunks] for one in members(whole_file)}
    assert sum(sizes["gardu.db"]) == 2**26
    assert max(sizes["gardu.db"]) <= 2**18
