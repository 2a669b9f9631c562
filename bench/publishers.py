"""Starts publishers of a contact's edges: Gardu and its peers, on the same simulated pins."""

import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import msgspec

from bench.bed import ROOT, Bed, daemon_of, pins
from bench.broker import Listener
from bench.contact import LOBBY_PAUSE, PIN, Pause
from bench.peers import bare_contact, bare_synced, mqtt_io
from sim.stage.process import spawn, stop
from sim.stage.rundir import RunDir

Slow = Callable[[int], AbstractAsyncContextManager[object]]


def _unslowed(_pid: int) -> AbstractAsyncContextManager[object]:
    return nullcontext()


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The surroundings of a publisher.

    :ivar listener: of the broker that it publishes to; None: the bed's own without TLS
    :ivar environment: variables beside those of the pins
    :ivar slow: entered with the publisher's process id once it publishes, to slow it down
    :ivar pause: before each edge
    """

    listener: Listener | None = None
    environment: Mapping[str, str] = {}
    slow: Slow = _unslowed
    pause: Pause = LOBBY_PAUSE


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a publisher's start.

    :ivar event_bytes: bytes that Gardu wrote for each event, for the peer that writes as many
    """

    bed: Bed
    run: RunDir
    listener: Listener
    environment: dict[str, str]
    event_bytes: int


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """A program that publishes the contact's edges.

    :ivar words: its name in the table
    :ivar start: runs it
    :ivar topic: to subscribe to
    :ivar part: of the topics that mean the edge
    """

    words: str
    start: Callable[[Start], AbstractAsyncContextManager[Process]]
    topic: str
    part: str = ""


@asynccontextmanager
async def _gardu(start: Start) -> AsyncIterator[Process]:
    async with daemon_of(start.run, start.environment, moved=True) as process:
        yield process


@asynccontextmanager
async def _script(start: Start, *command: str) -> AsyncIterator[Process]:
    process = await spawn(sys.executable, "-m", *command, environment=start.environment)
    try:
        yield process
    finally:
        await stop(process)


def _bare(start: Start) -> AbstractAsyncContextManager[Process]:
    listener = start.listener
    return _script(start, bare_contact.__name__, str(listener.port), str(PIN), listener.ca_file)


def _synced(start: Start) -> AbstractAsyncContextManager[Process]:
    file = start.run.folder / "log"
    return _script(
        start, bare_synced.__name__, str(start.listener.port), str(PIN), str(file),
        str(start.event_bytes),
    )  # fmt: skip


def _mqtt_io(start: Start) -> AbstractAsyncContextManager[Process]:
    return mqtt_io.mqtt_io(start.bed, PIN, mqtt_io.INTERRUPT, start.environment)


def start_of(bed: Bed, run: RunDir, setting: Setting, event_bytes: int) -> Start:
    """Return the parameters of a publisher that starts in *run* under *setting*."""
    return Start(
        bed=bed,
        run=run,
        listener=setting.listener or bed.listeners.plain,
        environment={**pins(run), **setting.environment},
        event_bytes=event_bytes,
    )


# Gardu's topics are all subscribed: it delivers in order, and waits until a record has a
# subscriber.
PUBLISHERS = {
    "gardu": Publisher(words="Gardu", start=_gardu, topic=f"{ROOT}/#", part="/event/alarm"),
    "synced": Publisher(words="bare + fdatasync", start=_synced, topic=bare_contact.TOPIC),
    "bare": Publisher(words="bare gpiozero + paho", start=_bare, topic=bare_contact.TOPIC),
    "mqtt-io": Publisher(
        words=f"mqtt-io {mqtt_io.version()}, interrupt, QoS 0",
        start=_mqtt_io,
        topic=mqtt_io.TOPIC,
    ),
}
"""By short name."""
