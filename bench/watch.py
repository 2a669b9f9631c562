"""Measures `gardu watch`: a message, and a drawing of the board, with one checkpoint and with many.

In this process, without broker and terminal: the consumer with the lines of ``--json``, and the
board as it is drawn on a terminal of 120 by 50.
"""

import io
import json
import time
from collections.abc import Callable

from rich.console import Console, Group

from bench.bed import Bed, say
from bench.table import Row, median
from office.watch.board import CONNECTED, Board
from office.watch.consumer import Consumer
from office.watch.lines import line_of

MANY, MESSAGE_RATIO, DRAW_RATIO = 1000, 1.5, 2.0
"""Checkpoints; the targets: many against one, and against as many as the terminal can show."""

_WIDTH, _HEIGHT = 120, 50
_ROUNDS, _MESSAGES, _DRAWINGS = 7, 4000, 20


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of a message and of a drawing."""
    rounds, messages = (2, 1000) if bed.quick else (_ROUNDS, _MESSAGES)
    say(f"watch: {rounds} rounds of {messages} messages")
    one, many = _Office(1), _Office(MANY)
    alone, among = _in_turns(lambda: one.receive(messages), lambda: many.receive(messages), rounds)
    screenful = _Office(_HEIGHT)
    few, all_of_them = _in_turns(screenful.draw, many.draw, rounds)
    return [
        _row("watch: a message", alone, among, "1 checkpoint", MESSAGE_RATIO),
        _row("watch: a drawing", few, all_of_them, f"{_HEIGHT} checkpoints", DRAW_RATIO),
    ]


def _row(measure: str, floor_s: float, seconds: float, floor: str, limit: float) -> Row:
    ratio = seconds / floor_s
    return Row(
        measure=f"{measure}, {MANY:,} checkpoints",
        gardu=f"{seconds * 1e6:.0f} us",
        against=f"{floor_s * 1e6:.0f} us with {floor}",
        ratio=ratio,
        target=f"<= {limit:g} x",
        reached=ratio <= limit,
    )


def _in_turns(
    first: Callable[[], float], second: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Return the medians of both, measured alternately; the first round of each warms up."""
    found = [(first(), second()) for _ in range(rounds + 1)][1:]
    return median([one for one, _ in found]), median([two for _, two in found])


class _Office:
    """A consumer of *checkpoints*, each with visits, a fifth of them with an alarm."""

    def __init__(self, checkpoints: int) -> None:
        self._consumer = Consumer()
        self._board = Board(self._consumer, "Gardu checkpoints")
        self._names = [f"kantor-{number:04d}/lobi" for number in range(checkpoints)]
        self._sequence = 0
        for number, name in enumerate(self._names):
            steps = {"steps": [{"step": "pemeriksaan", "visits": number % 9}]}
            self._take(f"{name}/state/occupancy", json.dumps(steps).encode())
            if number % 5 == 0:
                self._take(f"{name}/state/alarm/fire", b'{"alarm":"fire"}')
        self._board.update(set(self._names), 0.0)

    def receive(self, count: int) -> float:
        """Return the seconds of a record: taken, followed, and made into a line."""
        messages = [self._record(number) for number in range(count)]
        began = time.perf_counter()
        for topic, payload in messages:
            line_of(self._consumer.take(topic, payload, {}, "", 1.0), self._consumer, 1.0)
        return (time.perf_counter() - began) / count

    def draw(self) -> float:
        """Return the seconds of a drawing, after a change of one checkpoint."""
        console = Console(file=io.StringIO(), width=_WIDTH, height=_HEIGHT, force_terminal=True)
        began = time.perf_counter()
        for _ in range(_DRAWINGS):
            self._board.update({self._names[0]}, 1.0)
            console.print(Group(*self._board.lines(_WIDTH, _HEIGHT, CONNECTED)))
        return (time.perf_counter() - began) / _DRAWINGS

    def _record(self, number: int) -> tuple[str, bytes]:
        """Return the topic and the payload of the next record; the checkpoints take turns."""
        name = self._names[number % len(self._names)]
        self._sequence += 1
        event = {
            "specversion": "1.0",
            "id": f"id-{self._sequence}",
            "source": f"/gardu/{name}",
            "type": "gardu.step.completed.v1",
            "streamid": "stream",
            "sequence": f"{self._sequence // len(self._names) + 1:016d}",
            "data": {"visit": f"v-{self._sequence % 20}", "step": "pemeriksaan", "number": 4},
        }
        return f"gardu/v1/{name}/event/step", json.dumps(event).encode()

    def _take(self, below: str, payload: bytes) -> None:
        self._consumer.take(f"gardu/v1/{below}", payload, {}, "", 0.0)
