"""The KERONG board twin against the worked examples, at the wire."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.config.sections.buses import Bus
from sim.stage.rundir import RunDir
from sim.twins.bus import BusTwin
from sim.twins.kerong import KerongTwin
from sim.twins.locker import SprungDoor
from sim.world.lobby import Lobby
from sim.world.serial_port import SerialPort
from tests.sim.wiring import until

SPEED = 20


class Ear(SerialPort):
    """A port that collects the messages to the daemon."""

    def __init__(self, said: list[bytes]) -> None:
        super().__init__(Path("nowhere"))
        self._said = said

    def send(self, message: bytes) -> bool:
        """Collect *message*."""
        self._said.append(message)
        return True


class Line:
    """A line with one board, all of its locks wired; collects the board's messages."""

    def __init__(self, folder: Path, board: str, address: int = 0, closed_bit: int = 1) -> None:
        clock = Clock.scaled(SPEED)
        self.said: list[bytes] = []
        self.bus = BusTwin(folder / "bus", Bus(port="x"), Random(1))
        self.bus.port = Ear(self.said)
        self.board = KerongTwin(self.bus, board, address, closed_bit, clock)  # type: ignore[arg-type]
        count = {"cu12": 12, "cu16": 16, "cu48": 48}[board]
        self.board.doors = {lock: SprungDoor(clock) for lock in range(1, count + 1)}

    def tell(self, *requests: str) -> list[str]:
        """Send *requests* to the board; return its messages, in hexadecimal digits."""
        self.said.clear()
        for request in requests:
            self.board.hear(bytes.fromhex(request))
        return [message.hex(" ").upper() for message in self.said]


def test_a_small_boards_status_byte_for_byte(tmp_path: Path) -> None:
    """All closed with an item in 5; then lock 5 is open."""
    line = Line(tmp_path, "cu16")
    line.board.items = {5}
    assert line.tell("02 00 30 03 35") == ["02 00 35 FF FF 10 00 03 48"]
    line.board.doors[5].force_open()
    assert line.tell("02 00 30 03 35") == ["02 00 35 EF FF 10 00 03 38"]


def test_a_large_boards_status_byte_for_byte(tmp_path: Path) -> None:
    """The status with all doors closed and all lockers empty."""
    line = Line(tmp_path, "cu48")
    answer = "02 00 00 75 FF FF FF FF FF FF 00 00 00 00 00 00 03 74"
    assert line.tell("02 00 00 60 03 65") == [answer]


def test_a_board_of_the_other_polarity(tmp_path: Path) -> None:
    """One library documents 0 for a closed latch."""
    line = Line(tmp_path, "cu16", closed_bit=0)
    line.board.doors[5].force_open()
    assert line.tell("02 00 30 03 35") == ["02 00 35 10 00 00 00 03 4A"]


@pytest.mark.parametrize(("board", "request_"), [("cu16", "020431033A"), ("cu48", "02000461036A")])
def test_an_unlock_springs_one_door_for_one_pulse(
    tmp_path: Path, board: str, request_: str
) -> None:
    """The worked examples unlock lock 5, and no other."""

    async def run() -> None:
        line = Line(tmp_path, board)
        line.tell(request_)
        door = line.board.doors[5]
        await until(lambda: door.door_open and not door.energised)
        assert [lock for lock, one in line.board.doors.items() if one.pulses] == [5]
        assert door.energised_s >= 0.5

    asyncio.run(run())


def test_the_unlock_time_can_be_set(tmp_path: Path) -> None:
    """The time is in units of 10 ms, high byte first."""
    line = Line(tmp_path, "cu16")
    line.tell("02 00 37 01 2C 03 69")
    assert line.board.unlock_s == 3.0


def test_requests_in_pieces_and_in_noise(tmp_path: Path) -> None:
    """A line delivers bytes, not messages; a request with a wrong sum is ignored."""
    line = Line(tmp_path, "cu16")
    assert len(line.tell("02 00 30", "03", "35")) == 1
    assert len(line.tell("FF 02 55 02 00 30 03 35 02 00 30 03 35")) == 2
    assert line.tell("02 00 30 03 36") == []
    assert line.tell("02 10 30 03 45") == []  # another board's


def test_a_busy_board_waits_for_38(tmp_path: Path) -> None:
    """A busy board ignores other requests until then."""
    line = Line(tmp_path, "cu16")
    line.board.busy = True
    assert line.tell("02 00 30 03 35", "02 04 31 03 3A") == []
    assert line.board.doors[5].pulses == 0
    assert len(line.tell("02 00 38 03 3D", "02 00 30 03 35")) == 1


@pytest.mark.parametrize(
    ("fault", "answers"),
    [("dead", []), ("half", ["02 00 35 FF"]), ("wrong-sum", ["02 00 35 FF FF 00 00 03 6D"])],
)
def test_faults_on_command(tmp_path: Path, fault: str, answers: list[str]) -> None:
    """A dead board, half an answer, and a wrong sum."""
    line = Line(tmp_path, "cu16")
    line.board.fault = fault  # type: ignore[assignment]
    assert line.tell("02 00 30 03 35") == answers


def test_a_slow_board_answers_when_nobody_waits(tmp_path: Path) -> None:
    """The answer comes later than the line's time for an answer."""

    async def run() -> None:
        line = Line(tmp_path, "cu16")
        line.board.fault = "slow"
        assert line.tell("02 00 30 03 35") == []
        await until(lambda: bool(line.said))
        line.bus.close()

    asyncio.run(run())


def test_boards_hear_each_other_and_answer_for_themselves(tmp_path: Path) -> None:
    """The answer of one board is noise to the other; a cut line carries no bytes."""
    line = Line(tmp_path, "cu16")
    other = KerongTwin(line.bus, "cu16", 1, 1, Clock())
    line.bus._heard(bytes.fromhex("02 10 30 03 45"))
    assert [message[1] for message in line.said] == [0x10]
    line.said.clear()
    line.bus._heard(bytes.fromhex("02 00 30 03 35"))
    assert [message[1] for message in line.said] == [0x00]
    line.said.clear()
    line.bus.cut = True
    line.bus._heard(bytes.fromhex("02 00 30 03 35"))
    assert line.said == []
    assert not other.busy


def test_a_run_leads_the_daemon_to_the_boards(tmp_path: Path) -> None:
    """The daemon of a simulation opens the line of the lobby, not that of the office."""
    source = default_config_folder() / "gardu-kerong.toml"
    run = RunDir(tmp_path / "run", tmp_path)
    camera = {"url": "http://127.0.0.1/", "username": "gardu", "password_file": ""}
    run.write_config(source, 1883, {"lobby": camera})
    config = load_config(run.config, elsewhere=True)

    async def act() -> None:
        async with Lobby(config, tmp_path, Clock()) as lobby:
            port = Path(config.buses["lockers"].place)
            line = lobby.buses["lockers"].port
            assert isinstance(line, SerialPort)
            assert port == line.path
            assert lobby.buses["lockers"].port.plugged
            assert sorted(lobby.lockers) == list(range(1, 13))
            assert len(lobby.buses["lockers"].boards) == 2

    asyncio.run(act())
