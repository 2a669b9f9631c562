"""Heartbeat: reports to systemd that the daemon lives, and to the office its health."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from edge.clock import Clock
from edge.config.model import HEALTH_EXPIRY_S, Config
from edge.daemon.bridge import Bridge
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.health import health
from edge.daemon.reload import Reload
from edge.daemon.systemd import notify, watchdog_seconds
from edge.mqtt.uplink import Uplink
from edge.store.disk_space import Space

log = logging.getLogger(__name__)

# An event that has not been handled for this long (real seconds) means a hung disk: let systemd
# restart the daemon.
STUCK_S = 20.0

# How soon `systemctl status` shows a change (real seconds).
STATUS_S = 2.0

States = Callable[[], dict[str, str]]
"""Returns the state of each device."""


async def report_health(
    config: Config,
    clock: Clock,
    checkpoint: Checkpoint,
    states: States,
    bridge: Bridge,
    uplink: Uplink,
    reload: Reload,
) -> None:
    """Publish ``health`` every ``reporting.health_s``."""
    folder = Path(config.checkpoint.data)
    while True:
        report = health(
            clock,
            folder,
            devices=states(),
            refusals=checkpoint.state.refusals,
            uplink=uplink.counts,
            last_outage=uplink.outage.last,
            procedures=reload.shown(),
            events_waiting=bridge.waiting,
            events_dropped=bridge.dropped,
        )
        uplink.show("health", report, expiry_s=HEALTH_EXPIRY_S)
        await clock.pause(config.reporting.health_s)


async def report_to_systemd(
    checkpoint: Checkpoint, states: States, uplink: Uplink, reload: Reload
) -> None:
    """Update the line of ``systemctl status`` (visits, broker, faults) whenever it changes."""
    told = ""
    while True:
        bad = sorted(name for name, state in states().items() if state != "ok")
        link = "connected" if uplink.connected else "connecting"
        link = f"no broker ({uplink.outage.why})" if uplink.outage.why else link
        trouble = f", not working: {', '.join(bad)}" if bad else ""
        trouble += ", new procedures refused" if reload.problem else ""
        status = f"STATUS={len(checkpoint.state.visits)} open visits, {link}{trouble}"
        if status != told:
            notify(status)
            told = status
        await asyncio.sleep(STATUS_S)


async def watch_over(checkpoint: Checkpoint, bridge: Bridge, space: Space) -> None:
    """Notify systemd's watchdog while the loop runs and the consumer goes on, or waits for room."""
    every = watchdog_seconds()
    if every is None:
        return
    loop = asyncio.get_running_loop()
    handled, since = checkpoint.handled, loop.time()
    while True:
        if checkpoint.handled != handled or bridge.waiting == 0 or space.waiting:
            handled, since = checkpoint.handled, loop.time()
        if loop.time() - since < STUCK_S:
            notify("WATCHDOG=1")
        else:
            log.error("no event was handled for %g s; leaving it to the watchdog", STUCK_S)
        await asyncio.sleep(every)
