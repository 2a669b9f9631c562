"""Faults of the line and of the disk: flapping, bad packets, a card that is slow or stalls."""

import asyncio
import errno
import os
import threading
from pathlib import Path
from typing import Any, get_args

import pytest

from edge.clock import Clock
from edge.errors import ProtocolError
from edge.mqtt import decoding
from edge.mqtt.frames import BrokerFault, FrameReader
from sim.line.faults import LineFaults
from sim.line.network import Network
from sim.line.poison import poison
from sim.line.slow_disk import SlowDisk, missing
from sim.scenario import Fault, Packet
from sim.stage.keeper import Keeper
from tests.sim.line.test_network import connect, echo_server

BASE = "gardu/v1/sim-kantor/lobi/"
# A Maximum Packet Size that all but the oversized packet fit into.
LARGEST = 65_536

needs_fuse = pytest.mark.skipif(bool(missing()), reason=missing())


class Line(Network):
    """A line that stores what is done to it.

    :param connections: how many connections the daemon has
    """

    def __init__(self, connections: int = 1) -> None:
        super().__init__("127.0.0.1", 1)
        self.done: list[str] = []
        self.connections = connections

    def cut(self) -> None:
        """Store it."""
        self.done.append("cut")

    def restore(self) -> None:
        """Store it."""
        self.done.append("restore")

    def inject(self, data: bytes) -> int:
        """Store the bytes."""
        self.done.append(data.hex())
        return self.connections


class Card(SlowDisk):
    """A disk that stores its orders."""

    def __init__(self, why_not: str = "") -> None:
        super().__init__(Path(), Path(), Keeper(Clock()))
        self.missing = why_not
        self.done: list[str] = []

    def slow_down(self, sync_s: float) -> None:
        """Store it."""
        self.done.append(f"slow by {sync_s} s")

    def stall(self) -> None:
        """Store it."""
        self.done.append("stalled")

    def heal(self) -> None:
        """Store it."""
        self.done.append("healed")


def carried_out(faults: list[dict[str, Any]], line: Line, disk: SlowDisk | None) -> list[str]:
    """Carry out *faults*; return what was reported."""
    said: list[str] = []
    lines = LineFaults(Clock.scaled(1000.0), line, BASE, disk, said.append)
    asyncio.run(lines.run(tuple(Fault(**one) for one in faults)))
    return said


def test_a_line_flaps_and_ends_restored() -> None:
    """The line is cut the given number of times, and is up afterwards."""
    line = Line()
    said = carried_out([{"at_s": 5, "do": "flap-broker", "times": 3, "every_s": 2}], line, None)
    assert line.done == ["cut", "restore"] * 3 + ["restore"]
    assert said == ["network: cut 3 times, every 2 s", "network: it does not flap any more"]


def test_faults_come_in_order_and_those_of_the_lobby_are_passed_over() -> None:
    """Each fault comes at its time; the world carries out the others."""
    line = Line(connections=0)
    faults: list[dict[str, Any]] = [
        {"at_s": 9, "do": "poison-packet", "packet": "length"},
        {"at_s": 1, "do": "lost-edge", "contact": "door/kantor"},
        {"at_s": 3, "do": "poison-packet", "packet": "topic"},
    ]
    said = carried_out(faults, line, None)
    assert line.done == [poison("topic", BASE).hex(), poison("length", BASE).hex()]
    assert said == [
        "network: the broker sends a bad packet (topic), but there is no connection",
        "network: the broker sends a bad packet (length), but there is no connection",
    ]


def test_a_disk_is_slow_then_stalls_and_is_healed() -> None:
    """Each order to the disk is followed by one that ends it."""
    disk = Card()
    faults: list[dict[str, Any]] = [
        {"at_s": 1, "do": "slow-disk", "sync_s": 0.5, "for_s": 5},
        {"at_s": 30, "do": "stalled-disk", "for_s": 5},
    ]
    said = carried_out(faults, Line(), disk)
    assert disk.done == ["slow by 0.5 s", "healed", "stalled", "healed"]
    assert said == [
        "disk: each sync takes 0.5 s longer, for 5 s", "disk: it works as before",
        "disk: it does not answer, for 5 s", "disk: it works as before",
    ]  # fmt: skip


def test_a_machine_without_such_a_disk_says_so() -> None:
    """The fault is left out with its reason, and the run goes on."""
    disk = Card("it needs FUSE: there is no /dev/fuse")
    said = carried_out([{"at_s": 0, "do": "stalled-disk", "for_s": 1}], Line(), disk)
    assert said == ["disk: stalled-disk is left out: it needs FUSE: there is no /dev/fuse"]
    assert disk.done == []


def test_bytes_are_injected_towards_the_daemon_only() -> None:
    """The daemon receives them between the broker's; the broker does not."""

    async def talk() -> None:
        async with echo_server() as port, Network("127.0.0.1", port) as network:
            assert network.inject(b"x") == 0
            reader, writer = await connect(network)
            writer.write(b"satu")
            assert await reader.readexactly(4) == b"satu"
            assert network.inject(b"racun") == 1
            assert await reader.readexactly(5) == b"racun"
            writer.write(b"dua")
            assert await reader.readexactly(3) == b"dua"
            writer.close()

    asyncio.run(talk())


@pytest.mark.parametrize("packet", get_args(Packet))
def test_bad_packets_are_bad_in_one_way(packet: Packet) -> None:
    """Each is what its name says to a reader that follows MQTT 5."""
    frames = FrameReader(LARGEST)
    data = poison(packet, BASE)
    if packet == "length":
        with pytest.raises(BrokerFault):
            list(frames.feed(data))
        return
    (frame,) = frames.feed(data)
    assert frame.cut == (packet == "oversized")
    if packet in ("topic", "property"):
        with pytest.raises(ProtocolError):
            decoding.publish(frame.first, frame.body)
    if packet == "hostile":
        message = decoding.publish(frame.first, frame.body)
        assert message.topic == f"{BASE}cmd/register"
        assert message.qos == 0


def write(path: Path) -> None:
    """Write and sync a file."""
    number = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.write(number, b"isi")
    os.fsync(number)
    os.close(number)


@needs_fuse
def test_a_stalled_disk_waits_and_then_has_everything(tmp_path: Path) -> None:
    """A write ends only when the disk is healed; files from before and after are in their place."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "old").write_bytes(b"lama")
    ended = threading.Event()

    async def play() -> None:
        async with SlowDisk(folder, tmp_path / "log", Keeper(Clock.scaled(1000.0))) as disk:
            assert disk.missing == ""
            assert (folder / "old").read_bytes() == b"lama"
            disk.slow_down(1.0)
            await asyncio.to_thread(write, folder / "slow")
            disk.stall()
            writing = asyncio.create_task(asyncio.to_thread(write, folder / "stalled"))
            writing.add_done_callback(lambda _task: ended.set())
            assert (folder / "slow").read_bytes() == b"isi"  # the page cache answers
            assert not ended.is_set()
            disk.heal()
            await writing
            with pytest.raises(OSError, match=os.strerror(errno.ENOTSUP)):
                os.setxattr(folder / "old", "user.x", b"")
        assert not folder.is_mount()

    asyncio.run(play())
    assert {file.name for file in folder.iterdir()} == {"old", "slow", "stalled"}
    assert (tmp_path / "log").read_text(encoding="utf-8") == ""


@needs_fuse
def test_a_folder_that_cannot_be_mounted_is_a_reason(tmp_path: Path) -> None:
    """Without a folder the disk is missing, and the log has the cause."""

    async def play() -> None:
        async with SlowDisk(tmp_path / "none", tmp_path / "log", Keeper(Clock())) as disk:
            assert disk.missing == f"FUSE did not mount it; see {tmp_path / 'log'}"

    asyncio.run(play())
    assert (tmp_path / "log").stat().st_size > 0
