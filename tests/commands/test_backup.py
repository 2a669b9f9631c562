"""`gardu backup` and `gardu restore` as a technician uses them: places, refusals, words, modes."""

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.commands import backup as backup_module
from edge.guestbook.book import GuestBook
from edge.store.backup.make import Backup
from edge.store.backup.target import Mount, mount_of, room_problem, same_disk
from edge.store.store import FILE, Store
from sim.stage.process import gardu
from tests.command_line import invoke
from tests.guests import VISITS, entry
from tests.longer import slow
from tests.offices import PASSWORD, SOURCE, Populated

pytestmark = slow

UNPRIVILEGED = 65534


@pytest.fixture
def office(tmp_path: Path) -> Populated:
    """A populated office."""
    return Populated(tmp_path / "office")


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """A mounted stick."""
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.fixture
def file(office: Populated, usb: Path) -> Path:
    """A backup of the office with its secrets."""
    made = usb / "b.tar.gz"
    assert invoke(["backup", str(made), "--with-secrets", *config(office)]).exit_code == 0
    return made


def config(office: Populated) -> list[str]:
    """Return the option for the config of *office*."""
    return ["--config", str(office.config)]


def moved(office: Populated, folder: Path) -> Path:
    """Remove the office's config and data, as on a new card; return the config's place there."""
    shutil.rmtree(office.data)
    shutil.rmtree(office.config.parent)
    folder.mkdir()
    return folder / "gardu.toml"


def test_a_folder_gets_a_named_file(office: Populated, usb: Path) -> None:
    """The name says site, checkpoint and time; what is in it, and what is not, is printed."""
    done = invoke(["backup", str(usb), *config(office)])
    assert done.exit_code == 0, done.output
    (made,) = usb.iterdir()
    assert re.fullmatch(r"gardu-setda-tanjabbar-lobi-utama-\d{8}-\d{6}\.tar\.gz", made.name)
    assert made.stat().st_mode & 0o777 == 0o600
    for words in ("records up to 30", "open visits: 1", "personal data", "broker.password"):
        assert words in done.stdout
    assert "is on the disk that the data is on" in done.stderr


def test_an_existing_file_is_replaced_on_request_only(office: Populated, usb: Path) -> None:
    """Without --force the old file stays as it is."""
    old = usb / "b.tar.gz"
    old.write_bytes(b"old")
    refused = invoke(["backup", str(old), *config(office)])
    assert (refused.exit_code, old.read_bytes()) == (2, b"old")
    assert "--force" in refused.stderr
    assert invoke(["backup", str(old), "--force", *config(office)]).exit_code == 0
    assert invoke(["restore", "--check", str(old)]).exit_code == 0


def test_places_that_cannot_be_used_are_refused_with_figures(
    office: Populated, usb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder, no data, no room, a FAT file system with too little: each in words, at once."""
    done = invoke(["backup", str(usb / "not" / "b"), *config(office)])
    assert (done.exit_code, "is the stick mounted?" in done.stderr) == (2, True)
    monkeypatch.setattr(Backup, "size", property(lambda _: 2**60))
    done = invoke(["backup", str(usb), *config(office)])
    assert done.exit_code == 1
    assert re.search(r"has \d+ MiB free; the backup may need 1099511627776 MiB", done.stderr)
    assert not list(usb.iterdir())
    (office.data / FILE).unlink()
    done = invoke(["backup", str(usb), *config(office)])
    assert (done.exit_code, "nothing was ever recorded" in done.stderr) == (1, True)


def test_fat_holds_no_file_of_four_gib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the file system is named before the work begins."""
    monkeypatch.setattr("edge.store.backup.target.mount_of", lambda _: Mount("/", "vfat"))
    assert room_problem(tmp_path, 2**20, 0) == ""
    assert "files have at most 4096 MiB; this one may have 5120" in room_problem(
        tmp_path, 5 * 2**30, 0
    )


def test_the_mount_of_a_folder(tmp_path: Path) -> None:
    """The deepest mount point counts, also one with a blank in its name."""
    mounts = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 8:2 / {tmp_path.parent} rw - vfat /dev/sdb1 rw\n"
        f"3 1 8:3 / {tmp_path}/USB\\040STICK rw - exfat /dev/sdc1 rw\n"
    )
    stick = tmp_path / "USB STICK"
    stick.mkdir()
    kinds = [mount_of(folder, mounts).kind for folder in (Path("/etc"), tmp_path, stick)]
    assert kinds == ["ext4", "vfat", "exfat"]
    assert not mount_of(stick, mounts).has_owners
    assert same_disk(tmp_path, stick)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root that may mount")
def test_a_read_only_place_is_refused(office: Populated, usb: Path) -> None:
    """A stick whose switch is on *lock*: refused in words."""
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "gardu-test", str(usb)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root that may mount a tmpfs")
    try:
        done = invoke(["backup", str(usb), *config(office)])
    finally:
        subprocess.run(["umount", "-l", str(usb)], check=True)
    assert done.exit_code == 1
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_half_file(
    office: Populated, usb: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Ctrl-C, SIGTERM and a lost terminal end it with 130, and the stick is as before."""

    class Interrupted(Backup):
        def _count(self, size: int) -> None:
            os.kill(os.getpid(), number)
            while not self._stopped:
                pass
            super()._count(size)

    monkeypatch.setattr(backup_module, "Backup", Interrupted)
    done = invoke(["backup", str(usb), *config(office)])
    assert done.exit_code == 130
    assert "stopped" in done.stderr
    assert not list(usb.iterdir())


def test_a_new_card(office: Populated, file: Path, tmp_path: Path) -> None:
    """On a machine without config and data one command brings all back, and says what to do."""
    place = moved(office, tmp_path / "new")
    done = invoke(["restore", str(file), "--config", str(place)])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in place.parent.iterdir()) == [
        "broker.password", "camera.password", "gardu.toml", "sop",
    ]  # fmt: skip
    password = place.parent / "broker.password"
    assert password.read_text(encoding="utf-8") == f"{PASSWORD}\n"
    assert password.stat().st_mode & 0o777 == 0o600
    for words in ("new stream", "record 31 on", "look into every locker", "lockers in use: 3"):
        assert words in done.stdout
    with closing(Store(office.data, SOURCE, Clock())) as store:
        assert store.restored is not None
    assert invoke(["verify", "--config", str(place)]).exit_code == 0


CHOSEN = ["eselon-2-3.toml", "eselon-4-asn.toml", "pimpinan.toml"]


def test_each_procedure_comes_back_with_its_law(
    office: Populated, file: Path, tmp_path: Path
) -> None:
    """The legal text is the office's own work, as the procedure is."""
    law = (office.config.parent / "sop" / "legal" / "pimpinan.toml").read_bytes()
    place = moved(office, tmp_path / "new")
    assert invoke(["restore", str(file), "--config", str(place)]).exit_code == 0
    sop = place.parent / "sop"
    assert sorted(path.name for path in sop.glob("*.toml")) == CHOSEN
    assert sorted(path.name for path in (sop / "legal").iterdir()) == CHOSEN
    assert (sop / "legal" / "pimpinan.toml").read_bytes() == law


def test_files_of_one_name_from_elsewhere_stay_apart(
    office: Populated, usb: Path, tmp_path: Path
) -> None:
    """Procedure and law have the same name: neither replaces the other in from-backup."""
    elsewhere = tmp_path / "srv"
    (office.config.parent / "sop").rename(elsewhere)
    text = office.config.read_text(encoding="utf-8").replace(
        '# sop = "sop"', f'sop = "{elsewhere}"'
    )
    office.config.write_text(text, encoding="utf-8")
    wanted = sorted(path.read_bytes() for name in CHOSEN for path in elsewhere.glob(f"**/{name}"))
    made = usb / "b.tar.gz"
    assert invoke(["backup", str(made), "--with-secrets", *config(office)]).exit_code == 0
    place = moved(office, tmp_path / "new")
    assert invoke(["restore", str(made), "--config", str(place)]).exit_code == 0
    found = sorted(p.read_bytes() for p in (place.parent / "from-backup").glob("*.toml"))
    assert len(wanted) == 6
    assert set(wanted) <= set(found)


def test_without_secrets_it_names_the_missing_files(
    office: Populated, usb: Path, tmp_path: Path
) -> None:
    """What a person must bring is printed with its path and key."""
    made = usb / "b"
    assert invoke(["backup", str(made), *config(office)]).exit_code == 0
    done = invoke(["restore", str(made), "--config", str(moved(office, tmp_path / "new"))])
    assert done.exit_code == 0
    assert re.search(r"put back by hand: .*/broker\.password \(broker\.password_file\)",
                     done.stdout)  # fmt: skip


def test_data_that_is_there_stays(office: Populated, file: Path) -> None:
    """Without --replace nothing changes; with it the old data is set aside and the loss counted."""
    with closing(office.store()) as store:
        store.commit(checkpoint={"opened": 99}, visits={}, records=[])
        before = store.load()
    done = invoke(["restore", str(file), *config(office)])
    assert (done.exit_code, "--replace" in done.stderr) == (2, True)
    with closing(office.store()) as store:
        assert store.load() == before
        store.append([])
    done = invoke(["restore", str(file), "--replace", *config(office)])
    assert done.exit_code == 0, done.output
    assert "0 of them were in the database that was set aside" in done.stdout
    assert len(list(office.data.glob(f"{FILE}.replaced-*Z"))) == 1


def test_an_old_guest_book_is_purged_too(office: Populated, file: Path) -> None:
    """A guest book that a restore set aside does not escape retention."""
    assert invoke(["restore", str(file), "--replace", *config(office)]).exit_code == 0
    assert len(list(office.data.glob("guestbook.db.replaced-*Z"))) == 1
    with closing(GuestBook(office.data)) as book:
        book.put(entry(VISITS[1]))
        book.purge(2**52, Clock().now(), "request")
    assert not list(office.data.glob("guestbook.db.replaced-*"))


def test_not_while_the_daemon_runs(office: Populated, file: Path) -> None:
    """The folder's lock is respected: the process that holds it is named, nothing is touched."""
    with closing(office.store()):
        done = subprocess.run(
            [*gardu(), "restore", str(file), "--replace", *config(office)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"is in use by process {os.getpid()}" in done.stderr
    assert not list(office.data.glob("*.replaced-*"))


def test_another_checkpoint_s_backup_is_refused(office: Populated, file: Path) -> None:
    """Records must not come from a wrong source; --with-config restores the right config."""
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace('"lobi-utama"', '"lobi-timur"', 1), encoding="utf-8")
    done = invoke(["restore", str(file), "--replace", *config(office)])
    assert done.exit_code == 2
    assert "setda-tanjabbar/lobi-utama" in done.stderr
    done = invoke(["restore", str(file), "--replace", "--with-config", *config(office)])
    assert done.exit_code == 0, done.output
    assert office.config.read_text(encoding="utf-8") == text
    (aside,) = office.config.parent.glob("gardu.toml.replaced-*Z")
    assert '"lobi-timur"' in aside.read_text(encoding="utf-8")


def test_a_config_that_is_not_accepted_any_more(office: Populated, usb: Path) -> None:
    """The problems are printed with a way out; nothing is written."""
    made = usb / "b"
    work = office.backup(made)
    with office.config.open("a", encoding="utf-8") as opened:
        opened.write("\n[unknown]\nkey = 1\n")
    work.run()
    shutil.rmtree(office.data)
    office.config.unlink()
    done = invoke(["restore", str(made), *config(office)])
    assert done.exit_code == 2
    assert "gardu.toml: line" in done.stderr
    assert "unpack the backup" in done.stderr
    assert not office.data.exists()
    assert not office.config.exists()


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "garbage", "cut"])
def test_files_that_are_no_backup(office: Populated, file: Path, usb: Path, what: str) -> None:
    """Each is refused with its name and the reason, and nothing is written."""
    before = {path: path.stat().st_mtime_ns for path in office.data.rglob("*")}
    given = usb / what
    if what == "folder":
        given.mkdir()
    elif what == "pipe":
        os.mkfifo(given)
    elif what == "garbage":
        given.write_bytes(os.urandom(5000))
    elif what == "cut":
        given.write_bytes(file.read_bytes()[:-100])
    done = invoke(["restore", str(given), "--replace", *config(office)])
    assert done.exit_code in (1, 2)
    assert str(given) in done.stderr
    assert {path: path.stat().st_mtime_ns for path in office.data.rglob("*")} == before


@pytest.fixture
def foreign_data(office: Populated, file: Path) -> Iterator[Populated]:
    """The office with an empty data folder of another user."""
    if os.geteuid():
        pytest.skip("needs root")
    shutil.rmtree(office.data)
    office.data.mkdir(mode=0o700)
    os.chown(office.data, UNPRIVILEGED, UNPRIVILEGED)
    for folder in (office.folder, *office.folder.parents):
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    yield office
    assert os.geteuid() == 0


def test_root_restores_for_the_daemon_s_user(foreign_data: Populated, file: Path) -> None:
    """Every file of the data folder belongs to its owner, so that the daemon can use it."""
    done = invoke(["restore", str(file), *config(foreign_data)])
    assert done.exit_code == 0, done.output
    owners = {path.stat().st_uid for path in foreign_data.data.rglob("*")}
    assert owners == {UNPRIVILEGED}


def test_root_restores_into_a_folder_that_is_not_there(
    foreign_data: Populated, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders above it that root makes are of the daemon's user, who must come to its data."""
    entry = pwd.getpwuid(UNPRIVILEGED)
    monkeypatch.setattr("edge.commands.owner.SERVICE_USER", entry.pw_name)
    shutil.rmtree(foreign_data.data)
    deeper = foreign_data.folder / "srv" / "gardu" / "data"
    settings = foreign_data.config
    text = settings.read_text(encoding="utf-8").replace(str(foreign_data.data), str(deeper))
    settings.write_text(text, encoding="utf-8")
    done = invoke(["restore", str(file), *config(foreign_data)])
    assert done.exit_code == 0, done.output
    made = foreign_data.folder / "srv"
    assert {path.stat().st_uid for path in (made, *made.rglob("*"))} == {UNPRIVILEGED}
