"""`gardu watch` as a process of its own, against a real broker."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from typer import Typer
from typer.testing import CliRunner

from office.watch.command import watch
from tests.brokers import HOST, Mosquitto, until
from tests.longer import slow
from tests.servers import CONNACK, Server
from tests.uplinks import make_config, make_store, opened, running

MAIN = "from edge.commands.main import main; main()"

EVENT = "gardu/v1/kantor/lobi/event/visit"


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
async def watching(
    *arguments: str,
    out: int = asyncio.subprocess.PIPE,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Watching]:
    """Run `gardu watch` until the block ends; *out* is its stdout."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MAIN, "watch", *arguments,
        stdout=out, stderr=asyncio.subprocess.PIPE, env={**os.environ, **(environment or {})},
    )  # fmt: skip
    assert process.stderr is not None
    seen = Watching(process)
    async with asyncio.TaskGroup() as group:
        if process.stdout is not None:
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


def ids(lines: list[str]) -> list[str]:
    """Return the ids of the records in *lines*."""
    return [json.loads(line)["id"] for line in lines]


async def publish(broker: Mosquitto, *payloads: bytes, topic: str = EVENT, qos: int = 1) -> None:
    """Publish *payloads* and wait until the broker has them."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect(HOST, broker.port)
    client.loop_start()
    sent = [client.publish(topic, payload, qos) for payload in payloads]
    await until(lambda: all(one.is_published() for one in sent))
    client.disconnect()
    client.loop_stop()


async def listening(seen: Watching) -> None:
    """Wait until the watcher has subscribed."""
    await until(lambda: any("listening" in line for line in seen.err))


def full(pipe: int) -> bool:
    """Return True if *pipe* holds a page: a record of more bytes is then written in part."""
    waiting = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(waiting, sys.byteorder) == 4096


def record(number: int, **data: str) -> bytes:
    """Return a record of the checkpoint kantor/lobi."""
    event = {
        "id": f"id-{number}", "source": "/gardu/kantor/lobi", "type": "gardu.visit.opened.v1",
        "streamid": "s", "sequence": f"{number:016d}", "data": {"visit": f"v-{number}", **data},
    }  # fmt: skip
    return json.dumps(event).encode()


def test_a_failed_write_loses_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A full disk ends it with 1 and the reason; all that was not written comes again."""

    async def scenario() -> None:
        common = ("--broker", mosquitto.url, "--session", "audit", "--write")
        async with watching(*common, "/dev/full") as first:
            await listening(first)
            await publish(mosquitto, record(1), record(2))
            assert await asyncio.wait_for(first.process.wait(), 10) == 1
        assert "gardu watch: /dev/full: no space left on device\n" in first.err
        await publish(mosquitto, record(3))
        file = tmp_path / "records.jsonl"
        async with watching(*common, str(file)) as second:
            await until(lambda: file.exists() and file.read_text().count("\n") == 3)
            assert await second.end(signal.SIGTERM) == 0
        assert ids(file.read_text().splitlines()) == ["id-1", "id-2", "id-3"]

    asyncio.run(scenario())


def test_a_failed_write_names_the_session_that_has_the_rest(mosquitto: Mosquitto) -> None:
    """Without --session too the broker stores what was not written, under a name that is told."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url, "--write", "/dev/full") as first:
            await listening(first)
            await publish(mosquitto, record(1))
            assert await asyncio.wait_for(first.process.wait(), 10) == 1
        (told,) = [line for line in first.err if "--session" in line]
        name = told.split()[-1]
        async with watching("--broker", mosquitto.url, "--json", "--session", name) as second:
            await until(lambda: ids(second.out) == ["id-1"])

    asyncio.run(scenario())


def test_what_stands_in_a_full_pipe_is_not_acknowledged(mosquitto: Mosquitto) -> None:
    """Killed while its reader is slow: every record that was not written in full comes again."""

    async def scenario() -> None:
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        common = ("--broker", mosquitto.url, "--json", "--session", "audit")
        payloads = [record(number, why="x" * 5000) for number in range(1, 9)]
        async with watching(*common, out=theirs) as first:
            os.close(theirs)
            await listening(first)
            await publish(mosquitto, *payloads)
            await until(lambda: full(ours))
            first.process.kill()
            await first.process.wait()
        read = os.read(ours, 8192).decode()
        os.close(ours)
        written = ids(read.split("\n")[:-1])
        async with watching(*common) as second:
            wanted = {f"id-{number}" for number in range(1, 9)}
            await until(lambda: {*ids(second.out), *written} == wanted)

    asyncio.run(scenario())


@slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_though_the_output_hangs(
    mosquitto: Mosquitto, number: signal.Signals
) -> None:
    """A reader that does not read cannot keep it alive; no traceback is printed."""

    async def scenario() -> None:
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        async with watching("--broker", mosquitto.url, "--json", out=theirs) as seen:
            await listening(seen)
            await publish(mosquitto, *(record(one, why="x" * 5000) for one in range(1, 9)))
            await until(lambda: full(ours))
            assert await seen.end(number) == 1
        os.close(ours)
        os.close(theirs)
        assert any("not acknowledged" in line for line in seen.err)
        assert not any("Traceback" in line for line in seen.err)

    asyncio.run(scenario())


def test_a_reader_that_ends_is_no_traceback(mosquitto: Mosquitto) -> None:
    """As of `gardu watch --json | head -1`: it ends with 1 and one line."""

    async def scenario() -> None:
        ours, theirs = os.pipe()
        async with watching("--broker", mosquitto.url, "--json", out=theirs) as seen:
            os.close(theirs)
            await listening(seen)
            os.close(ours)
            await publish(mosquitto, record(1))
            assert await asyncio.wait_for(seen.process.wait(), 10) == 1
        assert seen.err[1:] == ["gardu watch: stdout: its reader has ended\n"]

    asyncio.run(scenario())


def test_two_watchers_of_one_session_are_told(mosquitto: Mosquitto) -> None:
    """One of the two names the session and waits; the other receives the records."""

    async def scenario() -> None:
        common = ("--broker", mosquitto.url, "--json", "--session", "audit")
        async with watching(*common) as first:
            await listening(first)
            async with watching(*common) as second:
                await until(lambda: shared(first.err) or shared(second.err), 20.0)
                waits, works = (first, second) if shared(first.err) else (second, first)
                (told,) = shared(waits.err)
                assert 'the session "audit"' in told
                assert "--session NAME" in told
                await publish(mosquitto, record(1))
                await until(lambda: ids(works.out) == ["id-1"])
                assert waits.process.returncode is None

    asyncio.run(scenario())


def shared(lines: list[str]) -> list[str]:
    """Return the messages about a second client."""
    return [line for line in lines if "another client" in line]


class TakenOver(Server):
    """A broker that accepts a connection and says at once that the session was taken over."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer CONNECT, then send DISCONNECT 0x8E."""
        await reader.read(1000)
        writer.write(CONNACK + b"\xe0\x02\x8e\x00")
        await writer.drain()
        writer.close()


class Refusing(Server):
    """A broker that accepts every connection and refuses every subscription (0x87)."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer CONNECT and SUBSCRIBE; then wait for the end."""
        await reader.read(1000)
        writer.write(CONNACK)
        subscribe = await reader.read(1000)
        writer.write(b"\x90\x04" + subscribe[2:4] + b"\x00\x87")
        while await reader.read(1000):
            pass


def test_a_refused_subscription_is_said() -> None:
    """A watcher that may not subscribe says so: the board must not look like an empty office."""

    async def scenario() -> None:
        async with Refusing().listening() as broker:
            async with watching("--broker", f"mqtt://{HOST}:{broker.port}") as seen:
                await until(lambda: any("subscription refused" in line for line in seen.err))
                assert await seen.end(signal.SIGTERM) == 0
            assert any(line.startswith("gardu/v1/#: subscription refused") for line in seen.out)

    asyncio.run(scenario())


def test_a_broker_s_word_about_a_second_client_is_believed_at_once() -> None:
    """The reason 0x8E needs no guess: the first time is enough."""

    async def scenario() -> None:
        async with TakenOver().listening() as broker:
            url = f"mqtt://{HOST}:{broker.port}"
            async with watching("--broker", url, "--json", "--session", "audit") as seen:
                await until(lambda: shared(seen.err))
                assert not any("probably" in line for line in seen.err)
                assert await seen.end(signal.SIGTERM) == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_lines_go_on_in_any_encoding(mosquitto: Mosquitto, encoding: str) -> None:
    """A letter that stdout's encoding lacks is a JSON escape, and the stream goes on."""

    async def scenario() -> None:
        how = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        async with watching("--broker", mosquitto.url, "--json", environment=how) as seen:
            await listening(seen)
            why = "terputus: periksa → 門 \x1b[2J\u2028"
            await publish(mosquitto, record(1, why=why), record(2))
            await until(lambda: len(seen.out) == 2)
            assert json.loads(seen.out[0])["data"]["why"] == why
            assert len([line for line in seen.err if "listening" in line]) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_the_board_on_a_terminal(mosquitto: Mosquitto, encoding: str) -> None:
    """Foreign text cannot steer the terminal; Ctrl-C gives the screen back and ends with 0."""

    async def scenario() -> None:
        ours, theirs = os.openpty()
        how = {"PYTHONIOENCODING": encoding, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
        shown = bytearray()
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, lambda: shown.extend(os.read(ours, 65536)))
        async with watching("--broker", mosquitto.url, out=theirs, environment=how) as seen:
            await listening(seen)
            alarm = b'{"alarm":"x","since":"2026-11-21T03:51:37Z"}'
            where = "gardu/v1/kantor/lobi/state/"
            await publish(mosquitto, alarm, topic=where + "alarm/[red]")
            steps = json.dumps({"steps": [{"step": "\x1b]0;diambil\x07[/é]", "visits": 1}]})
            await publish(mosquitto, steps.encode(), topic=where + "occupancy")
            await until(lambda: b"diambil" in shown and b"[red]" in shown)
            assert b"\x1b]0;" not in shown
            assert b"[/" in shown
            assert await seen.end(signal.SIGINT) == 0
            await until(lambda: b"\x1b[?1049l" in shown)
        loop.remove_reader(ours)
        os.close(ours)
        os.close(theirs)
        assert not any("Traceback" in line for line in seen.err)

    asyncio.run(scenario())


def test_a_terminal_that_is_paused_stops_only_the_board(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """As after Ctrl-S: records go on into the file, and a signal ends it all the same."""

    async def scenario() -> None:
        ours, theirs = os.openpty()
        file = tmp_path / "records.jsonl"
        how = {"TERM": "xterm", "COLUMNS": "200", "LINES": "60"}
        common = ("--broker", mosquitto.url, "--write", str(file))
        async with watching(*common, out=theirs, environment=how) as seen:
            await listening(seen)
            for number in range(1, 6):
                await publish(mosquitto, record(number))
                await until(lambda wanted=number: lines_in(file) == wanted)  # type: ignore[misc]
                await asyncio.sleep(0.3)  # a drawing of 12 kB each: they are not read
            assert await seen.end(signal.SIGTERM) == 1
        os.close(ours)
        os.close(theirs)
        assert ids(file.read_text().splitlines()) == [f"id-{number}" for number in range(1, 6)]

    asyncio.run(scenario())


def lines_in(file: Path) -> int:
    """Return the number of lines of *file*; 0 if it is not there."""
    return file.read_text().count("\n") if file.exists() else 0


def test_a_flood_that_no_broker_holds_back_is_dropped_and_counted(mosquitto: Mosquitto) -> None:
    """Records of QoS 0 come although the output hangs: a limited number waits."""

    async def scenario() -> None:
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        async with watching("--broker", mosquitto.url, "--json", out=theirs) as seen:
            await listening(seen)
            await publish(mosquitto, record(1, why="x" * 5000))
            await until(lambda: full(ours))
            flood = [record(number) for number in range(2, 12_000)]
            await publish(mosquitto, *flood, qos=0)
            await until(lambda: any("of QoS 0 dropped" in line for line in seen.err), 30.0)
            assert seen.process.returncode is None
        os.close(ours)
        os.close(theirs)

    asyncio.run(scenario())


def test_without_a_terminal_changes_are_lines(mosquitto: Mosquitto) -> None:
    """In a pipe, an alarm is a line when it begins and a line when it ends."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url) as seen:
            await listening(seen)
            where = "gardu/v1/kantor/lobi/state/alarm/fire"
            await publish(mosquitto, b'{"alarm":"fire"}', topic=where)
            await until(lambda: any("ALARM kantor/lobi: fire" in line for line in seen.out))
            await publish(mosquitto, b"", topic=where)
            await until(lambda: any("ended: ALARM kantor/lobi" in line for line in seen.out))
            assert await seen.end(signal.SIGTERM) == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--session", " "], "must be a name"),
        (["--topic-root", "gardu/#/v1"], "without + and #"),
        (["--topic-root", "x" * 70_000], "at most 1000 characters"),
        (["--json", "--write", "x"], "give one of them"),
        (["--write", "no-folder/x"], "no-folder/x: no such file"),
    ],
)
def test_wrong_options_are_explained(arguments: list[str], words: str) -> None:
    """A mistake ends it before it connects, with the reason."""
    app = Typer()
    app.command()(watch)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (1, 2)
    assert words in result.output


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
