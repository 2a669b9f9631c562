"""Shared by the guest book's tests: requests, a request handler, and a desk application."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from edge.clock import Stamp, iso
from edge.config.sections.guests import GuestBookSection as Section
from edge.guestbook.book import GuestBook
from edge.guestbook.entry import Details, Entry
from edge.mqtt.open_visits import OpenVisit
from edge.mqtt.packets import properties
from edge.mqtt.request_handler import RequestHandler
from edge.mqtt.requests import Answer, RequestRefused
from edge.sop.events import Event, Post
from edge.store.rows import Resent
from edge.worker import Worker
from tests.brokers import HOST, until

# Names that occur only in the guest book: a file with one of them has it from there.
NAME = "Zulaikha Qomariah"
ORGANISATION = "Xanadu Sejahtera"
PURPOSE = "Wawancara kuartal"
PHONE = "+62 811 7654"
SECRETS = (NAME, ORGANISATION, PURPOSE, PHONE)

NOW_MS = 1_795_305_600_000
VISITS = [str(uuid.UUID(int=number)) for number in range(1, 6)]
BASE = "gardu/v1/kantor/lobi/"
STREAM = str(uuid.UUID(int=77))
PATIENCE_S = 15.0


class HandClock:
    """A clock that a test sets."""

    speed = 1.0

    def __init__(self, wall_ms: int = NOW_MS) -> None:
        self.ms = wall_ms
        self.synced = True

    def now(self) -> Stamp:
        """Return the moment that was set."""
        return Stamp(self.ms * 1_000_000, self.ms, synced=self.synced, boot="test")


def details(name: str = NAME, **more: Any) -> dict[str, Any]:
    """Return a guest's details as in a request."""
    return {"name": name, "organisation": ORGANISATION, "purpose": PURPOSE, "phone": PHONE, **more}


def register(at_ms: int = NOW_MS, **change: Any) -> dict[str, Any]:
    """Return a registration request, with another id each time."""
    asked = {"id": str(uuid.uuid4()), "time": iso(at_ms), "guest": details()}
    return {**asked, **change}


def available(at_ms: int = NOW_MS, **change: Any) -> dict[str, Any]:
    """Return a message that a host is away."""
    told = {"id": str(uuid.uuid4()), "time": iso(at_ms), "host": "pimpinan", "receiving": False}
    return {**told, **change}


def entry(visit: str, at_ms: int = NOW_MS, name: str = NAME, **change: Any) -> Entry:
    """Return an entry of *visit*."""
    at = Stamp(at_ms * 1_000_000, at_ms, synced=True, boot="test")
    values: dict[str, Any] = {
        "procedure": "pimpinan",
        "source": "register",
        "details": Details(name=name, organisation=ORGANISATION, purpose=PURPOSE, phone=PHONE),
    }
    return Entry(visit=visit, at=at, **{**values, **change})


def raw_files(folder: Path) -> bytes:
    """Return every byte and every name of every file below *folder*."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


class Office:
    """A request handler with its guest book and worker; collects the events it posts."""

    def __init__(self, folder: Path, section: Section = Section()) -> None:  # noqa: B008 - frozen
        self.clock = HandClock()
        self.book = GuestBook(folder)
        self.worker = Worker("guest-book")
        self.events: list[Event] = []
        self.sent_again: list[tuple[int, int]] = []
        self.open_visits = [OpenVisit(VISITS[0], 1, "pimpinan", "reception")]
        self._section = section
        self.desk = self.desk_for(self._post)

    def desk_for(self, post: Post) -> RequestHandler:
        """Return a request handler that posts by *post*."""
        return RequestHandler(
            self._section,
            ["pimpinan", "adc"],
            ["rapat", "dinas-luar"],
            clock=self.clock,  # type: ignore[arg-type]  # it has all that a request handler needs
            post=post,
            book=self.book,
            worker=self.worker,
            open_visits=lambda: self.open_visits,
            send_again=self._send_again,
        )

    def close(self) -> None:
        """Stop the worker and close the book."""
        self.worker.stop()
        self.book.close()

    def of(self, kind: type[Event]) -> list[Any]:
        """Return the events of type *kind* that were posted."""
        return [event for event in self.events if isinstance(event, kind)]

    def _post(self, make: Callable[[Stamp], Event]) -> None:
        self.events.append(make(self.clock.now()))

    async def _send_again(self, stream: str, first: int, last: int) -> Resent:
        """Send again as a checkpoint that has the records 1 to 90 of the stream STREAM."""
        if stream != STREAM:
            raise RequestRefused("no such stream")
        self.sent_again.append((first, last))
        there = max(0, min(last, 90) - first + 1)
        return Resent(marked=there, missing=last - first + 1 - there)


class DeskApplication:
    """An office's desk application: publishes requests and receives the answers."""

    def __init__(self, port: int, name: str = "meja", base: str = BASE, user: str = "") -> None:
        self.topic = f"{base}reply/{name}"
        self.messages: list[MQTTMessage] = []
        self._base = base
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self.messages.append(message)
        self.ready = False
        self._client.on_subscribe = self._subscribed
        if user:
            self._client.username_pw_set(user)
        self._client.connect(HOST, port)
        self._client.subscribe(f"{self.topic}/#", qos=1)

    def ask(
        self,
        what: dict[str, Any] | bytes,
        suffix: str = "cmd/register",
        *,
        reply_to: str | None = "",
        correlation: bytes | None = b"1",
        retain: bool = False,
        qos: int = 1,
    ) -> None:
        """Publish a request; *reply_to* is this application's own topic if not given."""
        payload = what if isinstance(what, bytes) else json.dumps(what).encode()
        about = properties(
            PacketTypes.PUBLISH,
            ResponseTopic=self.topic if reply_to == "" else reply_to,
            CorrelationData=correlation,
        )
        self._client.publish(self._base + suffix, payload, qos, retain, about)

    async def answer(self, what: dict[str, Any] | bytes, suffix: str = "cmd/register") -> Answer:
        """Publish a request and return its answer."""
        correlation = uuid.uuid4().bytes
        self.ask(what, suffix, correlation=correlation)
        await until(lambda: self.answers(correlation), PATIENCE_S)
        return self.answers(correlation)[0]

    def answers(self, correlation: bytes) -> list[Answer]:
        """Return the answers to the request with this correlation data."""
        return [
            msgspec.json.decode(message.payload, type=Answer)
            for message in list(self.messages)
            if getattr(message.properties, "CorrelationData", None) == correlation
        ]

    def start(self) -> None:
        """Start the network loop."""
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and stop the network loop."""
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribed(self, *_arguments: object) -> None:
        self.ready = True


@asynccontextmanager
async def desk_application(
    port: int, base: str = BASE, user: str = ""
) -> AsyncIterator[DeskApplication]:
    """Run a desk application until the block ends."""
    one = DeskApplication(port, user or "meja", base, user)
    one.start()
    try:
        await until(lambda: one.ready)
        yield one
    finally:
        one.stop()
