"""The central office's processes, as they are started for use, and publishers of real records."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import create_engine, text

from edge.config.model import Broker
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import Packed
from edge.mqtt.reasons import BrokerUnavailable
from tests.brokers import HOST

_GARDU = (sys.executable, "-c", "from edge.commands.main import main; main()")
# A busy machine starts a process and its database slowly, real seconds.
PATIENCE_S = 240.0

# Messages in flight, as a checkpoint has at most.
_WINDOW = 10

LASTING = (
    "persistence true\npersistence_location {folder}/\n"
    "autosave_on_changes true\nautosave_interval 1"
)
"""A broker that keeps its queues when it is killed, as docs/mqtt.md has it."""


def write_config(folder: Path, port: int, database: str, more: str = "") -> Path:
    """Write an office's config into *folder*; return the file."""
    file = folder / "office.toml"
    file.write_text(
        f'[broker]\nurl = "mqtt://{HOST}:{port}"\n[database]\nurl = "{database}"\n{more}',
        encoding="utf-8",
    )
    return file


class OfficeProcess:
    """One process of `gardu office`; its log is in a file beside the config."""

    def __init__(self, config: Path, *words: str) -> None:
        self._config = config
        self._words = words
        self._file = config.parent / f"{'-'.join(words)}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._file.open("ab") as log:
            self._process = subprocess.Popen(
                [*_GARDU, "office", *self._words, "--config", str(self._config)],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """All that it has written, in all its runs."""
        return self._file.read_text(encoding="utf-8")

    def until(self, words: str, times: int = 1) -> None:
        """Return once it has written *words* so often."""
        wait_for(lambda: self.log.count(words) >= times, lambda: f"no {words!r} in: {self.log}")

    def end(self) -> int:
        """Stop it with SIGTERM; return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE_S)

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End it, and the processes that it has started, with SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE_S)


def wait_for(condition: Callable[[], object], why: Callable[[], str] = str) -> None:
    """Return once *condition* holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


def query(database: str, words: str) -> list[tuple[Any, ...]]:
    """Return the rows of the query *words*; none while there is no such table."""
    url = database.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(words))]
    finally:
        engine.dispose()


def publish(port: int, messages: Sequence[IncomingMessage]) -> None:
    """Publish *messages* as a checkpoint does: in order, until all are acknowledged."""
    publish_to(Broker(url=f"mqtt://{HOST}:{port}"), messages)


def publish_to(broker: Broker, messages: Sequence[IncomingMessage]) -> None:
    """Publish *messages* to *broker*, as :func:`publish` does."""
    asyncio.run(_publish(broker, messages))


async def _publish(broker: Broker, messages: Sequence[IncomingMessage]) -> None:
    waiting, in_flight = deque(messages), dict[int, IncomingMessage]()
    async with asyncio.timeout(2 * PATIENCE_S):
        while waiting or in_flight:
            link = Connection(broker, f"test-{broker.port}", 0)
            try:
                await link.open()
            except BrokerUnavailable:
                await asyncio.sleep(0.1)
                continue
            waiting.extendleft(reversed(in_flight.values()))
            in_flight.clear()
            await _send_all(link, waiting, in_flight)
            link.leave()


async def _send_all(
    link: Connection, waiting: deque[IncomingMessage], in_flight: dict[int, IncomingMessage]
) -> None:
    """Send until all are acknowledged, or the connection has ended."""
    come = asyncio.Event()
    link.on_pubacks = come.set
    while link.up and (waiting or in_flight):
        while waiting and len(in_flight) < _WINDOW and link.up:
            message = waiting.popleft()
            about = Packed(message.content_type, user=dict(message.user))
            mid = link.publish(message.topic, message.payload, about, retain=message.retain)
            if mid is None:
                waiting.appendleft(message)
            else:
                in_flight[mid] = message
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await come.wait()
        come.clear()
        while link.answers:
            answer = link.answers.popleft()
            message = in_flight.pop(answer.mid)
            assert not answer.answer.refused
            if answer.answer.no_subscriber:
                waiting.append(message)


@contextmanager
def in_background(call: Callable[[], None]) -> Iterator[threading.Thread]:
    """Run *call* on a thread; wait for its end, and raise its error."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised again on the test's thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(2 * PATIENCE_S)
    if errors:
        raise errors[0]
