"""Damaged databases: flipped bits, garbage and truncation are noticed and give no wrong data."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.errors import StoreDamaged, StoreError
from edge.store.disk_space import Space
from edge.store.outbox import StillRow
from edge.store.store import FILE, Store
from tests.longer import either, longer
from tests.store_child import opened

SOURCE = "/gardu/site/checkpoint"
DECISIONS = 24
SEED = 2017
ROUNDS = either(12, 2000)

Damage = Callable[[bytearray, random.Random], int]


def open_store(folder: Path) -> Store:
    """Open the store in *folder* as the daemon does."""
    return Store(folder, SOURCE, Clock(), space=Space(folder, reserve=0))


def make_store(folder: Path, *, killed: bool) -> None:
    """Make a database with rows in every table, as left by a *killed* process or by a stop."""
    alive = folder.with_name(folder.name + "-alive")
    with closing(open_store(alive)) as store:
        store.remember_procedure("pimpinan@1", "text " * 100)
        for number in range(1, DECISIONS + 1):
            decide(store, number)
        if killed:
            shutil.copytree(alive, folder)
    if not killed:
        shutil.copytree(alive, folder)
    shutil.rmtree(alive)


def decide(store: Store, number: int) -> None:
    """Commit one decision; some of its records and stills are delivered or parked."""
    visit = {"number": number, "procedure": "pimpinan", "version": "1", "text": "x" * 900}
    store.commit(
        checkpoint={"number": number},
        visits={number: visit, number - 3: None},
        records=[opened(number), opened(number)],
        stills=[StillRow(f"s{number}", "desk", f"stills/{number}.jpg", "0" * 64, 1)],
    )
    if number <= DECISIONS - 10:
        store.acknowledge([2 * number - 1, 2 * number])
        store.acknowledge_still(f"s{number}")
    elif number % 4 == 0:
        store.park(2 * number, "refused")


def contents(store: Store) -> dict[str, Any]:
    """Return all data of the store, by kind."""
    return {
        "load": store.load(),
        "ledger": store.ledger(),
        "waiting": store.waiting(0, 1000),
        "parked": store.parked(),
        "acknowledged": store.recently_acknowledged(10**6),
        "outbox": list(store.documents.bodies("outbox", 1, 1000)),
        "stills": store.waiting_stills(1000),
        "procedures": store.procedures_in_use(),
    }


def contents_of(folder: Path) -> dict[str, Any]:
    """Return all data of the database in *folder*, read from a copy."""
    copy = folder.with_name(folder.name + "-copy")
    shutil.copytree(folder, copy)
    try:
        with closing(open_store(copy)) as store:
            return contents(store)
    finally:
        shutil.rmtree(copy)


def flip_bit(raw: bytearray, dice: random.Random) -> int:
    """Flip one bit."""
    place = dice.randrange(len(raw))
    raw[place] ^= 1 << dice.randrange(8)
    return place


def flip_bit_of_structure(raw: bytearray, dice: random.Random) -> int:
    """Flip one bit of SQLite's own structure: in the first 48 bytes of a page."""
    place = dice.randrange(len(raw) // 4096) * 4096 + dice.randrange(48)
    raw[place] ^= 1 << dice.randrange(8)
    return place


def garbage(raw: bytearray, dice: random.Random) -> int:
    """Overwrite a sector with random bytes."""
    place = dice.randrange(len(raw) // 512) * 512
    raw[place : place + 512] = dice.randbytes(512)
    return place


def zeros(raw: bytearray, dice: random.Random) -> int:
    """Overwrite a page with zeros."""
    place = dice.randrange(len(raw) // 4096) * 4096
    raw[place : place + 4096] = bytes(4096)
    return place


def cut_off(raw: bytearray, dice: random.Random) -> int:
    """Cut off the end, from a random byte on."""
    place = dice.randrange(len(raw))
    del raw[place:]
    return place


DAMAGES: dict[str, Damage] = {
    "bit": flip_bit,
    "bit of structure": flip_bit_of_structure,
    "garbage": garbage,
    "zeros": zeros,
    "cut off": cut_off,
}


def outcome(folder: Path, whole: dict[str, Any]) -> str:
    """Open the store in *folder* and read everything; return how the damage showed."""
    with closing(open_store(folder)) as store:
        if store.quarantined:
            return "noticed at the start"
        try:
            said = contents(store)
            if said == whole:
                decide(store, DECISIONS + 1)
                return "harmless"
            wrong = [what for what in whole if said[what] != whole[what]]
            store.examine()
        except StoreDamaged:
            pass
        else:
            return f"silent: {wrong}"
    with closing(open_store(folder)) as again:
        assert again.quarantined, "damage that was noticed must be set aside at the next start"
    return "noticed where it was read"


def written(file: Path) -> bytearray:
    """Return the content of *file*; of a log without the part that was only written in advance."""
    raw = file.read_bytes()
    if file.name.endswith("-wal"):
        head, frame = 32, 24 + 512
        frames = -(-(len(raw.rstrip(b"\0")) - head) // frame)
        raw = raw[: head + frames * frame]
    return bytearray(raw)


@pytest.fixture(scope="module", params=["killed", "stopped"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound database; its last decisions are in the log (killed) or in the file (stopped)."""
    folder = tmp_path_factory.mktemp("sound") / str(request.param)
    make_store(folder, killed=request.param == "killed")
    return folder


@longer
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_never_silent(sound: Path, tmp_path: Path, damage: str) -> None:
    """Noticed at the start, when it is read, or by examination; otherwise harmless."""
    whole = contents_of(sound)
    dice = random.Random(SEED)
    file = FILE + ("-wal" if sound.name == "killed" else "")
    seen = set()
    for number in range(ROUNDS):
        folder = tmp_path / "damaged"
        shutil.copytree(sound, folder)
        raw = written(folder / file)
        place = DAMAGES[damage](raw, dice)
        (folder / file).write_bytes(raw)
        found = outcome(folder, whole)
        assert not found.startswith("silent"), f"round {number}, byte {place}: {found}"
        seen.add(found)
        shutil.rmtree(folder)
    assert seen - {"harmless"}


@longer
@pytest.mark.parametrize("damage", ["bit", "garbage", "zeros"])
def test_damage_in_the_log_alone(tmp_path: Path, damage: str) -> None:
    """Damage before the log's last transaction is noticed without the shared memory too.

    Damage of the last transaction looks like a power cut: only the last decision may be missing.
    """
    make_store(tmp_path / "sound", killed=True)
    (tmp_path / "sound" / f"{FILE}-shm").unlink()
    dice = random.Random(SEED)
    noticed = 0
    for _ in range(ROUNDS):
        folder = tmp_path / "damaged"
        shutil.copytree(tmp_path / "sound", folder)
        raw = written(folder / f"{FILE}-wal")
        DAMAGES[damage](raw, dice)
        (folder / f"{FILE}-wal").write_bytes(raw)
        with closing(open_store(folder)) as store:
            noticed += store.quarantined is not None
            if not store.quarantined:
                assert store.load()[0] in ({"number": DECISIONS}, {"number": DECISIONS - 1})
        shutil.rmtree(folder)
    assert noticed > ROUNDS * 0.9


def test_a_newer_format_is_refused_untouched(tmp_path: Path) -> None:
    """A database of a later Gardu is neither changed nor set aside, also with unknown tables."""
    with closing(open_store(tmp_path)) as store:
        decide(store, 1)
        store.documents.table("database").put(1, {"format": 99, "stream": "x"})
    with closing(sqlite3.connect(tmp_path / FILE)) as later:
        later.execute("CREATE TABLE novelty (a, b, c)")
    before = (tmp_path / FILE).read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"format 99.*install the version"):
            open_store(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [FILE, "gardu.lock"]
