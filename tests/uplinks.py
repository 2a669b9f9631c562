"""Shared by the uplink's tests: a config, records, and a running uplink."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from paho.mqtt.client import MQTTMessage

from edge.clock import Clock, Stamp
from edge.config.model import Broker, CheckpointSection, Config
from edge.config.sections.guests import Cards
from edge.mqtt.backoff import Backoff
from edge.mqtt.fast_path import Sent
from edge.mqtt.inbox import Handler
from edge.mqtt.uplink import Uplink
from edge.sop.events import Event, Post
from edge.sop.records import Record, VisitOpened
from edge.store.cloudevent import source
from edge.store.store import OutboxRow, Store
from edge.worker import Worker

QUICK = Backoff(0.02, 0.1)
# Of a packet that is put off: it grows beyond the time of a reconnection, as on a Pi. With a lower
# limit a busy machine tries the packet first on each connection, and no other ever passes.
RARE = Backoff(0.02, 2.0)
# Short: in these tests no decision commits, so an acknowledgement has no commit to go with.
PIGGYBACK_S = 0.05
AT = Stamp(1_000_000_000, 1_795_233_097_412, synced=True, boot="test")


def make_config(url: str, **broker: Any) -> Config:
    """Return the config of a checkpoint that reports to *url*."""
    settings: dict[str, Any] = {"url": url, "resend_window_s": 0.0, **broker}
    return Config(
        checkpoint=CheckpointSection(site="kantor", id="lobi", procedures=["pimpinan"]),
        cards=Cards(visitor=["0000000001"]),
        broker=Broker(**settings),
    )


def opened(visit: str) -> Record:
    """Return the record of a visit that was opened."""
    data = VisitOpened(
        visit=visit, procedure="pimpinan", procedure_version="1+00000000", clock_synced=True
    )
    return Record("gardu.visit.opened.v1", f"visit/{visit}", AT, visit, data)


def make_store(folder: Path, records: int = 0) -> Store:
    """Return a store that holds *records* records to send."""
    store = Store(folder, "/gardu/kantor/lobi", Clock())
    store.append([opened(f"visit-{number}") for number in range(1, records + 1)])
    return store


def sequences(messages: list[MQTTMessage]) -> list[int]:
    """Return the sequence of each record in *messages*."""
    return [int(json.loads(message.payload)["sequence"]) for message in messages]


def about(message: MQTTMessage) -> Any:
    """Return the MQTT properties of *message*."""
    assert message.properties is not None
    return message.properties


class Running:
    """A running uplink, and the events it posted."""

    def __init__(
        self,
        config: Config,
        store: Store,
        folder: Path,
        backoff: Backoff,
        handler: Callable[[Post], Handler] | None = None,
        **waits: Backoff,
    ) -> None:
        self.store = store
        self.events: list[Event] = []
        self.worker = Worker("store")
        assert source(config) == "/gardu/kantor/lobi"
        self.uplink = Uplink(
            config, store, self.worker, Clock(), self._post, folder, backoff, PIGGYBACK_S,
            None if handler is None else handler(self._post), **waits,
        )  # fmt: skip

    async def add(self, *records: Record) -> Sent:
        """Record and send *records* as the checkpoint does; return those sent by the worker."""

        def commit() -> tuple[list[OutboxRow], Sent]:
            rows = self.store.commit(
                checkpoint=None, visits={}, records=records, prepare=self.uplink.prepare
            )
            return rows, self.uplink.send()

        rows, sent = await self.worker.do(commit)
        self.uplink.committed(rows, sent, stills=False)
        return sent

    async def stored(self, call: Callable[[], Any]) -> Any:
        """Run *call* of the store on the store's thread; return its result."""
        return await self.worker.do(call)

    async def drained(self, timeout_s: float = 15.0) -> None:
        """Return once no record waits in the store; TimeoutError after *timeout_s* seconds."""
        async with asyncio.timeout(timeout_s):
            while (await self.stored(self.store.ledger)).waiting:
                await asyncio.sleep(0.02)

    def _post(self, make: Callable[[Stamp], Event]) -> None:
        self.events.append(make(AT))


@contextlib.asynccontextmanager
async def running(
    config: Config,
    store: Store,
    folder: Path,
    backoff: Backoff = QUICK,
    handler: Callable[[Post], Handler] | None = None,
    **waits: Backoff,
) -> AsyncIterator[Running]:
    """Run an uplink until the block ends; then stop it cleanly.

    :param waits: ``rare`` and ``trial`` of the uplink
    """
    run = Running(config, store, folder, backoff, handler, **waits)
    task = asyncio.create_task(run.uplink.run())
    try:
        yield run
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        run.worker.stop()
        store.close()
