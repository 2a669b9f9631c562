"""A stolen card: every byte of a day is searched for names, numbers, values and pictures."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.commands.guestbook.keys import private_keys
from edge.guestbook.book import FILE
from edge.guestbook.guest_list import open_all, read_stored
from edge.sealing.boxes import SUFFIX
from sim.days.command import settings_for
from sim.stage.office_key import FILE as KEY_FILE
from sim.stage.process import gardu
from tests.brokers import Mosquitto, until
from tests.daemons import DaemonChild
from tests.guestbook.test_daemon import BASE, NOON_MS, TIMES, config_of
from tests.guests import NAME, SECRETS, desk_application, register
from tests.longer import either, slow
from tests.sealing.card import found_on
from tests.sealing.keys import KEY, key_file
from tests.sim.playing import play_day

pytestmark = [slow, pytest.mark.timeout(1200)]


def sealed_config(folder: Path, broker: Mosquitto, *, sealed: bool = True) -> Path:
    """Return a config with the office key of the tests, or with none."""
    file = config_of(folder, broker)
    if sealed:
        with file.open("a", encoding="utf-8") as config:
            config.write(f'\n[sealing]\noffice_key = "{KEY.text}"\n')
    return file


def run(*words: str | Path, code: int = 0) -> str:
    """Run `gardu` with *words*; return its output."""
    done = subprocess.run(
        [*gardu(), *map(str, words)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


async def enter(daemon: DaemonChild, broker: Mosquitto) -> None:
    """Open a visit, and enter the guest's details."""
    await asyncio.to_thread(daemon.until, "ready;")
    async with desk_application(broker.port, BASE) as application:
        # What is published before the daemon has subscribed reaches it never.
        await until(lambda: f"{BASE}cmd/register" in broker.log, 60.0)
        await asyncio.to_thread(daemon.open_visit)
        assert (await application.answer(register(NOON_MS))).ok


@pytest.mark.parametrize("sealed", [True, False])
def test_no_file_of_the_daemon_shows_a_guest(
    tmp_path: Path, mosquitto: Mosquitto, *, sealed: bool
) -> None:
    """A kill in the middle, a damaged book, backup and bundle; without a key all is found."""
    config = sealed_config(tmp_path, mosquitto, sealed=sealed)
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    runtime = tmp_path / "memory"  # stands for /run, which is not on the card
    runtime.mkdir()
    surroundings = {"RUNTIME_DIRECTORY": str(runtime), "GARDU_VERBOSE": "1"}
    with DaemonChild(config, *TIMES, environment=surroundings) as daemon:
        asyncio.run(enter(daemon, mosquitto))
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.end()
        (tmp_path / "log").write_text("".join(daemon.log), encoding="utf-8")
    run("backup", out, "-c", config)
    run("support-bundle", out / "bundle.zip", "-c", config, "--no-doctor")
    shutil.copytree(data, out / "copy", ignore=shutil.ignore_patterns("*.sock"))
    for book in data.glob(f"{FILE}*"):  # the log too: after a kill the last pages are in it
        with book.open("r+b") as file:
            file.seek(600)
            file.write(os.urandom(1500))
    with DaemonChild(config, *TIMES, environment=surroundings) as daemon:
        asyncio.run(enter(daemon, mosquitto))
        assert daemon.stop() == 0
    assert list(data.glob(f"{FILE}.damaged-*Z"))
    runtime.rename(tmp_path.parent / f"{tmp_path.name}-memory")
    found = found_on(tmp_path, SECRETS)
    assert {text for text in SECRETS if any(text in one for one in found)} == (
        set() if sealed else set(SECRETS)
    ), found


def test_the_office_opens_what_the_checkpoint_exported(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """The commands of the two machines: what is refused on one is opened on the other."""
    config = sealed_config(tmp_path, mosquitto)
    with DaemonChild(config, *TIMES) as daemon:
        asyncio.run(enter(daemon, mosquitto))
        assert daemon.stop() == 0
    sealed, opened = tmp_path / "tamu.sealed", tmp_path / "opened"
    run("guestbook", "export", "-c", config, "-o", tmp_path / "x.csv", code=1)
    run("guestbook", "export", "-c", config, "-o", sealed, "--format", "sealed")
    assert not found_on(tmp_path, SECRETS)
    run("guestbook", "open", sealed, "--key", key_file(tmp_path), "-o", opened)
    assert NAME in (opened / "guests.csv").read_text(encoding="utf-8-sig")
    listed = run("breach", "--period", "2026-01-01..2027-12-31", "-c", config)
    assert "nomor telepon" in listed
    assert "TERBACA" not in listed
    assert not [secret for secret in SECRETS if secret in listed]


def days(folder: Path) -> Iterator[Path]:
    """Play one day (three in the soak) with details, stills and a kill; yield each run's folder."""
    for seed in range(3, either(4, 6)):
        place = folder / str(seed)
        place.mkdir(parents=True)
        usual = settings_for("morning", 6, seed, "max", place)
        times = [f"07:{minute}" for minute in range(32, 60)]
        acts = ({"at": times, "do": "register"}, {"at": "07:55:30", "do": "kill"})
        only = replace(usual.programme.checkpoint[0], branches={}, act=acts)
        programme = replace(usual.programme, checkpoint=(only,), expects=("received",))
        _, told = play_day(replace(usual, programme=programme))
        assert told["problems"] == []
        yield next(place.rglob(KEY_FILE)).parent


def test_a_card_stolen_after_a_simulated_day(tmp_path: Path) -> None:
    """Nothing is found; with the private key the same search finds every guest and picture."""
    for folder in days(tmp_path / "days"):
        opened = tmp_path / f"opened-{folder.parent.name}"
        key = (folder / KEY_FILE).rename(tmp_path / "office.key")  # it is not on the card
        run("guestbook", "open", folder / "data", "--key", key, "-o", opened)
        stills = [file.read_bytes() for file in opened.rglob("*.jpg")]
        stored = read_stored(folder / "data" / FILE)
        guests = open_all(stored, private_keys([key])).entries
        texts = {text for one in guests for text in (one.details.name, one.details.phone) if text}
        assert len(stills) > 2
        assert len(texts) > 4
        assert len(list(folder.rglob(f"*.jpg{SUFFIX}"))) == len(stills)
        assert not found_on(folder / "data", texts, stills)
        assert not found_on(folder, (), stills)
        found = found_on(opened, texts, stills)
        assert all(any(text in one for one in found) for text in texts)
        assert sum("a picture" in one for one in found) == len(stills)
