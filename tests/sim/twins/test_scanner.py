"""The scanner's twin, read through its port."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Literal

import serial

from edge.clock import Clock
from sim.twins.scanner import ScannerTwin
from tests.loop_thread import LoopThread

TRIGGER = bytes.fromhex("7E 00 08 01 00 02 01 AB CD")
ACK = bytes.fromhex("02 00 00 01 00 33 31")


@contextmanager
def desk(
    folder: Path, mode: Literal["presence", "host"]
) -> Iterator[tuple[ScannerTwin, serial.Serial, LoopThread]]:
    """Yield a scanner, the port as the daemon opens it, and the scanner's loop."""
    with LoopThread() as loop:
        twin = ScannerTwin(folder / "scanner-desk", Clock(), Random(1), mode, 3600.0)
        loop.call(twin.port.plug)
        with serial.Serial(str(twin.port.path), timeout=0.3) as port:
            yield twin, port, loop
        loop.call(twin.close)


def test_what_is_shown_is_sent_again_and_again(tmp_path: Path) -> None:
    """The code repeats with CR, or with the set end, until it is removed."""
    with desk(tmp_path, "presence") as (twin, port, loop):
        port.timeout = 5
        loop.run(twin.show("GARDU1:A"))
        assert port.read(18) == b"GARDU1:A\r" * 2
        twin.end = b"\r\n"
        loop.run(twin.show("B"))
        assert port.read(3) == b"B\r\n"
        loop.run(twin.take_away())
        port.timeout = 0.6
        assert b"B\r\nB\r\n" not in port.read(6)


def test_in_mode_host_it_reads_when_it_is_told_to(tmp_path: Path) -> None:
    """The worked example: the acknowledgement at once, then one code, then silence."""
    with desk(tmp_path, "host") as (twin, port, loop):
        loop.run(twin.show("A"))
        assert port.read(1) == b""
        port.write(TRIGGER[:4])
        assert port.read(1) == b""
        port.write(TRIGGER[4:])
        port.timeout = 5
        assert port.read(9) == ACK + b"A\r"
        port.timeout = 0.6
        assert port.read(1) == b""


def test_faults(tmp_path: Path) -> None:
    """A dead scanner, noise, and half a code."""
    with desk(tmp_path, "host") as (twin, port, loop):
        twin.dead = True
        port.write(TRIGGER)
        assert port.read(1) == b""
        loop.call(lambda: twin.half("ABCDEF"))
        assert port.read(6) == b"ABC"
        loop.call(lambda: twin.noise(9))
        assert len(port.read(9)) == 9
