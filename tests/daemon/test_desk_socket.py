"""The desk's socket: who may ask, what may be asked, and that the daemon never depends on it."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from edge.clock import Clock
from edge.daemon import desk_socket
from edge.daemon.desk_messages import CarryOut, Expect
from edge.daemon.desk_socket import BURST, NAME, serve_desk
from edge.daemon.desk_view import Desk
from edge.mqtt.requests import Answer
from tests.guests import NAME as GUEST


class OneAnswer:
    """A desk that answers every request alike."""

    async def carry_out(self, request: CarryOut) -> Answer:
        """Answer with the kind of the request."""
        return Answer(ok=True, id=request.kind)

    async def expect(self, _request: Expect) -> Answer:
        """Answer."""
        return Answer(ok=True)


async def answer(folder: Path, request: bytes) -> dict[str, Any]:
    """Return the answer to *request*."""
    reader, writer = await asyncio.open_unix_connection(folder / NAME)
    writer.write(request + b"\n")
    said = await reader.readline()
    writer.close()
    return cast("dict[str, Any]", json.loads(said))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[None]:
    """Serve until the block ends."""
    task = asyncio.create_task(serve_desk(folder, cast("Desk", OneAnswer()), Clock()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def made(folder: Path) -> None:
    """Wait for the socket."""
    while not (folder / NAME).exists():
        await asyncio.sleep(0.01)


def test_only_the_desks_requests_are_answered(tmp_path: Path) -> None:
    """Nothing of the technicians' socket can be asked here: no purge, no resend, no reload."""

    async def scenario() -> None:
        async with serving(tmp_path):
            await made(tmp_path)
            assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o660
            for request in (
                b'{"do":"purge-guestbook","before_ms":1}',
                b'{"do":"resend","from":1,"to":2}',
                b'{"do":"reload"}',
                b'{"do":"devices"}',
                b'{"do":"request","kind":"purge","body":{}}',
                b'{"do":"request","kind":"register"}',
                b"[]",
            ):
                assert list(await answer(tmp_path, request)) == ["error"], request
            asked = b'{"do":"request","kind":"register","body":{"x":1}}'
            assert await answer(tmp_path, asked) == {"ok": True, "id": "register"}

    asyncio.run(scenario())


def test_a_flood_is_refused(tmp_path: Path) -> None:
    """A desk that asks without end costs the lobby little: beyond a rate it is refused."""

    async def scenario() -> None:
        async with serving(tmp_path):
            await made(tmp_path)
            asked = b'{"do":"request","kind":"values","body":{}}'
            answers = [await answer(tmp_path, asked) for _ in range(2 * BURST)]
            assert {"error": "too many requests"} in answers
            assert "ok" in answers[0]

    asyncio.run(scenario())


def test_a_missing_folder_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon runs without the folder, and serves the desk as soon as it is there."""
    monkeypatch.setattr(desk_socket, "AGAIN_S", 0.01)
    folder = tmp_path / "later"

    async def scenario() -> None:
        async with serving(folder):
            await asyncio.sleep(0.05)
            folder.mkdir()
            await made(folder)

    asyncio.run(scenario())


def test_no_guest_is_in_a_repr() -> None:
    """What a log line could show of a request has no detail of a guest."""
    body = json.dumps({"guest": {"name": GUEST}}).encode()

    for request in (CarryOut("register", msgspec.Raw(body)), Expect(GUEST)):
        assert GUEST not in repr(request)
