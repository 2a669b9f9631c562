"""The guest book with an office key: nothing is in clear, and everything still works."""

import asyncio
import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.errors import GarduError
from edge.guestbook.book import FILE, FORMATS, UNSEALED, BookUnusable, GuestBook
from edge.guestbook.entry import Details
from edge.guestbook.expected import ExpectedGuest
from edge.guestbook.guest_list import open_all, read, read_stored
from edge.guestbook.invitations import Guest
from edge.sealing.boxes import PrivateKeys, public_of
from edge.store.formats import Formats, read_identity
from edge.store.quarantine import open_sound
from tests.guestbook.test_book import AT, DAY_MS, fill
from tests.guests import NAME, NOW_MS, SECRETS, VISITS, Office, entry, register
from tests.mqtt.test_request_handler import ask
from tests.sealing.card import found_on
from tests.sealing.keys import KEY, KEYS, OTHER, SECRET, sealing

PLATE = "BH 4711 ZQX"
TEXTS = (*SECRETS, PLATE)


def expected(name: str = NAME) -> ExpectedGuest:
    """Return an expected guest."""
    return ExpectedGuest(
        id="i1", procedure="pimpinan", from_ms=NOW_MS, until_ms=NOW_MS + DAY_MS,
        entered_ms=NOW_MS, guest=Guest(name, SECRETS[1], SECRETS[2]),
    )  # fmt: skip


def filled(book: GuestBook) -> None:
    """Enter three guests with a number plate, and an expected one."""
    fill(book, 3)
    book.put_values("visit-0", "pimpinan", AT, {"plate": PLATE}, "values")
    book.put_values("visit-9", "pimpinan", AT, {"plate": PLATE})
    book.expect(expected())


def test_no_byte_is_in_clear(tmp_path: Path) -> None:
    """Neither the file nor its log has a text; the same without a key has them all."""
    for name, keys in (("sealed", sealing()), ("plain", None)):
        folder = tmp_path / name
        folder.mkdir()
        book = GuestBook(folder, keys)
        filled(book)
        assert {path.name for path in folder.iterdir()} >= {FILE, f"{FILE}-wal"}
        thief = found_on(folder, TEXTS)
        assert {text for text in TEXTS if any(text in one for one in thief)} == (
            set() if keys else set(TEXTS)
        )
        book.close()


def test_the_office_opens_everything(tmp_path: Path) -> None:
    """Details and values are back as they were entered; another key opens nothing."""
    book = GuestBook(tmp_path, sealing())
    filled(book)
    book.close()
    opened = {one.visit: one for one in read(tmp_path, keys=KEYS)}
    assert opened["visit-1"] == entry("visit-1", NOW_MS + 1000, f"{NAME} 1")
    assert opened["visit-0"].values == opened["visit-9"].values == {"plate": PLATE}
    assert opened["visit-9"].details == Details(name="")
    with pytest.raises(GarduError, match=f"4 of 4 entries are sealed to the office's key {KEY.id}"):
        read(tmp_path)
    found = open_all(read_stored(tmp_path / FILE), PrivateKeys([OTHER]))
    assert found.entries == []
    assert len(found.problems) == 4
    assert all("visit visit-" in one and KEY.id in one for one in found.problems)


def test_an_open_visit_is_read_back_until_it_ends(tmp_path: Path) -> None:
    """Also after a restart; then no more, with any key of this machine."""
    book = GuestBook(tmp_path, sealing())
    filled(book)
    book.close()
    book = GuestBook(tmp_path, sealing())
    again = book.entry("visit-1")
    assert again is not None
    assert again.details == entry("x", name=f"{NAME} 1").details
    book.keep_readable({"visit-1"})
    assert [one.details.name for one in map(book.entry, ("visit-0", "visit-1")) if one] == [
        "", f"{NAME} 1",
    ]  # fmt: skip
    book.close()
    assert len(read(tmp_path, keys=KEYS)) == 4, "the office's boxes stay"


def test_a_lost_local_key_loses_no_data(tmp_path: Path) -> None:
    """After a power cut the names are at the office only; corrections and values still work."""
    book = GuestBook(tmp_path, sealing())
    filled(book)
    book.close()
    book = GuestBook(tmp_path, sealing(b"\x02" * 32))
    found, stored = book.entry("visit-0"), book.stored("visit-0")
    assert found is not None
    assert stored is not None
    assert (found.details.name, stored.named, stored.value_ids) == ("", True, ["plate"])
    assert [one.guest.name for one in book.expected()] == [""]
    book.put(entry("visit-0", name="Corrected"), "again")
    book.put_values("visit-0", "pimpinan", AT, {"temperature": 36.6})
    corrected = book.entry("visit-0")
    assert corrected is not None
    assert corrected.details.name == "Corrected"
    book.close()
    opened = next(one for one in read(tmp_path, keys=KEYS) if one.visit == "visit-0")
    assert opened.details.name == "Corrected"
    assert opened.values == {"plate": PLATE, "temperature": 36.6}


def test_what_was_there_before_the_key_is_sealed(tmp_path: Path) -> None:
    """Rows, the bytes behind them, and copies set aside; a second opening is idle."""
    book = GuestBook(tmp_path)
    filled(book)
    book.close()
    aside = tmp_path / f"{FILE}.damaged-20261122T031507Z"
    shutil.copy(tmp_path / FILE, aside)
    assert found_on(tmp_path, TEXTS)
    book = GuestBook(tmp_path, sealing())
    assert book.stored("visit-0") is not None
    assert not found_on(tmp_path, TEXTS)
    assert [one.guest.name for one in book.expected()] == [NAME]
    assert book.quarantined == aside
    book.close()
    assert {one.visit for one in read(tmp_path, keys=KEYS)} == {
        "visit-0", "visit-1", "visit-2", "visit-9",
    }  # fmt: skip
    assert KEYS.open(aside.read_bytes()).startswith(b"SQLite format 3")
    before = (tmp_path / FILE).read_bytes(), aside.read_bytes()
    book = GuestBook(tmp_path, sealing())
    assert book.stored("visit-0") is not None
    book.close()
    assert before == ((tmp_path / FILE).read_bytes(), aside.read_bytes())


def test_old_bytes_go_later_while_another_program_reads(tmp_path: Path) -> None:
    """An export that runs meanwhile delays the scrubbing to the next purge; nothing fails."""
    book = GuestBook(tmp_path)
    fill(book, 3)
    book.close()
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM entries").fetchone() == (3,)
        book = GuestBook(tmp_path, sealing())
        stored = book.stored("visit-0")
        assert stored is not None
        assert not stored.plain
        assert found_on(tmp_path, [NAME]), "the old pages are in the file or its log"
        reader.execute("COMMIT")
    book.purge(0, AT, "retention")
    assert not found_on(tmp_path, [NAME])
    book.close()


def test_without_the_key_new_entries_are_plain_and_old_ones_stay(tmp_path: Path) -> None:
    """The section was taken out of the config: sealed values of a visit are not lost."""
    book = GuestBook(tmp_path, sealing())
    filled(book)
    book.close()
    book = GuestBook(tmp_path)
    book.put(entry("visit-0", name="Plain"))
    book.put_values("visit-0", "pimpinan", AT, {"temperature": 36.6})
    plain = book.entry("visit-0")
    assert plain is not None
    assert plain.details.name == "Plain"
    book.close()
    opened = {one.visit: one for one in read(tmp_path, keys=KEYS)}
    assert opened["visit-0"].values == {"plate": PLATE, "temperature": 36.6}
    assert opened["visit-1"].details.name == f"{NAME} 1"


def test_a_new_key_is_for_new_entries(tmp_path: Path) -> None:
    """After the office has changed its key, each entry needs the key of its time."""
    book = GuestBook(tmp_path, sealing())
    book.put(entry("old"))
    book.close()
    book = GuestBook(tmp_path, sealing(key=public_of(OTHER)))
    book.put(entry("new"))
    book.close()
    stored = read_stored(tmp_path / FILE)
    both = ([SECRET, OTHER], {"old", "new"})
    for keys, visits in (([SECRET], {"old"}), ([OTHER], {"new"}), both):
        found = open_all(stored, PrivateKeys(keys))
        assert {one.visit for one in found.entries} == visits
        assert len(found.problems) == 2 - len(visits)


def test_a_changed_row_is_named_and_the_others_are_opened(tmp_path: Path) -> None:
    """A box of another visit, and one with a changed bit, are refused by entry and part."""
    book = GuestBook(tmp_path, sealing())
    fill(book, 3)
    book.close()
    stored = read_stored(tmp_path / FILE)
    box = stored[0].sealed
    assert box is not None
    moved = msgspec.structs.replace(stored[1], sealed=box)
    flipped = msgspec.structs.replace(stored[2], sealed=box[:-1] + bytes([box[-1] ^ 1]))
    found = open_all([stored[0], moved, flipped], KEYS)
    assert [one.visit for one in found.entries] == ["visit-0"]
    assert found.problems == [
        "visit visit-1: details: the box is of another visit",
        "visit visit-2: details: the box is damaged: it is cut short, or a bit of it was changed",
    ]


def test_the_length_of_a_box_does_not_tell_names_apart(tmp_path: Path) -> None:
    """A short and a long name are stored in the same number of bytes."""
    book = GuestBook(tmp_path, sealing())
    for number, name in enumerate(("Ita", "Raden Mas Tumenggung Suryodiningrat Wijayakusuma")):
        book.put(entry(f"v{number}", name=name))
    book.close()
    assert len({len(one.sealed or b"") for one in read_stored(tmp_path / FILE)}) == 1


def test_purge_and_retention_remove_sealed_entries(tmp_path: Path) -> None:
    """Boxes and wraps go; the note counts them."""
    book = GuestBook(tmp_path, sealing())
    filled(book)
    boxes = [box for one in read_stored(tmp_path / FILE) for box in one.boxes]
    assert book.purge(NOW_MS + 2 * DAY_MS, AT, "request") == 4
    ((_, purge),) = book.purges()
    assert purge.count == 4
    book.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [box for box in boxes if b64encode(box[30:90]) in content]
    assert b"wrap" not in content
    assert b"visit-0" not in content


def test_an_older_version_refuses_a_sealed_book_and_reads_one_without(tmp_path: Path) -> None:
    """The number of the format rises with the first sealed text, and not before."""
    old = Formats(UNSEALED)
    book = GuestBook(tmp_path)
    book.put(entry("a"))
    book.close()
    open_sound(tmp_path / FILE, old, lambda *_: None, secret=True).close()
    book = GuestBook(tmp_path, sealing())
    book.put(entry("b"))
    book.close()
    found = read_identity(tmp_path / FILE)
    assert found is not None
    assert found.format == FORMATS.number
    with pytest.raises(GarduError, match="format 2"):
        open_sound(tmp_path / FILE, old, lambda *_: None, secret=True)
    assert not list(tmp_path.glob("*.damaged*"))


def test_a_damaged_sealed_book_is_set_aside(tmp_path: Path) -> None:
    """The copy has no text in clear, and the new book goes on sealed."""
    book = GuestBook(tmp_path, sealing())
    fill(book, 20)
    book.close()
    path = tmp_path / FILE
    path.write_bytes(b"\xaa" * 100 + path.read_bytes()[100:])
    book.put(entry("visit-0"))
    assert book.quarantined is not None
    assert not found_on(tmp_path, TEXTS)
    book.close()
    assert [one.visit for one in read(tmp_path, keys=KEYS)] == ["visit-0"]


def test_requests_are_answered_as_without_a_key(tmp_path: Path) -> None:
    """Details once, a correction, the same request again, also when the local key is lost."""
    office = Office(tmp_path)

    def restart(local: bytes) -> None:
        office.book.close()
        office.book = GuestBook(tmp_path, sealing(local))
        office.desk = office.desk_for(office._post)

    async def scenario() -> None:
        asked = register(visit=VISITS[0])
        assert (await ask(office, asked)).ok
        assert (await ask(office, register(visit=VISITS[0]))).word == "has details"
        assert (await ask(office, register(visit=VISITS[0], replace=True))).ok
        restart(b"\x03" * 32)
        assert (await ask(office, asked)).visit == VISITS[0], "known across a restart"
        assert (await ask(office, register(visit=VISITS[0]))).word == "has details"
        assert (await ask(office, register(visit=VISITS[0], replace=True))).ok

    restart(bytes(32))
    asyncio.run(scenario())
    office.close()
    assert not found_on(tmp_path, SECRETS)


def test_a_book_that_is_held_is_sealed_at_the_next_use(tmp_path: Path) -> None:
    """Another program's transaction at the first start with a key: refused once, then sealed."""
    book = GuestBook(tmp_path)
    fill(book, 1)
    book.close()
    book = GuestBook(tmp_path, sealing())
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BookUnusable):
            book.keep_readable(())
        other.execute("COMMIT")
    book.keep_readable(())
    book.close()
    assert not found_on(tmp_path, [NAME])
