"""The victim, a process to be killed: real store, core, checkpoint and uplink; guests by dice.

It has no pins; its unlocks go to the journal (soak/journal.py) instead. Thousands of starts are
cheap because each is a fork of a server that has everything imported.
"""

import asyncio
import logging
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.daemon.bridge import Bridge
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.last_good_procedures import adopt, read
from edge.daemon.log_writer import LogWriter
from edge.daemon.rules import make_rules
from edge.daemon.timers import Timers
from edge.errors import StoreUnavailable
from edge.mqtt.backoff import Backoff
from edge.mqtt.uplink import Uplink
from edge.sop.effects import Effect, UnlockLocker
from edge.store.cloudevent import source
from edge.store.outbox import OutboxRow
from edge.store.patient_worker import PatientWorker
from edge.store.still_files import StillFiles
from edge.store.store import Store
from soak.guests import happen
from soak.set_clock import SetClock

T = TypeVar("T")

JOURNAL = "journal"
QUICK = Backoff(0.02, 0.2)
# Read once, in the server that victims are forked from.
CONFIG = load_config(default_config_folder() / "gardu.toml", elsewhere=True)
ADOPTED = read(CONFIG)
PROCEDURES = ADOPTED.procedures
# Real seconds between two events, at most: some hundreds of events a second.
_PACE_S = 0.005
# Real seconds between two tries of a start while another program holds the database.
_AGAIN_S = 0.05
# How often several events come at once, and how many at most: they are committed together.
_BURSTS, _BURST = 0.05, 100


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The orders for a victim.

    :ivar broker: settings of ``[broker]`` that differ from the usual, ``url`` above all
    :ivar clock: the value of ``GARDU_CLOCK``, so that every victim of a folder shares one time
    :ivar guests: seed of the guests that come; None: no guests come
    :ivar stalled_log: the log goes to a pipe whose reader has stopped
    """

    folder: str
    broker: dict[str, Any]
    clock: tuple[float, int, int]
    guests: int | None
    stalled_log: bool = False


def start(orders: Orders) -> BaseProcess:
    """Start a victim; it runs until it is killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soak.victim"])
    process = context.Process(target=_main, args=(orders,), daemon=True)
    process.start()
    return process


def victim_config(orders: Orders) -> Config:
    """Return the config that comes with Gardu, reporting to the victim's broker."""
    broker = msgspec.structs.replace(CONFIG.broker, **orders.broker)
    return msgspec.structs.replace(CONFIG, broker=broker)


class Journal:
    """The journal of this process, in a file that outlives it: a line of JSON per fact."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        # A kill may have cut the last line of the previous process.
        os.write(self._file, b"\n")

    def tell(self, **fact: Any) -> None:
        """Write *fact*; once this returns, a SIGKILL cannot undo it."""
        os.write(self._file, msgspec.json.encode(fact) + b"\n")


class JournalledStore(Store):
    """The store; it writes every commit to the journal, once as requested and once as done."""

    def __init__(self, folder: Path, config: Config, clock: Clock, journal: Journal) -> None:
        super().__init__(folder, source(config), clock)
        self._journal = journal

    def commit(self, **change: Any) -> list[OutboxRow]:
        """Commit as the store does."""
        kept = ("checkpoint", "parts", "visits")
        self._journal.tell(wants={name: change[name] for name in kept})
        rows = super().commit(**change)
        self._journal.tell(did=[(row.sequence, row.id) for row in rows])
        return rows


class JournalledOutputs:
    """Replaces the pins: an unlock is a line of the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def carry_out(self, effect: Effect) -> None:
        """Write an unlock to the journal; ignore all other effects."""
        if isinstance(effect, UnlockLocker):
            self._journal.tell(pulse=(effect.locker, effect.visit))

    def show(self, panel: str, mode: str) -> None:
        """Ignore the lamps."""

    def light(self, lit: dict[str, bool]) -> None:
        """Ignore the lamps of hosts."""


def _main(orders: Orders) -> None:
    if orders.stalled_log:
        _reader, writer = os.pipe()
        logging.basicConfig(level=logging.INFO, handlers=[LogWriter(writer)])
    else:
        logging.basicConfig(filename=Path(orders.folder) / "victim.log")
    asyncio.run(_work(orders))


async def _work(orders: Orders) -> None:
    """Wire everything as edge/daemon/run.py does, with guests in place of devices."""
    loop, folder = asyncio.get_running_loop(), Path(orders.folder)
    clock, config = SetClock(folder, *orders.clock), victim_config(orders)
    journal = Journal(folder)
    store = _when_available(lambda: JournalledStore(folder, config, clock, journal))
    _when_available(lambda: adopt(store, ADOPTED))
    worker = PatientWorker("store", store)
    bridge = Bridge(loop, clock, worker)
    uplink = Uplink(
        config, store, worker, clock, bridge.post, folder, QUICK, rare=QUICK, trial=QUICK
    )
    uplink.show("meta", {"software": "gardu"})
    uplink.show("health", {"time": "now"})
    checkpoint = Checkpoint(
        make_rules(config, PROCEDURES, store),
        bridge=bridge,
        store=store,
        worker=worker,
        timers=Timers(loop, clock, bridge.post),
        outputs=JournalledOutputs(journal),
        live=uplink,
        stills=StillFiles(folder),
    )
    await checkpoint.start(clock.now())
    async with asyncio.TaskGroup() as group:
        group.create_task(checkpoint.run())
        group.create_task(uplink.run())
        if orders.guests is not None:
            group.create_task(_come(checkpoint, bridge, clock, orders.guests))


def _when_available(call: Callable[[], T]) -> T:
    """Return the result of *call*, tried until no other program holds the database."""
    while True:
        try:
            return call()
        except StoreUnavailable:
            time.sleep(_AGAIN_S)


async def _come(checkpoint: Checkpoint, bridge: Bridge, clock: Clock, seed: int) -> None:
    """Post random events of guests for ever; now and then many at once."""
    dice = Random(seed)  # noqa: S311 - play, not secrets
    while True:
        for _ in range(dice.randint(2, _BURST) if dice.random() < _BURSTS else 1):
            event = happen(checkpoint.rules, checkpoint.state, clock.now(), dice)
            bridge.post(lambda _at, event=event: event)  # type: ignore[misc]
        await asyncio.sleep(dice.uniform(0, _PACE_S))
