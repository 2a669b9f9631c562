"""`gardu watch`: a subscriber that works as the central office does.

Shows a live board, or writes every record as one line of JSON (``--json``). It uses the
contract's consumer (edge/mqtt/consumer.py), so its gaps and duplicates are those of a real one.
"""

import asyncio
import json
import os
import signal
import sys
import uuid
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import typer
from paho.mqtt.client import MQTTMessage
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from edge.config.crosscheck.broker import unencrypted
from edge.config.model import Broker
from edge.errors import ProtocolError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.consumer import CheckpointView, Consumer, Seen
from edge.mqtt.messages import ROOT
from edge.mqtt.reasons import BrokerUnavailable, Reason

# Session expiry: how long the broker queues messages while disconnected, seconds.
SESSION_EXPIRY_S = 3600
# Interval at which the board is drawn and gaps are searched for, real seconds.
_REFRESH_S = 0.5
_BACKOFF = Backoff(0.5, 10.0)


class LiveBoard:
    """The live table of checkpoints on the terminal."""

    def __init__(self, consumer: Consumer, broker: str) -> None:
        self._consumer = consumer
        self._broker = broker
        self._live = Live(console=Console(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def seen(self, seen: Seen) -> None:
        """Do not draw: the board is drawn from the consumer's state by :meth:`refresh`."""

    def refresh(self, at: float) -> None:
        """Draw the board as of time *at*, seconds of the event loop's clock."""
        table = Table(title=f"Gardu checkpoints at {self._broker}", title_justify="left")
        table.add_column("checkpoint", no_wrap=True)
        for heading in (
            "status", "visits by step", "overdue", "alarms", "outcomes", "last", "gaps",
            "duplicates",
        ):  # fmt: skip
            table.add_column(heading, overflow="fold")
        for name, view in sorted(self._consumer.checkpoints.items()):
            table.add_row(name, *_cells(view, at))
        waiting = "" if self._consumer.checkpoints else "nothing heard yet"
        self._live.update(Group(table, waiting), refresh=True)


class RecordLines:
    """Writes each record as one line of JSON to stdout, without delay; duplicates are left out."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        sys.stdout.flush()

    def seen(self, seen: Seen) -> None:
        """Write the record in *seen*, unless it is a duplicate or not a record."""
        if seen.event is None or seen.duplicate:
            return
        at = asyncio.get_running_loop().time()
        gaps = self._consumer.gaps(at).get(seen.checkpoint)
        broken = self._consumer.checkpoints[seen.checkpoint].broken or None
        about = {"checkpoint": seen.checkpoint, "duplicate": False, "gap": gaps, "broken": broken}
        line = json.dumps({**seen.event, "gardu": about}, ensure_ascii=False)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def refresh(self, at: float) -> None:
        """Do not draw: lines are written on arrival."""


class Watch:
    """Connects, and reconnects for ever; passes every message to the consumer and the view."""

    def __init__(
        self, broker: Broker, root: str, session: str, *, keep: bool, as_json: bool
    ) -> None:
        self._broker = broker
        self._root = root
        self._session = session
        self._keep = keep
        self._consumer = Consumer(root)
        shown = f"{broker.host}:{broker.port}"
        self._view = RecordLines(self._consumer) if as_json else LiveBoard(self._consumer, shown)
        self._gaps: dict[str, list[tuple[int, int]]] = {}
        self._broken: dict[str, list[int]] = {}
        self._told = asyncio.Event()

    async def run(self) -> None:
        """Watch until SIGTERM, SIGINT or a closed stdout."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told.set)
        with self._view:
            tasks = [loop.create_task(self._connect()), loop.create_task(self._refresh())]
            stopped = loop.create_task(self._told.wait())
            done, _ = await asyncio.wait((*tasks, stopped), return_when=asyncio.FIRST_COMPLETED)
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.wait((*tasks, stopped))
        for task in done:
            task.result()

    async def _connect(self) -> None:
        failures = 0
        told: Reason | None = None
        while True:
            link = Connection(self._broker, self._session, SESSION_EXPIRY_S, on_message=self._take)
            try:
                await link.open()
            except BrokerUnavailable as error:
                why = error.reason
            else:
                failures = 0
                why = await self._listen(link)
            failures += 1
            delay = _BACKOFF.delay(failures)
            remedy = "" if why == told else f". {why.remedy}"
            told = why
            _print(f"broker {self._broker.host}:{self._broker.port}: {why}; trying again{remedy}")
            await asyncio.sleep(delay)

    async def _listen(self, link: Connection) -> Reason:
        try:
            link.subscribe(f"{self._root}/#")
            _print(f"listening to {self._root}/# at {self._broker.host}:{self._broker.port}")
            while link.up:
                link.changed.clear()
                await link.changed.wait()
        finally:
            link.leave(end_session=not self._keep)
        why = link.subscription_error or link.why
        assert why is not None
        return why

    def _take(self, message: MQTTMessage) -> None:
        """Process one message; paho sends its PUBACK when this returns."""
        properties = message.properties
        attributes = dict(getattr(properties, "UserProperty", []))
        content = getattr(properties, "ContentType", "")
        at = asyncio.get_running_loop().time()
        try:
            payload = bytes(message.payload)
            self._view.seen(self._consumer.take(message.topic, payload, attributes, content, at))
        except ProtocolError as error:
            _print(f"not as the contract says: {error}")
        except BrokenPipeError:  # as of `gardu watch --json | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._told.set()

    async def _refresh(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._view.refresh(loop.time())
            gaps = self._consumer.gaps(loop.time())
            for name, missing in gaps.items():
                if missing != self._gaps.get(name):
                    _print(f"gap at {name}: {_ranges(missing)} did not come")
            self._gaps = gaps
            self._tell_broken()
            await asyncio.sleep(_REFRESH_S)

    def _tell_broken(self) -> None:
        """Print each break of a chain that was found since the last call."""
        for name, view in self._consumer.checkpoints.items():
            new = set(view.broken).difference(self._broken.get(name, []))
            for sequence in sorted(new):
                _print(
                    f"broken chain at {name}: record {sequence} or the one before it was changed"
                )
            self._broken[name] = view.broken


def watch(
    broker: Annotated[
        str,
        typer.Option(help="The broker: mqtt://[user@]host[:port], or mqtts:// for TLS."),
    ] = "mqtt://127.0.0.1:1883",
    *,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="One CloudEvent per line on stdout instead of the board, without duplicates; the "
            'added key "gardu" has the checkpoint and its gaps. Gaps are also printed on stderr.',
        ),
    ] = False,
    topic_root: Annotated[
        str, typer.Option(help="The first levels of the topics, before site and checkpoint.")
    ] = ROOT,
    session: Annotated[
        str | None,
        typer.Option(
            help="Name of a session that the broker stores for an hour: messages sent while this "
            "was stopped arrive at the next start. Two watchers must not share a name."
        ),
    ] = None,
    ca_file: Annotated[str, typer.Option(help="TLS: certificate of the broker's authority.")] = "",
    cert_file: Annotated[str, typer.Option(help="TLS: the client certificate.")] = "",
    key_file: Annotated[str, typer.Option(help="TLS: the client's key.")] = "",
    password_file: Annotated[
        str, typer.Option(help="A file with the password, so that `ps` does not show it.")
    ] = "",
) -> None:
    """Watch checkpoints report: open visits by step, overdue steps, alarms, gaps, broken chains.

    Reconnects for ever; the broker stores the messages meanwhile, for up to an hour. Ctrl-C ends
    it.

    Example: gardu watch --broker mqtt://127.0.0.1:1883 --json | jq .type
    """
    try:
        settings = _broker(broker)
    except ValueError as error:
        typer.echo(f"--broker {broker}: {error}", err=True)
        raise typer.Exit(2) from None
    settings = Broker(
        url=settings.url,
        username=settings.username,
        password_file=password_file,
        ca_file=ca_file,
        cert_file=cert_file,
        key_file=key_file,
    )
    for key, problem in unencrypted(settings):
        typer.echo(f"--{key.replace('_', '-')}: {problem}", err=True)
        raise typer.Exit(2)
    name = session or f"gardu-watch-{uuid.uuid4().hex[:12]}"
    root, keep = topic_root.strip("/"), session is not None
    asyncio.run(Watch(settings, root, name, keep=keep, as_json=as_json).run())


def _broker(url: str) -> Broker:
    """Return the broker that *url* names.

    :raises ValueError: if it names none; the message is the reason
    """
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts"):
        raise ValueError("must begin with mqtt:// or mqtts://")
    if not parts.hostname:
        raise ValueError("names no host, as in mqtt://broker.example:1883")
    if parts.port == 0:
        raise ValueError("port 0 is no port")
    if parts.password:
        raise ValueError("give the password with --password-file: `ps` would show it here")
    return Broker(url=url, username=parts.username or "")


def _cells(view: CheckpointView, at: float) -> list[str]:
    gaps = view.gaps(at)
    return [
        f"{view.status} (session {view.session})",
        _steps(view),
        ", ".join(sorted({step for _, step in view.overdue})),
        ", ".join(sorted(view.alarms)),
        ", ".join(f"{outcome} {count}" for outcome, count in sorted(view.outcomes.items())),
        str(view.last),
        _missing(gaps, view.broken),
        str(view.counts["duplicates"]),
    ]


def _steps(view: CheckpointView) -> str:
    """Return the open visits by step, as the checkpoint counts them, or else their number only."""
    if view.occupancy:
        steps: list[dict[str, Any]] = view.occupancy.get("steps", [])
        return ", ".join(f"{one['step']} {one['visits']}" for one in steps) or "none"
    return f"{len(view.visits)} open" if view.visits else "none"


def _missing(gaps: list[tuple[int, int]], broken: list[int]) -> str:
    chain = f"chain broken at {', '.join(map(str, broken))}" if broken else ""
    return "; ".join(part for part in (_ranges(gaps), chain) if part)


def _ranges(gaps: list[tuple[int, int]]) -> str:
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in gaps)


def _print(words: str) -> None:
    sys.stderr.write(f"gardu watch: {words}\n")
    sys.stderr.flush()
