"""The guest book of the whole daemon: requests over mosquitto, kills, exports, purges, searches."""

import asyncio
import json
import re
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.guestbook.guest_list import read
from sim.stage.process import gardu
from tests.brokers import Centre, Mosquitto, until
from tests.daemon.test_run import config_file
from tests.daemons import DaemonChild
from tests.guests import NAME, SECRETS, DeskApplication, desk_application, raw_files, register
from tests.longer import slow

BASE = "gardu/v1/setda-tanjabbar/lobi-utama/"
NOON_MS = 1_795_313_497_412
PURGED = "gardu.guestbook.purged.v1"
TIMES = ("boot", "1000", f"wall {NOON_MS}", "synced 1")


UNSIGNED = '[requests]\nunsigned = ["register", "values", "availability"]\n'


def config_of(folder: Path, broker: Mosquitto, requests: str = UNSIGNED) -> Path:
    """Return a config with the address of *broker*, and the section *requests*."""
    file = config_file(folder)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", broker.url, file.read_text(encoding="utf-8"))
    text = text.replace("[reporting]", f"{requests}\n[reporting]", 1)
    file.write_text(text, encoding="utf-8")
    return file


@asynccontextmanager
async def office(
    daemon: DaemonChild, broker: Mosquitto
) -> AsyncIterator[tuple[DeskApplication, Centre]]:
    """Run a desk application, and a subscriber to all topics."""
    await asyncio.to_thread(daemon.until, "ready;")
    with Centre(broker.port, "#") as centre:
        async with desk_application(broker.port, BASE) as application:
            await until(lambda: f"{BASE}cmd/register" in broker.log)
            yield application, centre


def command(*arguments: str) -> str:
    """Run `gardu guestbook`; return its output."""
    done = subprocess.run(
        [*gardu(), "guestbook", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@slow
def test_a_guest_is_entered_exported_and_forgotten(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Guests' details are in the guest book only (no record, topic or log), until a purge."""
    config = config_of(tmp_path, mosquitto)
    data, out = tmp_path / "data", tmp_path / "out.csv"

    async def scenario(daemon: DaemonChild) -> None:
        async with office(daemon, mosquitto) as (application, centre):
            assert (await application.answer(register(NOON_MS))).word == "no visit waits"
            await asyncio.to_thread(daemon.open_visit)
            answer = await application.answer(register(NOON_MS))
            assert answer.ok, answer
            heard = [json.loads(message.payload) for message in centre.heard("event/visit")]
            (opened,) = [one for one in heard if one["type"] == "gardu.visit.opened.v1"]
            assert answer.visit == opened["data"]["visit"]

            said = await asyncio.to_thread(command, "export", "-c", str(config), "-o", str(out))
            assert "1 visits" in said
            assert NAME in out.read_text(encoding="utf-8-sig")
            assert stat.S_IMODE(out.stat().st_mode) == 0o600
            out.unlink()
            for secret in SECRETS:
                telling = {m.topic for m in centre.messages if secret.encode() in m.payload}
                assert telling == {f"{BASE}cmd/register"}
                elsewhere = [
                    path
                    for path in data.rglob("*")
                    if secret.encode()
                    in str(path).encode() + (path.read_bytes() if path.is_file() else b"")
                ]
                assert {path.name.partition("-")[0] for path in elsewhere} == {"guestbook.db"}

            purge = ("purge", "-c", str(config), "--before", "2099-01-01", "--yes")
            assert "1 visits" in await asyncio.to_thread(command, *purge)
            await until(lambda: [m for m in centre.messages if PURGED.encode() in m.payload])
            assert not any(secret.encode() in raw_files(data) for secret in SECRETS)
            assert (await application.answer(register(NOON_MS))).ok, "it goes on"

    with DaemonChild(config, *TIMES) as daemon:
        asyncio.run(scenario(daemon))
        assert daemon.stop() == 0
        log = "".join(daemon.log)
    assert "gardu.visit.opened.v1" in log
    assert not any(secret in log for secret in SECRETS)
    said = command("purge", "-c", str(config), "--before", "2099-01-01", "--yes")
    assert "1 visits" in said, "without a daemon too"
    assert not any(secret.encode() in raw_files(data) for secret in SECRETS)


def test_a_kill_between_the_disk_and_the_answer(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """A request is delivered again after a kill before its answer, and the guest entered once."""
    config = config_of(tmp_path, mosquitto)

    async def scenario() -> None:
        asked = register(NOON_MS)
        async with desk_application(mosquitto.port, BASE) as application:
            with DaemonChild(config, *TIMES, "die entering") as daemon:
                async with office(daemon, mosquitto):
                    await asyncio.to_thread(daemon.open_visit)
                    application.ask(asked, correlation=b"once")
                    assert await asyncio.to_thread(daemon.end) == -9
            (entered,) = read(tmp_path / "data")
            assert application.answers(b"once") == []
            with DaemonChild(config, *TIMES) as daemon:
                await asyncio.to_thread(daemon.until, "ready;")
                await until(lambda: application.answers(b"once"))
                assert application.answers(b"once")[0].visit == entered.visit
                again = await application.answer(asked)
                assert (again.ok, again.visit) == (True, entered.visit)
                assert read(tmp_path / "data") == [entered]
                assert await asyncio.to_thread(daemon.stop) == 0

    asyncio.run(scenario())


def test_a_book_that_cannot_be_used_stops_nothing(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """With an unusable book visits go on; requests and purges are refused in words."""
    config = config_of(tmp_path, mosquitto)
    (tmp_path / "data" / "guestbook.db").mkdir()

    async def scenario(daemon: DaemonChild) -> None:
        async with office(daemon, mosquitto) as (application, centre):
            await asyncio.to_thread(daemon.open_visit)
            answer = await application.answer(register(NOON_MS))
            assert answer.word == "guest book cannot be used"
            done = await asyncio.to_thread(
                subprocess.run,
                [*gardu(), *f"guestbook purge -c {config} --before 2026-01-01 --yes".split()],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 1
            assert "the daemon refuses" in done.stderr
            await until(lambda: centre.heard("event/equipment"))
            await asyncio.to_thread(daemon.decline_visit)

    with DaemonChild(config, *TIMES) as daemon:
        asyncio.run(scenario(daemon))
        assert daemon.stop() == 0
