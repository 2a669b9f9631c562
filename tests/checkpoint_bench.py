"""A checkpoint on a real store and worker, with fakes for outputs and uplink."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.daemon.bridge import Bridge
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.timers import Timers
from edge.mqtt.fast_path import NONE_SENT, Sent
from edge.sop.effects import Effect
from edge.store.still_files import StillFiles
from edge.store.store import OutboxRow, Store
from edge.worker import Worker
from tests.sop.stand import rules

SOURCE = "/gardu/test/lobby"


class Journal:
    """Fake outputs and live topics that record their calls, in order."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def carry_out(self, effect: Effect) -> None:
        """Record an effect."""
        self.lines.append(effect)


class Lamps(Journal):
    """The outputs of the checkpoint."""

    def show(self, panel: str, mode: str) -> None:
        """Record a lamp's mode."""
        self.lines.append((panel, mode))

    def light(self, lit: dict[str, bool]) -> None:
        """Ignore the lamps of hosts."""


class Topics(Journal):
    """The uplink: live topics, and records."""

    def prepare(self, rows: Sequence[OutboxRow]) -> None:
        """Record the outbox's new rows; leave them to the loop."""
        self.lines.append(("prepare", [row.topic for row in rows]))

    def send(self) -> Sent:
        """Send nothing from the worker's thread."""
        return NONE_SENT

    def cancel(self) -> Sent:
        """Record that the rows were not committed."""
        self.lines.append(("cancel",))
        return NONE_SENT

    def committed(self, rows: Sequence[OutboxRow], sent: Sent, *, stills: bool) -> None:
        """Record the rows that were left, and whether there are stills."""
        self.lines.append(("committed", len(rows), stills))

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Record a topic."""
        self.lines.append((suffix, payload))


class Bench:
    """A checkpoint on a real store, with fakes for outputs and topics."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.clock = Clock()
        self.store = Store(folder, SOURCE, self.clock)
        self.worker = Worker("store")
        self.outputs, self.live = Lamps(), Topics()
        self.bridge = Bridge(loop, self.clock, self.worker)
        self.timers = Timers(loop, self.clock, self.bridge.post)
        self.open_visits: list[set[str]] = []
        self.checkpoint = Checkpoint(
            rules(),
            bridge=self.bridge,
            store=self.store,
            worker=self.worker,
            timers=self.timers,
            outputs=self.outputs,
            live=self.live,
            stills=StillFiles(folder),
            on_visits_ended=lambda visits: self.open_visits.append(set(visits)),
        )

    async def send(self, *kinds: Any) -> None:
        """Handle events, each made from the present moment."""
        for make in kinds:
            await self.checkpoint.decide(make(self.clock.now()))

    def close(self) -> None:
        """Stop threads and close files."""
        self.timers.stop()
        self.worker.stop()
        self.store.close()
