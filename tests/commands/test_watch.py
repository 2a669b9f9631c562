"""`gardu watch` as a process of its own, against a real broker."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from edge.commands.watch import watch
from tests.brokers import Mosquitto, until
from tests.uplinks import make_config, make_store, opened, running

MAIN = "import typer; from edge.commands.watch import watch; typer.run(watch)"


class Watching:
    """A running `gardu watch`, and its output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []

    async def collect(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        """Collect the lines of *stream*."""
        while line := await stream.readline():
            lines.append(line.decode())

    async def end(self, number: signal.Signals) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 10)


@asynccontextmanager
async def watching(*arguments: str) -> AsyncIterator[Watching]:
    """Run `gardu watch` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MAIN, *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    seen = Watching(process)
    async with asyncio.TaskGroup() as group:
        group.create_task(seen.collect(process.stdout, seen.out))
        group.create_task(seen.collect(process.stderr, seen.err))
        try:
            yield seen
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def test_json_lines_without_duplicates(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """One CloudEvent a line, at once; a resend is not written again; SIGTERM ends it with 0."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url, "--json") as seen:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            config = make_config(mosquitto.url, resend_window_s=60.0)
            async with running(config, make_store(tmp_path, 3), tmp_path) as run:
                await until(lambda: len(seen.out) == 3)
                await run.drained()
                assert run.uplink._connection is not None
                run.uplink._connection.drop("to make it send again")
                await until(lambda: run.uplink.counts["resent"] == 3)
                await run.add(opened("last"))
                await until(lambda: len(seen.out) == 4)
            assert await seen.end(signal.SIGTERM) == 0
            lines = [json.loads(line) for line in seen.out]
            assert [int(line["sequence"]) for line in lines] == [1, 2, 3, 4]
            about = {
                "checkpoint": "kantor/lobi",
                "duplicate": False,
                "gap": None,
                "broken": None,
            }
            assert all(line["gardu"] == about for line in lines)

    asyncio.run(scenario())


def test_session_keeps_what_was_missed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """With --session, records sent between two runs come at the start of the second."""

    async def scenario() -> None:
        arguments = ("--broker", mosquitto.url, "--json", "--session", "audit")
        async with watching(*arguments) as first:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            assert await first.end(signal.SIGINT) == 0
        async with running(make_config(mosquitto.url), make_store(tmp_path, 2), tmp_path) as run:
            await run.drained()
        async with watching(*arguments) as second:
            await until(lambda: len(second.out) == 2)
            assert await second.end(signal.SIGTERM) == 0

    asyncio.run(scenario())


def test_reconnects_after_an_outage_and_says_so(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """An outage is reported on stderr; after it the command reconnects by itself."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url, "--json") as seen:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            mosquitto.stop()
            await until(lambda: any("trying again" in line for line in seen.err))
            mosquitto.start()
            async with running(make_config(mosquitto.url), make_store(tmp_path, 1), tmp_path):
                await until(lambda: len(seen.out) == 1)
            assert await seen.end(signal.SIGTERM) == 0

    asyncio.run(scenario())


def test_board_shows_the_checkpoint(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The board names the checkpoint and its last sequence."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url) as seen:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            async with running(
                make_config(mosquitto.url), make_store(tmp_path, 7), tmp_path
            ) as run:
                run.uplink.show("state/occupancy", {"steps": [{"step": "menunggu", "visits": 2}]})
                await run.drained()
                await asyncio.sleep(0.7)
            assert await seen.end(signal.SIGTERM) == 0
        board = "".join(seen.out)
        assert "Gardu checkpoints" in board
        assert "kantor" in board

    asyncio.run(scenario())


def test_broken_chain_is_told(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A broken chain is reported once on stderr, and in the line of each such record."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url, "--json") as seen:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            store = make_store(tmp_path, 4)
            table = store.documents.table("outbox")
            row = table.get(doc_id=3)
            row["event"]["data"]["clock_synced"] = False
            table.update({"event": row["event"]}, doc_ids=[3])
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await run.drained()
                await until(lambda: len(seen.out) == 4)
                await until(lambda: any("broken chain" in line for line in seen.err))
            assert await seen.end(signal.SIGTERM) == 0
            broken = [json.loads(line)["gardu"]["broken"] for line in seen.out]
            assert broken == [None, None, None, [4]]
            told = [line for line in seen.err if "broken chain" in line]
            where = "broken chain at kantor/lobi"
            assert told == [f"gardu watch: {where}: record 4 or the one before it was changed\n"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org", "must begin with mqtt:// or mqtts://"),
        ("mqtt://", "names no host"),
        ("mqtt://host:notaport", "--broker"),
        ("mqtt://me:secret@host", "--password-file"),
    ],
)
def test_wrong_url_is_explained(url: str, words: str) -> None:
    """A wrong URL ends with 2 and an explanation."""
    app = Typer()
    app.command()(watch)
    result = CliRunner().invoke(app, ["--broker", url])
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    ("url", "option", "file"),
    [
        ("MQTT://127.0.0.1", "--ca-file", "ca.pem"),
        ("mqtt://meja@mqtt.example.go.id", "--password-file", "password"),
    ],
)
def test_secrets_are_not_for_plain_text(url: str, option: str, file: str) -> None:
    """Certificates with mqtt://, or a password over a network, end with 2 and the option's name."""
    app = Typer()
    app.command()(watch)
    result = CliRunner().invoke(app, ["--broker", url, option, file])
    assert result.exit_code == 2
    assert option in result.output
    assert "mqtts://" in result.output
