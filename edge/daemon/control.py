"""Control: requests of other processes of this machine to the running daemon (a Unix socket).

The database belongs to the daemon, so a change to it is requested from the daemon. Rules
-----
1. The socket ``control.sock`` lies in the data folder, mode 0600: for the daemon's own user.
2. One request per connection, one line of JSON each way, of bounded length.
3. Every request, also a malformed one, is answered in words; the daemon goes on.

``{"do":"resend","from":4711,"to":4720}`` marks delivered or parked records as waiting again;
the answer is a :class:`~edge.store.rows.Resent`. ``{"do":"devices"}`` asks for the state of the
devices; the answer is :class:`DeviceStates`. ``{"do":"link"}`` asks for the state of the connection
to the broker; the answer is :class:`LinkState`. ``{"do":"reload"}`` reads the procedures again; the
answer is :class:`~edge.daemon.reload.Reloaded`.
``{"do":"purge-guestbook","before_ms":1795305600000}`` removes guests' details from before then; the
answer is :class:`Purged`. ``{"do":"day"}`` asks for the state of the office day and the items that
are out; the answer is :class:`~edge.sop.inputs.outstanding.DayNow`. ``{"do":"health"}`` asks for
``health`` and the state of the stream; the answer is :class:`HealthNow`. A refusal is
``{"error":"why"}``.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeAlias

import msgspec
from msgspec import Meta
from msgspec.structs import astuple, replace

from edge.errors import ConfigError, StoreError, StoreFull
from edge.guestbook.book import BookUnusable
from edge.mqtt import requests
from edge.mqtt.requests import RequestRefused
from edge.store.outbox import Ledger, Outbox, Resent
from edge.worker import Worker

log = logging.getLogger(__name__)

NAME = "control.sock"
# Longest request, bytes: of the desk it holds one as over MQTT.
LONGEST = requests.LONGEST + 1024
# Time-out of a line, received or sent, real seconds.
REQUEST_S = 5.0
# Records marked in one transaction.
PAGE = 200


Sequence = Annotated[int, Meta(ge=1, le=10**16 - 1, description="a sequence number, from 1")]


class Resend(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="resend"):
    """Send the records *first* to *last* again."""

    first: Sequence = msgspec.field(name="from")
    last: Sequence = msgspec.field(name="to")


class AskDevices(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="devices"
):
    """Return the state of each device."""


class AskLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="link"):
    """Return the state of the connection to the broker."""


class AskReload(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="reload"
):
    """Read the procedures again."""


class AskPurge(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="purge-guestbook"
):
    """Remove the details of guests that were entered before *before_ms* (wall clock, ms)."""

    before_ms: Annotated[int, Meta(ge=0, le=2**53)]


class AskDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="day"):
    """Return the state of the office day, and the items that are out."""


class AskHealth(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="health"
):
    """Return the health of the checkpoint, and the state of its stream."""


class HealthNow(msgspec.Struct, frozen=True):
    """The document ``health`` as it would be published now, and the state of the stream."""

    health: dict[str, Any]
    ledger: Ledger


class Purged(msgspec.Struct, frozen=True):
    """Number of visits from which the details were removed."""

    visits: int


class DeviceStates(msgspec.Struct, frozen=True):
    """State of each device, by name: ``ok``, ``opening``, or why it does not work.

    :ivar remedies: what a technician does first about a device that does not work
    """

    devices: dict[str, str]
    remedies: dict[str, str] = {}


class LinkState(msgspec.Struct, frozen=True):
    """State of the connection to the broker; *why* and *remedy* are empty if it stands."""

    connected: bool
    why: str = ""
    remedy: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """The reason why a request was refused, in words."""

    error: str


ControlRequest: TypeAlias = (
    Resend | AskDevices | AskLink | AskReload | AskPurge | AskDay | AskHealth
)


class Sender(Protocol):
    """The part of the uplink that is used here."""

    def go_back(self, first: int) -> None:
        """Read again from sequence *first*: records from there on may wait again."""


ControlAnswer: TypeAlias = msgspec.Struct | Awaitable[msgspec.Struct]
ControlAnswers: TypeAlias = Mapping[type[msgspec.Struct], Callable[[Any], ControlAnswer]]
"""The function that answers each kind of request."""


async def serve_control(
    folder: Path, again: Callable[[Resend], ControlAnswer], answers: ControlAnswers
) -> None:
    """Answer requests until cancelled.

    :param again: marks records as waiting again and has them sent (:func:`resender`)
    :param answers: answer all other kinds of request; a kind that is not among them is refused
    :raises StoreError: if the store cannot be used (any more)
    """
    known: ControlAnswers = {Resend: again, **answers}
    with listening(folder) as listener:
        await answer_requests(listener, known, ControlRequest)


async def answer_requests(listener: socket.socket, known: ControlAnswers, kinds: Any) -> None:
    """Answer the requests that come over *listener*, until cancelled.

    :param known: the answers; a kind that is not among them is refused
    :param kinds: the union of the kinds of request that can be read
    :raises StoreError: if the store cannot be used (any more)
    """
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve(reader, writer, known, kinds)
        except asyncio.CancelledError:
            # The daemon is stopping. Python 3.11 would log this as an error of the callback.
            return
        except StoreError as error:
            if not broken.done():
                broken.set_exception(error)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, sock=listener, limit=LONGEST)
    try:
        await broken
    finally:
        server.close()  # does not wait for open connections


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: ControlAnswers, kinds: Any
) -> None:
    with contextlib.suppress(ConnectionError, TimeoutError):
        try:
            async with asyncio.timeout(REQUEST_S):
                request = _read(await reader.readline(), kinds)
            answer = await _answer(request, answers)
        except (
            ValueError,
            ConfigError,
            BookUnusable,
            StoreFull,
        ) as error:  # also a line that is too long, or no JSON
            log.warning("a request was refused: %s", error)
            answer = Refusal(str(error))
        writer.write(msgspec.json.encode(answer) + b"\n")
        async with asyncio.timeout(REQUEST_S):
            await writer.drain()


def _read(line: bytes, kinds: Any) -> msgspec.Struct:
    """Return the request in *line*.

    :raises ValueError: if it is none
    """
    try:
        request: msgspec.Struct = msgspec.json.decode(line, type=kinds)
    except RecursionError:
        raise ValueError("the request is nested too deeply") from None
    return request


async def _answer(request: msgspec.Struct, answers: ControlAnswers) -> msgspec.Struct:
    if type(request) not in answers:
        raise ValueError("nothing here can answer that")
    answer = answers[type(request)](request)
    try:
        return answer if isinstance(answer, msgspec.Struct) else await answer
    except OSError as error:  # no file descriptor is left, or the folder is away
        raise ValueError(f"that cannot be done now: {error}") from error


def resender(store: Outbox, worker: Worker, sender: Sender) -> Callable[[Resend], ControlAnswer]:
    """Return the function that answers :class:`Resend`.

    :param worker: the thread for calls of *store*
    """
    return lambda request: resend(request, store, worker, sender)


def sender_again(
    store: Outbox, worker: Worker, sender: Callable[[], Sender]
) -> Callable[[str, int, int], Awaitable[Resent]]:
    """Return the function that sends records again for a request over MQTT.

    :param sender: returns the uplink, which is made later
    """

    async def send_again(stream: str, first: int, last: int) -> Resent:
        if stream != store.stream:
            why = f"the stream is {store.stream}; records of older streams are not sent again"
            raise RequestRefused("no such stream", why, "stream")
        return await resend(Resend(first, last), store, worker, sender())

    return send_again


async def resend(request: Resend, store: Outbox, worker: Worker, sender: Sender) -> Resent:
    """Mark the records of *request* as waiting again, and have them sent.

    :raises ValueError: if the range ends before it begins
    """
    total = Resent()
    for first, last in _pages(request, await worker.do(store.ledger)):
        total = _add(total, await worker.do(store.resend, first, last))
        sender.go_back(first)
    log.info("records %d to %d are sent again: %s", request.first, request.last, total)
    return _rest_missing(request, total)


def resend_offline(request: Resend, store: Outbox) -> Resent:
    """Mark the records of *request* as waiting again; the daemon sends them when it runs.

    :raises ValueError: if the range ends before it begins
    """
    total = Resent()
    for first, last in _pages(request, store.ledger()):
        total = _add(total, store.resend(first, last))
    return _rest_missing(request, total)


def _pages(request: Resend, ledger: Ledger) -> Iterator[tuple[int, int]]:
    """Yield the stored part of the range in pages of PAGE records: (first, last)."""
    if request.last < request.first:
        raise ValueError(f"from {request.first} to {request.last}: the range ends before it begins")
    last = min(request.last, ledger.last)
    for first in range(max(request.first, ledger.oldest), last + 1, PAGE):
        yield first, min(first + PAGE - 1, last)


def _add(one: Resent, other: Resent) -> Resent:
    return Resent(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))


def _rest_missing(request: Resend, total: Resent) -> Resent:
    """Return *total*, with the requested records that are not stored counted as missing."""
    found = total.marked + total.unparked + total.waiting
    return replace(total, missing=request.last - request.first + 1 - found)


@contextlib.contextmanager
def listening(folder: Path, name: str = NAME, mode: int = 0o600) -> Iterator[socket.socket]:
    """Make the socket; remove it at the end. Only for the process with the data folder's lock."""
    with (
        socket_path(folder, name) as path,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        Path(path).unlink(missing_ok=True)  # left by a process that was killed
        listener.bind(path)
        Path(path).chmod(mode)  # before a client can connect
        listener.setblocking(False)
        try:
            yield listener
        finally:
            with contextlib.suppress(OSError):  # the disk may be read-only by now
                Path(path).unlink(missing_ok=True)


@contextlib.contextmanager
def socket_path(folder: Path, name: str = NAME) -> Iterator[str]:
    """Yield a path of the socket in *folder* that is short enough for one (108 bytes)."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{number}/{name}"
    finally:
        os.close(number)
