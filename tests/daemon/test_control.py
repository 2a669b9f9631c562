"""The control socket: any request is answered in words, and the daemon goes on."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commands.ask import ask
from edge.daemon import control
from edge.daemon.control import LONGEST, NAME, Resend, resender, serve_control
from edge.errors import DeviceUnavailable, ProtocolError, StoreError
from edge.store.outbox import Resent
from edge.store.store import Store
from edge.worker import Worker
from tests.longer import slow
from tests.store_bench import SOURCE, HandClock, say, sequences


class Sender:
    """Records the calls to the uplink."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def go_back(self, first: int) -> None:
        """Record the call."""
        self.told.append(first)


class Serving:
    """A daemon's control socket, with its store and its uplink's stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder, SOURCE, HandClock())
        self.worker = Worker("store")
        self.sender = Sender()
        self.task = asyncio.create_task(
            serve_control(folder, resender(self.store, self.worker, self.sender), {})
        )

    async def answer(self, line: bytes) -> Any:
        """Write *line*, and the end; return the answer."""
        reader, writer = await asyncio.open_unix_connection(self.folder / NAME)
        writer.write(line)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return json.loads(answer)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Serving]:
    """Serve until the block ends."""
    one = Serving(folder)
    await asyncio.sleep(0)
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.wait([one.task])
        one.worker.stop()
        one.store.close()


def test_resend_marks_wakes_and_counts(tmp_path: Path) -> None:
    """The range is marked in parts, the uplink is notified of each, and the counts add up."""

    async def scenario() -> None:
        async with serving(tmp_path) as one:
            say(one.store, 500)
            one.store.acknowledge(range(1, 451))
            answer = await one.answer(b'{"do":"resend","from":100,"to":1000000000000}\n')
            assert answer == {
                "marked": 351, "unparked": 0, "waiting": 50, "missing": 1000000000000 - 500,
            }  # fmt: skip
            assert one.sender.told == [100, 300, 500]
            assert sequences(one.store.waiting(0, 1000)) == list(range(100, 501))

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "truncated"),
        (b"hello\n", "malformed"),
        (b"[]\n", "object"),
        (b"{}\n", "do"),
        (b'{"do":"reboot"}\n', "reboot"),
        (b'{"do":"resend","from":1}\n', "to"),
        (b'{"do":"resend","from":0,"to":4}\n', ">= 1"),
        (b'{"do":"resend","from":"1","to":4}\n', "int"),
        (b'{"do":"resend","from":1,"to":1e99}\n', "$.to"),
        (b'{"do":"resend","from":1,"to":4,"quietly":true}\n', "quietly"),
        (b'{"do":"resend","from":5,"to":4}\n', "ends before it begins"),
        (b"\xff\xfe\n", "malformed"),
        (b"x" * (2 * LONGEST), "chunk"),
    ],
)
def test_wrong_requests_are_answered_in_words(tmp_path: Path, line: bytes, words: str) -> None:
    """A wrong request gets an error, changes no record, and the next request is answered."""

    async def scenario() -> None:
        async with serving(tmp_path) as one:
            say(one.store, 4)
            answer = await one.answer(line)
            assert list(answer) == ["error"]
            assert words in answer["error"]
            right = await one.answer(b'{"do":"resend","from":1,"to":4}\n')
            assert right["waiting"] == 4

    asyncio.run(scenario())


@slow
@settings(max_examples=30, deadline=None, database=None)
@given(lines=st.lists(st.binary(max_size=200), max_size=5))
def test_noise_never_stops_it(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    """After any bytes, any number of times, requests are still answered."""

    async def scenario() -> None:
        async with serving(tmp_path_factory.mktemp("noise")) as one:
            for line in lines:
                await one.answer(line)
            assert "missing" in await one.answer(b'{"do":"resend","from":1,"to":1}\n')

    asyncio.run(scenario())


def test_silent_and_vanishing_askers_hold_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent client is closed after a time-out, and one that hangs up causes no error."""
    monkeypatch.setattr(control, "REQUEST_S", 0.1)

    async def scenario() -> None:
        async with serving(tmp_path) as one:
            reader, writer = await asyncio.open_unix_connection(tmp_path / NAME)
            _, gone = await asyncio.open_unix_connection(tmp_path / NAME)
            gone.write(b'{"do":"resend","from":1,"to":4}\n')
            gone.close()
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
            await gone.wait_closed()
            assert "missing" in await one.answer(b'{"do":"resend","from":1,"to":4}\n')

    asyncio.run(scenario())


def test_broken_store_ends_the_daemon(tmp_path: Path) -> None:
    """An error of the store ends the daemon; it is not swallowed."""

    async def scenario() -> None:
        async with serving(tmp_path) as one:
            say(one.store, 1)
            one.store.close()
            _, writer = await asyncio.open_unix_connection(tmp_path / NAME)
            writer.write(b'{"do":"resend","from":1,"to":4}\n')
            with pytest.raises(StoreError):
                await one.task
            writer.close()

    asyncio.run(scenario())


def test_long_folder_names_and_left_over_sockets(tmp_path: Path) -> None:
    """A path longer than a socket's name works; a killed daemon's socket is replaced."""
    folder = tmp_path / ("x" * 60) / ("y" * 60)
    folder.mkdir(parents=True)
    assert ask(folder, Resend(1, 2)) is None
    with socket.socket(socket.AF_UNIX) as left, control.socket_path(folder) as path:
        left.bind(path)
    assert ask(folder, Resend(1, 2)) is None  # the socket has no listener

    async def scenario() -> None:
        async with serving(folder) as one:
            say(one.store, 1)
            asked = asyncio.to_thread(ask, folder, Resend(1, 2))
            assert await asked == Resent(waiting=1, missing=1)
            with pytest.raises(ProtocolError, match="ends before"):
                await asyncio.to_thread(ask, folder, Resend(2, 1))

    asyncio.run(scenario())
    assert not (folder / NAME).exists()


def test_answers_that_are_none(tmp_path: Path) -> None:
    """A daemon that hangs up, or sends a wrong answer, is an error in words."""

    async def scenario(answer: bytes, error: type[Exception]) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(answer)
            writer.close()

        async with await asyncio.start_unix_server(serve, tmp_path / NAME):
            with pytest.raises(error):
                await asyncio.to_thread(ask, tmp_path, Resend(1, 2))

    for answer in (b"", b"nonsense\n", b"[]\n", b'{"marked":"x"}\n'):
        asyncio.run(scenario(answer, ProtocolError))
    (tmp_path / "file").touch()
    with pytest.raises(DeviceUnavailable):
        ask(tmp_path / "file", Resend(1, 2))
