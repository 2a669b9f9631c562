"""The session of `gardu watch`: receives, has records written, and acknowledges them.

Rules
-----
1. A message is acknowledged after its record was written (office/watch/lines.py), in the
   order of arrival. What is not acknowledged comes again while the broker stores the session.
2. The broker sends at most ``RECEIVE.most`` messages beyond those. Messages of QoS 0 have no such
   limit: if the output is too slow for them, they are dropped and counted.
3. Writing and drawing have a thread each, so that a slow output does not delay the reception.
4. A failed write ends the command. The session stays at the broker, under a name that is printed.
5. Two watchers of one session cut each other off: the one that was cut off waits long, and longer
   each time, before it connects again. Some brokers give the reason (0x8E, session taken over).
   Others only close the connection (mosquitto 2.0.11): then a named session that ends
   ``_MOST_SHORT`` times in a row soon after its beginning counts as shared.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from edge.config.model import Broker
from edge.errors import ProtocolError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import Filter, Receive
from edge.mqtt.paho_client import RefusedPacket
from edge.mqtt.reasons import BrokerUnavailable, Reason
from edge.worker import Worker
from office.watch.attention import ranges
from office.watch.board import CONNECTED
from office.watch.consumer import Consumer
from office.watch.lines import OutputFailed, RecordLines, line_of
from office.watch.screen import PlainLines, Screen, Show, write_message

# Session expiry: how long the broker queues messages while disconnected, seconds.
SESSION_EXPIRY_S = 3600
# Twice the largest message that the office's broker accepts (docs/mqtt.md), bytes.
RECEIVE = Receive(most=100, largest=2 * 2**20, by_hand=True)
# Interval at which the board is drawn and gaps are searched for, real seconds; and the longest
# time without a drawing.
REFRESH_S = 0.25
_REDRAW_S = 5.0
# Interval of the check whether the subscription was refused, real seconds.
_SUBSCRIBED_S = 1.0
# Time for the last records to be written at the end, real seconds.
_END_S = 2.0
# Lines that wait for the output, of messages that the broker does not hold back (QoS 0).
_MOST_WAITING = 10_000
# Messages about refused messages in one interval; more are only counted.
_MOST_NAMED = 25
_BACKOFF = Backoff(0.5, 10.0)
_SHARED = Backoff(60.0, 900.0)
# A connection that the broker ends within this time is a short one, real seconds.
_SHORT_S = 20.0
_MOST_SHORT = 3


class Arrived(NamedTuple):
    """A message that is not acknowledged, and the line to write for it."""

    link: Connection
    mid: int
    qos: int
    line: str | None


class View(Protocol):
    """Shows messages; a board shows the checkpoints too."""

    def show_message(self, words: str) -> None:
        """Show a message."""


class Messages:
    """No board: messages on stderr only."""

    def show_message(self, words: str) -> None:
        """Print a message."""
        write_message(words)


class Watch:
    """Connects, and reconnects for ever; passes every message to the consumer and the outputs.

    :param session: the name of the session at the broker
    :param keep: the broker stores the session after the end
    :param board: shows the checkpoints; None: messages only
    :param lines: writes the records; None: they are not written
    """

    def __init__(
        self, broker: Broker, root: str, session: str, consumer: Consumer, *, keep: bool,
        board: Screen | PlainLines | None, lines: RecordLines | None,
    ) -> None:  # fmt: skip
        self._broker, self._root, self._session, self._keep = broker, root, session, keep
        self._consumer = consumer
        self._board, self._lines = board, lines
        self._view: View = board or Messages()
        self._state = "connecting"
        self._link: Connection | None = None
        self._waiting: list[Arrived] = []
        self._arrived, self._stop_asked = asyncio.Event(), asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._redraw = asyncio.Event()
        self._gaps: dict[str, list[tuple[int, int]]] = {}
        self._broken: dict[str, set[int]] = {}
        self._refused = self._dropped = 0
        self._writer, self._drawer = Worker("write"), Worker("draw")

    async def run(self) -> None:
        """Watch until SIGTERM, SIGINT or SIGHUP.

        :raises OutputFailed: if an output failed
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop_asked.set)
        loop.add_signal_handler(signal.SIGWINCH, self._redraw.set)
        shown: AbstractContextManager[object] = self._board or contextlib.nullcontext()
        shown.__enter__()
        writing = loop.create_task(self._write())
        others = [loop.create_task(self._connect()), loop.create_task(self._refresh())]
        stopped = loop.create_task(self._stop_asked.wait())
        tasks = (writing, *others, stopped)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done() and not writing.done():
                await self._write_the_rest(writing)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            self._leave(failure := _failure(results))
            await self._close(shown)
        if failure is not None:
            raise failure

    # -- the connection

    async def _connect(self) -> None:
        failures = short = shared = 0
        where = f"{self._broker.host}:{self._broker.port}"
        while True:
            link = Connection(
                self._broker, self._session, SESSION_EXPIRY_S, on_message=self._take,
                receive=RECEIVE, on_refused=self._on_refused,
            )  # fmt: skip
            self._link = link
            lasted_s = 0.0
            try:
                await link.open()
            except BrokerUnavailable as error:
                why = f"{error}. {error.reason.remedy}"
            else:
                failures, began = 0, asyncio.get_running_loop().time()
                why = await self._listen(link, where)
                lasted_s = asyncio.get_running_loop().time() - began
            short = short + 1 if link.hung_up and lasted_s < _SHORT_S else 0
            shared = 0 if lasted_s > _SHARED.most_s else shared
            taken_over = link.why is not None and link.why.word == "session-taken-over"
            if taken_over or (self._keep and short >= _MOST_SHORT):
                shared += 1
                delay_s = _SHARED.delay(shared)
                self._report_shared(delay_s, certain=taken_over)
            else:
                failures += 1
                delay_s = _BACKOFF.delay(failures)
                self._set_state(f"not connected: {why}")
                self._view.show_message(f"broker {where}: {why}; trying again")
            await asyncio.sleep(delay_s)

    async def _listen(self, link: Connection, where: str) -> str:
        link.subscribe([Filter(f"{self._root}/#")])
        self._set_state(CONNECTED)
        self._view.show_message(f"listening to {self._root}/# at {where}")
        refused: Reason | None = None
        while link.up:
            link.changed.clear()
            if link.subscription_error != refused and link.subscription_error is not None:
                refused = link.subscription_error
                words = f"subscription refused: {refused}"
                self._set_state(f"{self._root}/#: {words}")
                self._view.show_message(f"{self._root}/# at {where}: {words}. {refused.remedy}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SUBSCRIBED_S):
                    await link.changed.wait()
        return str(refused or link.why)

    def _report_shared(self, delay_s: float, *, certain: bool) -> None:
        self._set_state(f"cut off: session {self._session} is used twice")
        other = "another client" if certain else "probably another client"
        self._view.show_message(
            f'{other} uses the session "{self._session}" (its client id) at this broker and cuts '
            "this one off. Stop one of the two, or start one with another --session NAME: while "
            f"both run, each receives a part of the records. Trying again in {delay_s:.0f} s"
        )

    def _leave(self, failure: OutputFailed | None) -> None:
        """Disconnect; after a failed write the broker stores the session in any case."""
        if self._link is None:
            return
        lost = failure is not None and not failure.reader_gone
        self._link.leave(end_session=not (self._keep or lost))
        if lost and not self._keep:
            write_message(
                f"what was not written stays at the broker for an hour: --session {self._session}"
            )

    # -- messages

    def _take(self, message: IncomingMessage) -> None:
        """Pass a message to the consumer; it is acknowledged later (rule 1)."""
        assert self._link is not None
        line = self._line(message)
        if message.qos == 0 and len(self._waiting) >= _MOST_WAITING:
            self._dropped += line is not None
            return
        if line is not None or message.qos:
            self._waiting.append(Arrived(self._link, message.mid, message.qos, line))
            self._arrived.set()
            self._written.clear()

    def _line(self, message: IncomingMessage) -> str | None:
        at = asyncio.get_running_loop().time()
        self._redraw.set()
        try:
            seen = self._consumer.take(
                message.topic, message.payload, dict(message.user), message.content_type, at
            )
            return line_of(seen, self._consumer, at) if self._lines is not None else None
        except (ProtocolError, UnicodeError) as error:
            self._refuse(str(error))
            return None

    def _on_refused(self, refused: RefusedPacket) -> None:
        self._refuse(f"{refused.word} {refused.topic}: {refused.why}")

    def _refuse(self, why: str) -> None:
        self._refused += 1
        if self._refused <= _MOST_NAMED:
            self._view.show_message(f"not as the contract says: {why}")

    async def _write(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            batch, self._waiting = self._waiting, []
            lines = [one.line for one in batch if one.line is not None]
            if self._lines is not None and lines:
                await self._writer.do(self._lines.write, lines)
            for one in batch:
                if one.qos:
                    one.link.acknowledge(one.mid, one.qos)
            if not self._waiting:
                self._written.set()

    async def _write_the_rest(self, writing: "asyncio.Task[None]") -> None:
        """Wait until what has arrived is written and acknowledged, for ``_END_S`` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                written = asyncio.create_task(self._written.wait())
                await asyncio.wait((written, writing), return_when=asyncio.FIRST_COMPLETED)
                written.cancel()

    # -- what is shown

    async def _refresh(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at = loop.time()
            self._report_gaps(at)
            self._report_broken(self._consumer.changed)
            self._report_refused()
            await self._draw_board(at)
            await asyncio.sleep(REFRESH_S)
            await self._change()

    async def _draw_board(self, at: float) -> None:
        changed, self._consumer.changed = self._consumer.changed, set()
        if self._board is not None:
            show = self._board.frame(changed | self._consumer.incomplete, at, self._state)
            if show is not None:
                await self._draw(show)

    async def _draw(self, show: Show) -> None:
        try:
            await self._drawer.do(show)
        except OSError as error:
            gone = isinstance(error, BrokenPipeError)
            raise OutputFailed(f"stdout: {error.strerror}", reader_gone=gone) from error

    async def _change(self) -> None:
        """Wait for a message, or until it is time to look for gaps."""
        wait_s = REFRESH_S if self._consumer.incomplete else _REDRAW_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._redraw.wait()
        self._redraw.clear()

    def _set_state(self, words: str) -> None:
        self._state = words
        self._redraw.set()

    def _report_gaps(self, at: float) -> None:
        gaps = self._consumer.gaps(at)
        for name, missing in gaps.items():
            if missing != self._gaps.get(name):
                self._view.show_message(f"gap at {name}: {ranges(missing)} did not come")
        self._gaps = gaps

    def _report_broken(self, changed: set[str]) -> None:
        """Show each break of a chain that was found since the last call."""
        for name in changed:
            broken = set(self._consumer.checkpoints[name].broken)
            for sequence in sorted(broken - self._broken.get(name, set())):
                self._view.show_message(
                    f"broken chain at {name}: record {sequence} or the one before it was changed"
                )
            if broken:
                self._broken[name] = broken

    def _report_refused(self) -> None:
        if self._refused > _MOST_NAMED:
            self._view.show_message(
                f"{self._refused - _MOST_NAMED} more messages not as the contract says"
            )
        if self._dropped:
            self._view.show_message(
                f"{self._dropped} records of QoS 0 dropped: the output is too slow"
            )
        self._refused = self._dropped = 0

    async def _close(self, shown: AbstractContextManager[object]) -> None:
        """Draw the last state and leave the screen; end the process here if an output hangs."""
        try:
            async with asyncio.timeout(_END_S):
                await self._writer.do(lambda: None)
                await self._draw_board(asyncio.get_running_loop().time())
                await self._drawer.do(shown.__exit__, None, None, None)
        except TimeoutError:
            write_message("the output hangs; what it did not take is not acknowledged")
            os._exit(1)  # Python would wait for the thread that hangs in the output
        except (OSError, OutputFailed):
            sys.stderr.flush()


def _failure(results: Sequence[object]) -> OutputFailed | None:
    """Return the failure of an output among the *results* of tasks; raise any other error."""
    for one in results:
        if isinstance(one, OutputFailed):
            return one
        if isinstance(one, Exception):
            raise one
    return None
