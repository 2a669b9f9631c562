"""The checkpoint's own documents: ``health``, published every minute, and ``meta``, at birth."""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

import edge
from edge.clock import Clock
from edge.config.hosts import hosts
from edge.config.model import Config
from edge.daemon.machine.heat import temperature
from edge.daemon.procedures import wording_of
from edge.daemon.rules import fitted_inputs
from edge.mqtt.messages import document
from edge.mqtt.outage import LastOutage
from edge.sop.procedures.model import Procedure
from edge.sop.records import KINDS
from edge.sop.wording import published


def health(
    clock: Clock,
    folder: Path,
    *,
    devices: dict[str, str],
    refusals: dict[str, int],
    uplink: dict[str, Any],
    procedures: dict[str, Any],
    config_refused: bool,
    events_waiting: int,
    events_dropped: int,
    last_outage: LastOutage | None = None,
    log_lines_dropped: int = 0,
    machine: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the present health: devices, queues, procedures, disk, machine, clock.

    :param config_refused: the config file was changed, and the next start would refuse it
    :param last_outage: why there was no broker the last time (edge/mqtt/reasons.py), and when
    :param machine: power, card and battery-backed clock (edge/daemon/machine/readings.py)
    """
    now = clock.now()
    return {
        "time": now.iso(),
        "clock_synced": now.synced,
        "clock_error_ms": now.error_ms,
        "devices": devices,
        "refusals": refusals,
        "uplink": uplink,
        "last_outage": last_outage and document(last_outage),
        "procedures": procedures,
        "config_refused": config_refused,
        "events_waiting": events_waiting,
        "events_dropped": events_dropped,
        "log_lines_dropped": log_lines_dropped,
        "disk_free_bytes": free_bytes(folder),
        "temperature_c": temperature(),
        "memory_bytes": resident_bytes(),
        **(machine or {}),
    }


def meta(config: Config, procedures: list[Procedure]) -> dict[str, Any]:
    """Return the document of the birth: versions, procedures, equipment, reasons, schemas.

    :raises ConfigError: if the wording of the reasons cannot be read
    """
    return {
        "software": "gardu",
        "version": edge.__version__,
        "place": config.checkpoint.place,
        "procedures": [
            {"id": p.id, "version": p.version, "title": p.title.id, "steps": len(p.steps)}
            | ({"values": msgspec.to_builtins(p.values)} if p.values else {})
            for p in procedures
        ],
        "hosts": [
            {"id": host.id, "title": host.title, "procedures": host.procedures}
            for host in hosts(config)
        ],
        "equipment": {
            "lockers": len(config.lockers.locker) if config.lockers else 0,
            "metal_detector": bool(config.detectors),
            "metal_detectors": sorted(config.metal_detectors),
            "aiphones": sorted(config.aiphone),
            "card_readers": sorted(config.card_readers),
            "scanners": sorted(config.scanners),
            "doors": sorted(config.doors),
            "safety_inputs": sorted(fitted_inputs(config)),
            "panels": sorted(config.panels),
            "cameras": sorted(config.cameras),
            "visitor_cards": len(config.cards.visitor),
            **_card_pools(config),
        },
        "reasons": published(wording_of(config), {host.id: host.title for host in config.hosts}),
        "schemas": sorted(KINDS),
    }


def _card_pools(config: Config) -> dict[str, dict[str, int]]:
    """Return the number of cards of each further pool, if there are any."""
    pools = {name: len(cards) for name, cards in config.cards.pools.items()}
    return {"card_pools": pools} if pools else {}


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk below *folder*, bytes; 0 if the folder is away."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def resident_bytes() -> int | None:
    """Return this process's resident memory in bytes (``/proc/self/statm``, second field).

    None if no file can be opened now.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
