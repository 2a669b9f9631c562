"""Asks the running daemon over the desk's socket (edge/daemon/desk_socket.py)."""

import asyncio
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.daemon.control import AskDay, Refusal, socket_path
from edge.daemon.desk_messages import (
    AskExpected,
    AskNames,
    AskNow,
    CarryOut,
    DeskNames,
    DeskNow,
    Expect,
    ExpectedGuests,
    RequestKind,
)
from edge.daemon.desk_socket import NAME
from edge.errors import DeviceUnavailable, ProtocolError
from edge.mqtt.requests import Answer
from edge.sop.inputs.outstanding import DayNow

A = TypeVar("A", bound=msgspec.Struct)

# Longest wait for an answer, real seconds; the daemon may wait for a slow disk.
ANSWER_S = 10.0
_LONGEST_ANSWER = 2**21
_AWAY_WORDS = "the daemon does not answer"


class Daemon:
    """The daemon, as the desk sees it; every call is a request of its own.

    :raises DeviceUnavailable: if no daemon answers
    :raises ProtocolError: if it refuses, in its words
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def now(self) -> DeskNow:
        """Return the lobby of this moment."""
        return await self._ask(AskNow(), DeskNow)

    async def names(self) -> DeskNames:
        """Return names and words for people."""
        return await self._ask(AskNames(), DeskNames)

    async def day(self) -> DayNow:
        """Return the office day, and the items that are out."""
        return await self._ask(AskDay(), DayNow)

    async def expected(self) -> ExpectedGuests:
        """Return the guests who are expected."""
        return await self._ask(AskExpected(), ExpectedGuests)

    async def carry_out(self, kind: RequestKind, body: dict[str, object]) -> Answer:
        """Have the request *body* carried out; return its answer."""
        raw = msgspec.Raw(msgspec.json.encode(body))
        return await self._ask(CarryOut(kind, raw), Answer)

    async def expect(self, text: str) -> Answer:
        """Enter the guest of the invitation *text*; return the answer."""
        return await self._ask(Expect(text), Answer)

    async def _ask(self, request: msgspec.Struct, kind: type[A]) -> A:
        try:
            async with asyncio.timeout(ANSWER_S):
                line = await self._answer(msgspec.json.encode(request) + b"\n")
        except (OSError, TimeoutError, ValueError) as error:
            raise DeviceUnavailable(_AWAY_WORDS) from error
        try:
            raw = msgspec.json.decode(line)
            if "error" in raw:
                raise ProtocolError(msgspec.convert(raw, Refusal).error)
            return msgspec.convert(raw, kind)
        except (msgspec.DecodeError, TypeError) as error:  # cut off, or of another version
            raise DeviceUnavailable(_AWAY_WORDS) from error

    async def _answer(self, line: bytes) -> bytes:
        with socket_path(self._folder, NAME) as path:
            reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_ANSWER)
        try:
            writer.write(line)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
