"""Check of the broker: its files, then all that the daemon will do there.

While the daemon runs, it is asked instead. A broker may give every client of one certificate or
user name the same client id (mosquitto: ``use_username_as_clientid``): a trial would then end the
daemon's connection.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.commands.ask import ask_link
from edge.commands.doctor.broker_trial import DEVICE, Trial
from edge.commands.doctor.finding import Finding
from edge.config.model import Config
from edge.daemon.health import meta
from edge.daemon.procedures import fitting_procedures
from edge.errors import ConfigError, DeviceUnavailable, ProtocolError, StoreError
from edge.mqtt.credentials import examine_credentials
from edge.store.data_folder import FolderLock

_STOP = (
    "To try all that the daemon does there: sudo systemctl stop gardu, gardu doctor broker, "
    "sudo systemctl start gardu."
)


def broker(config: Config) -> Iterator[Finding]:
    """Check that the broker lets the daemon do all that it must.

    The daemon must be stopped for it: the data folder is locked meanwhile.
    """
    yield from _files(config)
    folder = Path(config.checkpoint.data)
    try:
        lock = FolderLock(folder) if folder.is_dir() else None
    except (StoreError, OSError) as error:
        yield _asked(folder, str(error))
        return
    try:
        yield from _tried(config)
    finally:
        if lock is not None:
            lock.release()


def _files(config: Config) -> Iterator[Finding]:
    for remark in examine_credentials(
        config.broker, dt.datetime.now(dt.UTC), config.checkpoint.identity
    ):
        if remark.bad:
            saw = f"{remark.key}: {remark.text}."
            yield Finding(DEVICE, "wrong", saw, "Correct or replace this file in [broker].")
        else:
            yield Finding(DEVICE, "ok", f"Note: {remark.key}: {remark.text}.")


def _asked(folder: Path, locked: str) -> Finding:
    """Return the state that the running daemon reports."""
    try:
        state = ask_link(folder)
    except (DeviceUnavailable, ProtocolError) as error:
        saw = f"Not tried, and the daemon cannot be asked: {error}."
        try_ = "Run this as the daemon's user: sudo -u gardu gardu doctor broker."
        return Finding(DEVICE, "skipped", saw, try_)
    if state is None:
        return Finding(DEVICE, "skipped", f"Not tried: {locked}.", _STOP)
    if state.connected:
        return Finding(DEVICE, "ok", "The daemon says: it is connected.", _STOP)
    if not state.why:
        return Finding(DEVICE, "unknown", "The daemon says: it is connecting.", _STOP)
    return Finding(DEVICE, "wrong", f"The daemon says: {state.why}.", f"{state.remedy} {_STOP}")


def _tried(config: Config) -> Iterator[Finding]:
    # What the connection logs is in the findings.
    logging.getLogger("edge.mqtt").addHandler(logging.NullHandler())
    own = f"gardu-{config.checkpoint.site}-{config.checkpoint.id}"
    trial = Trial(config, f"{config.broker.client_id or own}-doctor")
    asyncio.run(trial.run(_birth(config)))
    yield from trial.findings


def _birth(config: Config) -> dict[str, Any] | None:
    """Return the document of ``meta``; None if the procedures cannot be read."""
    try:
        return meta(config, list(fitting_procedures(config).procedures.values()))
    except ConfigError:
        return None
