"""Heartbeat: reports to systemd that the daemon lives, and to the office its health."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge import waits
from edge.clock import Clock
from edge.config.model import HEALTH_EXPIRY_S, Config
from edge.daemon.bridge import Bridge
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.config_watch import ConfigWatch
from edge.daemon.health import health
from edge.daemon.log_writer import lines_dropped
from edge.daemon.machine.watch import MachineWatch
from edge.daemon.reload import Reload
from edge.daemon.start_wait import report_wait
from edge.daemon.systemd import notify, watchdog_seconds
from edge.mqtt.uplink import Uplink
from edge.store.patient_worker import PatientWorker

log = logging.getLogger(__name__)

# An event that has not been handled for this long (real seconds) means a hung disk: let systemd
# restart the daemon.
STUCK_S = 20.0

# How soon `systemctl status` shows a change (real seconds).
STATUS_S = 2.0

States = Callable[[], dict[str, str]]
"""Returns the state of each device."""


def present_health(
    config: Config,
    clock: Clock,
    checkpoint: Checkpoint,
    states: States,
    bridge: Bridge,
    uplink: Uplink,
    reload: Reload,
    machine: MachineWatch,
    config_watch: ConfigWatch,
) -> dict[str, Any]:
    """Return the document ``health`` of this moment."""
    return health(
        clock,
        Path(config.checkpoint.data),
        devices=states(),
        refusals=checkpoint.state.refusals,
        uplink=uplink.counts,
        last_outage=uplink.outage.last,
        procedures=reload.shown(),
        config_refused=config_watch.refused,
        events_waiting=bridge.waiting,
        events_dropped=bridge.dropped,
        log_lines_dropped=lines_dropped(),
        machine=machine.document(),
    )


async def report_health(
    config: Config, clock: Clock, uplink: Uplink, present: Callable[[], dict[str, Any]]
) -> None:
    """Publish ``health`` every ``reporting.health_s``.

    :param present: returns the document of that moment
    """
    while True:
        uplink.show("health", present(), expiry_s=HEALTH_EXPIRY_S)
        await clock.pause(config.reporting.health_s)


async def report_to_systemd(
    checkpoint: Checkpoint,
    states: States,
    uplink: Uplink,
    reload: Reload,
    config_watch: ConfigWatch,
    worker: PatientWorker,
) -> None:
    """Update the line of ``systemctl status`` (visits, broker, faults) whenever it changes.

    While the database cannot be used it shows why, and extends a start that is under way.
    """
    told = ""
    while True:
        if worker.waiting:
            told = worker.waiting
            report_wait(told)
            await asyncio.sleep(STATUS_S)
            continue
        bad = sorted(name for name, state in states().items() if state != "ok")
        link = "connected" if uplink.connected else "connecting"
        link = f"no broker ({uplink.outage.why})" if uplink.outage.why else link
        trouble = f", not working: {', '.join(bad)}" if bad else ""
        trouble += ", new procedures refused" if reload.problem else ""
        trouble += ", changed config is bad: run gardu check" if config_watch.refused else ""
        status = f"STATUS={len(checkpoint.state.visits)} open visits, {link}{trouble}"
        if status != told:
            notify(status)
            told = status
        await waits.pause_checks(STATUS_S)


async def watch_over(checkpoint: Checkpoint, bridge: Bridge, worker: PatientWorker) -> None:
    """Notify systemd's watchdog while the loop runs and the consumer goes on.

    It goes on if it handles events, or tries again to: a disk may be full, a database held.
    """
    every = watchdog_seconds()
    if every is None:
        return
    loop = asyncio.get_running_loop()
    done, since = (0, 0), loop.time()
    while True:
        if bridge.waiting == 0 or done != (checkpoint.handled, worker.tries):
            done, since = (checkpoint.handled, worker.tries), loop.time()
        if loop.time() - since < STUCK_S:
            notify("WATCHDOG=1")
        else:
            log.error("no event was handled for %g s; leaving it to the watchdog", STUCK_S)
        await asyncio.sleep(every)
