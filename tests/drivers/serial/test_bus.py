"""The shared line, with devices of a test at its other end."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge import waits
from edge.config.sections.buses import Bus
from edge.drivers.serial import bus as bus_module
from edge.drivers.serial import ports
from edge.drivers.serial.bus import SerialBus
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import InputRefused
from sim.world.serial_port import SerialPort
from tests.drivers.conftest import Posted, told
from tests.loop_thread import PATIENCE_S
from tests.own_time import Own

ANSWER_S = 0.15


class Far:
    """The far end of the line: answers each message with *answer*.

    :ivar heard: the messages that arrived, in order
    :ivar answer: returns the answer to a message; by default none
    """

    def __init__(self, own: Own, path: Path) -> None:
        self.heard: list[bytes] = []
        self.answer: Callable[[bytes], bytes] = lambda _message: b""
        self._loop = own.loop
        self._port = SerialPort(path, self._hear)
        own.keeper.deliver_first(self._port.deliver)
        self.plug()

    def say(self, message: bytes) -> None:
        """Send a message without a request."""
        self._loop.call(lambda: self._port.send(message))

    def say_later(self, message: bytes, seconds: float) -> None:
        """Send a message after *seconds*; called on the loop."""
        self._loop.loop.call_later(seconds, self._port.send, message)

    def plug(self) -> None:
        """Connect the adapter."""
        self._loop.call(self._port.plug)

    def unplug(self) -> None:
        """Pull the adapter out."""
        self._loop.call(self._port.unplug)

    def replug(self) -> None:
        """Pull the adapter out and plug it in again, behind another pts number."""
        before = self._port.path.readlink()
        spare = SerialPort(self._port.path.with_name("other"))
        self.unplug()
        self._loop.call(spare.plug)  # occupies the number that has become free
        self.plug()
        self._loop.call(spare.unplug)
        assert self._port.path.readlink() != before

    def _hear(self, message: bytes) -> None:
        self.heard.append(message)
        self._port.send(self.answer(message))


@pytest.fixture
def line(own_time: Own, tmp_path: Path) -> Iterator[Any]:
    """Yield a bus and its far end: ``line.bus``, ``line.far``, ``line.posted``."""
    posted = Posted(own_time.clock)
    far = Far(own_time, tmp_path / "tty-rs485")
    config = Bus(port=str(tmp_path / "tty-rs485"), answer_s=ANSWER_S, pause_s=0.002)
    bus = SerialBus("bus/rs485", config, posted)
    yield SimpleNamespace(bus=bus, far=far, posted=posted)
    bus.close()
    far.unplug()


def ask(bus: SerialBus, message: bytes, size: int = 4) -> bytes:
    """Send *message* in one turn; return the answer (at most *size* bytes)."""
    with bus.turn() as port:
        port.write(message)
        return bytes(port.read(size))


def ask_for_ever(bus: SerialBus) -> None:
    """Start turns without a request, until one raises (a test's time-out ends it too)."""
    while True:
        ask(bus, b"", size=0)


def test_two_boards_never_interleave(line: Any) -> None:
    """Two threads on one line: each answer comes before the next request is sent."""
    speaking = threading.Lock()
    overlaps: list[bytes] = []

    def answer(message: bytes) -> bytes:
        if not speaking.acquire(blocking=False) or len(message) != 4:
            overlaps.append(message)
        line.far.say_later(message.lower(), 0.003)
        return b""

    line.far.answer = answer
    heard: dict[bytes, list[bytes]] = {b"AAAA": [], b"BBBB": []}

    def talk(message: bytes) -> None:
        for _ in range(20):
            with line.bus.turn() as port:
                port.write(message)
                heard[message].append(bytes(port.read(4)))
                speaking.release()

    threads = [waits.thread(partial(talk, message), str(message)) for message in heard]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert overlaps == []
    assert heard == {b"AAAA": [b"aaaa"] * 20, b"BBBB": [b"bbbb"] * 20}


def test_uncalled_bytes_are_thrown_away_and_counted(line: Any) -> None:
    """Noise between two turns is discarded, and reported once a turn; its bytes are counted."""
    line.far.answer = lambda message: message
    assert ask(line.bus, b"one.") == b"one."
    line.far.say(b"noise")
    assert ask(line.bus, b"two.") == b"two."
    assert line.bus.discarded == 5
    assert told(line.posted.take()) == [(InputRefused, "bus/rs485", "uncalled bytes")]


def test_a_late_answer_does_not_spoil_the_next_turn(line: Any) -> None:
    """A late answer is discarded, and not returned to the next request."""

    def answer(message: bytes) -> bytes:
        if message == b"slow":
            late.set()
            line.far.say_later(b"LATE", 2.0 * ANSWER_S)
            return b""
        return message

    late = waits.event()
    line.far.answer = answer
    assert ask(line.bus, b"slow") == b""
    assert late.is_set()
    waits.sleep(1.5 * ANSWER_S)  # the next request is not sent at once
    assert ask(line.bus, b"next") == b"next"
    assert line.bus.discarded == 4


def test_replugged_between_turns_nobody_notices(line: Any) -> None:
    """A plug under another number is found by its link, without an error."""
    line.far.answer = lambda message: message
    assert ask(line.bus, b"one.") == b"one."
    line.far.replug()
    assert ask(line.bus, b"two.") == b"two."


def test_unplugged_in_the_middle_of_an_answer(line: Any) -> None:
    """An unplugging raises in the waiting turn, and the line works again with the plug back."""

    def answer(message: bytes) -> bytes:
        asked.set()
        return message[:2]

    asked = waits.event()
    line.far.answer = answer
    pulled = waits.thread(lambda: asked.wait(PATIENCE_S) and line.far.unplug(), "pull")
    with pytest.raises(DeviceUnavailable, match="bus/rs485"):
        ask(line.bus, b"half")
    pulled.join(PATIENCE_S)
    with pytest.raises(DeviceUnavailable, match=r"bus/rs485: .*tty-rs485"):
        ask(line.bus, b"gone")
    line.far.answer = lambda message: message
    line.far.plug()
    assert ask(line.bus, b"back") == b"back"


def test_a_line_that_is_never_silent_is_unavailable(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line without a pause raises, so that no request is lost in it or waits for ever."""
    monkeypatch.setattr(bus_module, "MOST_PAUSES", 3)

    def babble() -> None:
        while not over.is_set():
            line.far.say(b"bla")
            waits.sleep(0.001)

    over = waits.event()
    babbler = waits.thread(babble, "babble")
    try:
        with pytest.raises(DeviceUnavailable, match="without a pause"):
            ask_for_ever(line.bus)
    finally:
        over.set()
        babbler.join(PATIENCE_S)


def test_a_device_that_says_nothing_is_waited_for_a_bounded_time(line: Any) -> None:
    """Reading ends after the time-out with the bytes so far; writing has a time-out too."""
    assert ask(line.bus, b"hello?") == b""
    line.far.answer = lambda message: message[:3]
    assert ask(line.bus, b"half") == b"hal"
    with line.bus.turn() as port:
        assert (port.timeout, port.write_timeout) == (ANSWER_S, ports.WRITE_S)


def test_an_adapter_that_takes_nothing_is_unavailable(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that hangs raises, and does not hold the line for ever."""
    monkeypatch.setattr(ports, "WRITE_S", 0.05)
    held = threading.Event()

    def hang(_message: bytes) -> bytes:
        held.wait(PATIENCE_S)
        return b""

    line.far.answer = hang
    with pytest.raises(DeviceUnavailable, match="Write timeout"):
        ask(line.bus, bytes(1 << 20))
    held.set()


def test_what_a_device_says_of_itself_passes_and_keeps_the_port(line: Any) -> None:
    """A board's own fault is not the line's: the next turn uses the same port."""
    with line.bus.turn() as port:
        first = port
    with pytest.raises(DeviceFault, match="on fire"), line.bus.turn():
        raise DeviceFault("the board is on fire")
    with line.bus.turn() as port:
        assert port is first


def test_closing_lets_go_and_the_next_turn_opens_again(line: Any) -> None:
    """Closing may be repeated, and releases the port's exclusive lock; a turn opens it again."""
    line.far.answer = lambda message: message
    second = SerialBus("bus/second", line.bus._config)
    with line.bus.turn(), pytest.raises(DeviceUnavailable, match="bus/second"):
        ask(second, b"mine")
    line.bus.close()
    line.bus.close()
    assert ask(second, b"mine") == b"mine"
    second.close()
    assert ask(line.bus, b"ours") == b"ours"
