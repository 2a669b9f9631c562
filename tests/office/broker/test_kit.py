"""The kit's folder: whole or not at all, one writer, no key overwritten, faults named."""

import datetime as dt
import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.sections.values import Name
from edge.errors import GarduError
from office.broker import files, kit
from office.broker.access import topic_base
from office.broker.examination import problems
from office.broker.expiry import expiring, rows
from office.broker.identity import LONGEST, checkpoint_name, client_name
from office.broker.kit import Wish
from office.broker.state import FILE, read_kit
from tests.certificates import DAY, now

HOST = "broker.example"
LOBI = Wish("kantor.lobi", "checkpoint")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A kit with one checkpoint."""
    made = tmp_path / "kit"
    kit.init(made, [HOST], now())
    kit.add(made, [LOBI], now())
    return made


def content(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below *folder*, by its place."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def found(folder: Path) -> list[str]:
    """Return what is wrong with the kit in *folder*."""
    return list(problems(folder, read_kit(folder)))


class Killed(BaseException):
    """Ends a change at one point, as SIGKILL would."""


def kill_at(point: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Have the change end before its rename number *point*; return how many there have been."""
    seen = 0
    rename = Path.replace

    def replace(path: Path, target: Path) -> Path:
        nonlocal seen
        if seen == point:
            raise Killed
        seen += 1
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    return lambda: seen


CHANGES: dict[str, Callable[[Path], object]] = {
    "add": lambda folder: kit.add(folder, [Wish("kantor.dua", "checkpoint")], now()),
    "renew": lambda folder: kit.renew(folder, ["kantor.lobi"], now()),
    "renew server": lambda folder: kit.renew_server(folder, ["lain.example"], now()),
    "revoke": lambda folder: kit.revoke(folder, ["kantor.lobi"], now()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_killed_counts_wholly_or_not_at_all(
    folder: Path, tmp_path: Path, change: str
) -> None:
    """Killed before each rename, the next command completes it or removes it; nothing is lost."""
    before = content(folder)
    point, ended = 0, False
    while not ended:
        work = tmp_path / f"work-{point}"
        kit.init(work, [HOST], now())  # the folders and their modes
        for name, data in before.items():
            (work / name).write_bytes(data)
        with pytest.MonkeyPatch.context() as patch:
            kill_at(point, patch)
            try:
                CHANGES[change](work)
                ended = True
            except Killed:
                assert read_kit(work)  # never half
        kit.rewrite(work)
        state = read_kit(work)
        assert found(work) == []
        after = content(work)
        assert not [name for name in after if name.endswith(".part")]
        bundles = {f"bundles/{one.bundle}" for one in state.clients}
        assert bundles == {name for name in after if name.startswith("bundles/")}
        assert all(after[name] == data for name, data in before.items() if "bundles" in name)
        assert after["ca.key"] == before["ca.key"]
        point += 1
    assert point > 5


def test_an_init_that_is_killed_leaves_no_kit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the last rename there is none; the next init removes what was left."""
    point, whole = 0, False
    while not whole:
        with pytest.MonkeyPatch.context() as patch:
            kill_at(point, patch)
            try:
                kit.init(tmp_path / "kit", [HOST], now())
                whole = True
            except Killed:
                assert not (tmp_path / "kit").exists()
        point += 1
    assert [one.name for one in tmp_path.iterdir()] == ["kit"]
    assert found(tmp_path / "kit") == []


def test_a_kit_is_not_overwritten(folder: Path) -> None:
    """Without --force it stays; with it, all of it lies beside the new one."""
    before = content(folder)
    with pytest.raises(GarduError, match="holds the key of an authority"):
        kit.init(folder, [HOST], now())
    assert content(folder) == before
    (told,) = kit.init(folder, [HOST], now(), force=True)
    aside = Path(told.rpartition(" ")[2])
    assert content(aside) == before
    assert content(folder)["ca.key"] != before["ca.key"]


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, force: bool) -> None:
    """Not even --force puts a folder aside that is no kit."""
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit/letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(GarduError, match="is no broker kit"):
        kit.init(tmp_path / "kit", [HOST], now(), force=force)
    assert content(tmp_path) == {"kit/letter.txt": b"x"}


def test_an_empty_folder_becomes_the_kit(tmp_path: Path) -> None:
    """A folder that was made for it, with its owner, is no obstacle."""
    (tmp_path / "kit").mkdir()
    kit.init(tmp_path / "kit", [HOST], now())
    assert found(tmp_path / "kit") == []


def test_secrets_are_for_the_owner_alone(folder: Path) -> None:
    """The authority's key, the state and the bundles; the broker's own key is the broker's too."""
    secret = [folder / "ca.key", folder / FILE, *(folder / "bundles").iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}
    assert stat.S_IMODE((folder / "mosquitto/server.pem").stat().st_mode) == 0o640
    (folder / "ca.key").chmod(0o644)
    assert [one for one in found(folder) if "other users may read" in one]


def test_two_writers(folder: Path) -> None:
    """A second one is refused at once, and changes nothing."""
    before = content(folder)
    with files.locked(folder), pytest.raises(GarduError, match="another gardu office broker"):
        kit.add(folder, [Wish("kantor.dua", "checkpoint")], now())
    assert content(folder) == before
    kit.add(folder, [Wish("kantor.dua", "checkpoint")], now())


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ([LOBI], "has a certificate: renew or revoke it"),
        ([Wish("meja", "desk", ("kantor.loby",))], "did you mean kantor.lobi"),
        ([Wish("dua.lobi", "checkpoint"), LOBI], "kantor.lobi has a certificate"),
    ],
)
def test_what_cannot_be_added(folder: Path, wishes: list[Wish], words: str) -> None:
    """All of the names are added, or none."""
    before = content(folder)
    with pytest.raises(GarduError, match=words):
        kit.add(folder, wishes, now())
    assert content(folder) == before


def spoil(file: str, data: bytes | None) -> Callable[[Path], None]:
    """Return a function that puts *data* into *file* of a kit; None: that removes it."""

    def spoilt(folder: Path) -> None:
        place = folder / file
        place.unlink() if data is None else place.write_bytes(data)

    return spoilt


BAD_STATES = {
    "state missing": (spoil(FILE, None), "holds no broker kit"),
    "state empty": (spoil(FILE, b""), "is damaged"),
    "state cut": (spoil(FILE, b'{"format": 1, "names": ["bro'), "is damaged"),
    "state is no text": (spoil(FILE, b"\xff\x00"), "is damaged"),
    "unknown key": (spoil(FILE, b'{"format":1,"colour":"red"}'), "is damaged"),
    "newer": (spoil(FILE, b'{"format": 3, "colour": "red"}'), "use a newer one"),
    "key missing": (spoil("ca.key", None), "ca.key: no such file"),
    "key cut": (spoil("ca.key", b"-----BEGIN PRIVATE KEY-----\nMIG"), "is damaged"),
    "authority missing": (spoil("ca.pem", None), "ca.pem: no such file"),
    "authority empty": (spoil("ca.pem", b""), "is damaged"),
}


@pytest.mark.parametrize("bad", BAD_STATES)
def test_a_damaged_kit_is_named_and_not_changed(folder: Path, bad: str) -> None:
    """Which file, and what to do; no command makes it worse."""
    spoilt, words = BAD_STATES[bad]
    spoilt(folder)
    before = content(folder)
    for change in (*CHANGES.values(), kit.rewrite):
        with pytest.raises(GarduError, match=words):
            change(folder)
    assert content(folder) == before


def test_the_key_of_another_authority(folder: Path, tmp_path: Path) -> None:
    """Files of two kits that were mixed sign nothing."""
    kit.init(tmp_path / "other", [HOST], now())
    (folder / "ca.key").write_bytes((tmp_path / "other/ca.key").read_bytes())
    with pytest.raises(GarduError, match="is not the key of"):
        kit.add(folder, [Wish("kantor.dua", "checkpoint")], now())
    assert [one for one in found(folder) if "is not the key of" in one]


def test_no_kit(tmp_path: Path) -> None:
    """What to do first."""
    with pytest.raises(GarduError, match="make one with gardu office broker init"):
        kit.rewrite(tmp_path / "none")


@pytest.mark.parametrize("file", ["acl", "conf.d/gardu.conf", "revoked.crl", "ca.pem"])
def test_a_file_of_the_broker_that_was_changed(folder: Path, file: str) -> None:
    """It is named, and written again; own.acl is the place for an office's own lines."""
    place = folder / "mosquitto" / file
    original = place.read_bytes()
    place.unlink()
    assert any("is missing" in one and file in one for one in found(folder))
    if file != "revoked.crl":  # a list is signed: mosquitto would not start with a false one
        place.write_bytes(original + b"\n# by hand\n")
        assert any("changed by hand" in one and file in one for one in found(folder))
    kit.rewrite(folder)
    assert found(folder) == []


def test_lines_of_the_offices_own(folder: Path) -> None:
    """They survive every change of the kit."""
    lines = "user jembatan\ntopic read gardu/v1/#\n"
    (folder / "own.acl").write_text(lines, encoding="utf-8")
    assert any("acl was changed" in one for one in found(folder))
    kit.add(folder, [Wish("kantor.tiga", "checkpoint")], now())
    assert (folder / "mosquitto/acl").read_text(encoding="utf-8").endswith(lines)
    (folder / "own.acl").write_bytes(b"\xff")
    before = content(folder)
    for change in (kit.rewrite, *CHANGES.values()):
        with pytest.raises(GarduError, match=r"own\.acl cannot be read"):
            change(folder)
        kept = content(folder)
        assert {name: kept[name] for name in before} == before


def test_a_kit_that_was_moved(folder: Path) -> None:
    """Its settings name the old place: `list` says so, and the next change names the new one."""
    moved = folder.rename(folder.with_name("moved"))
    assert any("gardu.conf was changed" in one for one in found(moved))
    kit.rewrite(moved)
    assert found(moved) == []
    settings = (moved / "mosquitto/conf.d/gardu.conf").read_text(encoding="utf-8")
    assert f"acl_file {moved}/mosquitto/acl" in settings


def test_a_state_put_back_from_a_backup(folder: Path) -> None:
    """A bundle that it does not know is named: its certificate cannot be revoked."""
    old = (folder / FILE).read_bytes()
    kit.renew(folder, ["kantor.lobi"], now())
    (folder / FILE).write_bytes(old)
    assert any("kantor.lobi-2.tar.gz is of no certificate" in one for one in found(folder))
    with pytest.raises(GarduError, match="put back from a backup"):
        kit.renew(folder, ["kantor.lobi"], now())


def test_expiry(folder: Path) -> None:
    """Thirty days before its end a certificate is an alarm; its renewal ends it."""
    later = now() + 1070 * DAY
    assert expiring(folder, now()) == []
    assert {one.name: one.status for one in expiring(folder, later)} == {
        "server": "expires soon",
        "kantor.lobi": "expires soon",
    }
    assert expiring(folder, later, dt.timedelta(days=5)) == []
    kit.renew(folder, ["kantor.lobi"], later)
    kit.renew_server(folder, [], later)
    assert expiring(folder, later) == []
    kept = {one.name: one for one in rows(read_kit(folder), later)}
    assert (kept["kantor.lobi"].number, kept["kantor.lobi"].older) == (2, 1)
    kit.revoke(folder, ["kantor.lobi"], later)
    kept = {one.name: one for one in rows(read_kit(folder), later)}
    assert (kept["kantor.lobi"].status, kept["kantor.lobi"].older) == ("revoked", 0)
    assert [one.status for one in expiring(folder, later + 8000 * DAY)] == ["expired"] * 2


WORDS = st.text("abcxyz019", min_size=1, max_size=40)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map("-".join).filter(lambda name: len(name) <= 64)


@given(site=NAMES, checkpoint=NAMES)
def test_identities_name_one_checkpoint(site: str, checkpoint: str) -> None:
    """From the identity follow site and checkpoint again, and from these their topics."""
    if len(site) + len(checkpoint) >= LONGEST:
        with pytest.raises(GarduError, match="too long"):
            checkpoint_name(f"{site}/{checkpoint}")
        return
    found = checkpoint_name(f"{site}/{checkpoint}")
    assert found == (site, checkpoint) == checkpoint_name(found.identity)
    assert topic_base(found.identity) == f"gardu/v1/{site}/{checkpoint}"
    with pytest.raises(GarduError):
        client_name(found.identity)


@given(st.text(max_size=80))
def test_only_names_of_the_config_become_identities(text: str) -> None:
    """No blank, line break, wildcard or slash gets into the access list."""
    try:
        site, checkpoint = checkpoint_name(text)
    except GarduError:
        return
    for part in (site, checkpoint):
        msgspec.convert(part, Name)


@given(st.text(max_size=80).map(lambda text: f"meja{text}"))
def test_only_such_names_become_desks(text: str) -> None:
    """The name of a desk is one level of its reply topic, and no checkpoint's."""
    try:
        name = client_name(text)
    except GarduError:
        return
    assert msgspec.convert(name, Name) == name
    assert "." not in name


@pytest.mark.parametrize(
    "name", ["", "a b", "broker.example:8883", "x" * 64, "ü.example", "a..b", "mqtts://x", "a\nb"]
)
def test_names_of_the_broker(tmp_path: Path, name: str) -> None:
    """What no certificate can have is refused before anything is made."""
    with pytest.raises(GarduError, match="no name of a broker"):
        kit.init(tmp_path / "kit", [HOST, name], now())
    assert list(tmp_path.iterdir()) == []


def test_root_gives_the_broker_its_files_alone(folder: Path) -> None:
    """Debian's mosquitto reads its files again as its own user: its group may, others may not."""
    if os.geteuid():
        pytest.skip("needs root")
    for file in (folder / "mosquitto").rglob("*"):
        assert not stat.S_IMODE(file.stat().st_mode) & 0o007, file
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
