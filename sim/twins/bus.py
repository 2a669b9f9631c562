"""Lines with boards: RS-485 behind a serial port or a gateway, and Modbus TCP."""

import asyncio
from pathlib import Path
from random import Random
from typing import Literal

from edge.config.sections.buses import Bus
from sim.world.serial_port import SerialPort
from sim.world.tcp_port import TcpServerPort

Fault = Literal["dead", "slow", "wrong-sum", "half"]


class BusTwin:
    """The line. The daemon and every board receive every message, those of other boards too.

    :param path: the name of the port for the daemon
    :param config: its speed and how long an answer may take (real seconds)
    :ivar echo: the adapter receives itself: the daemon's messages come back to it first
    :ivar boards: the boards on the line
    :ivar cut: the wires behind the adapter are broken: no message passes, the port stays
    """

    def __init__(self, path: Path, config: Bus, chance: Random) -> None:
        self.port: SerialPort | TcpServerPort = (
            SerialPort(path, self._heard) if config.host is None else TcpServerPort(self._heard)
        )
        self.config = config
        self.echo = False
        self.cut = False
        self.boards: list[Board] = []
        self._chance = chance
        self._late: set[asyncio.TimerHandle] = set()

    def join(self, board: "Board") -> None:
        """Connect *board* to the line."""
        self.boards.append(board)

    def close(self) -> None:
        """Unplug the port; answers that are still to come are lost."""
        for timer in self._late:
            timer.cancel()
        self._late.clear()
        self.port.unplug()

    def polled(self) -> None:
        """Note that the last message was a poll: a board has answered, and changed nothing."""
        self.port.on_poll()

    def noise(self, count: int) -> None:
        """Put *count* bytes of noise on the line towards the daemon."""
        self.port.send(self._chance.randbytes(count))

    def say(self, speaker: "Board", message: bytes) -> None:
        """Send *message* from *speaker* to the daemon and all other boards."""
        if self.cut:
            return
        self.port.send(message)
        self._tell(message, speaker)

    def say_late(self, speaker: "Board", message: bytes) -> None:
        """Send *message* from *speaker* when the daemon does not wait any more."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(4.5 * self.config.answer_s, self.say, speaker, message)
        self._late = {old for old in self._late if old.when() > loop.time()} | {timer}

    def _heard(self, message: bytes) -> None:
        if self.echo:
            self.port.send(message)
        if not self.cut:
            self._tell(message, None)

    def _tell(self, message: bytes, speaker: "Board | None") -> None:
        for board in self.boards:
            if board is not speaker:
                board.hear(message)


class ModbusTcpTwin(BusTwin):
    """Modbus TCP: the address of one module, or of a gateway with several behind it.

    A frame has transaction, protocol 0, length and unit before the request; an answer has the same.

    :ivar mixed: answers have the number of the transaction before (set it to cause the fault)
    """

    def __init__(self, path: Path, config: Bus, chance: Random) -> None:
        super().__init__(path, config, chance)
        self.mixed = False
        self._unread = b""
        self._transaction = 0

    def say(self, _speaker: "Board", message: bytes) -> None:
        """Send the answer *message* (unit, PDU and checksum) without its checksum."""
        if not self.cut:
            self.port.send(self._framed(message, self._transaction - self.mixed))

    def say_late(self, _speaker: "Board", message: bytes) -> None:
        """Send *message* when the daemon does not wait any more, with its own transaction."""
        frame = self._framed(message, self._transaction)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(4.5 * self.config.answer_s, self.port.send, frame)
        self._late = {old for old in self._late if old.when() > loop.time()} | {timer}

    def _framed(self, message: bytes, transaction: int) -> bytes:
        body = message[:-2]
        return (transaction & 0xFFFF).to_bytes(2) + bytes(2) + len(body).to_bytes(2) + body

    def _heard(self, message: bytes) -> None:
        self._unread += message
        while len(self._unread) >= 8:
            length = int.from_bytes(self._unread[4:6])
            frame, self._unread = self._unread[: 6 + length], self._unread[6 + length :]
            if not self.cut:
                self._transaction = int.from_bytes(frame[:2])
                for board in self.boards:
                    board.hear_pdu(frame[6], frame[7:])


def make_bus(path: Path, config: Bus, chance: Random) -> BusTwin:
    """Return the line of *config*; *path* is the name of its port, if it has one."""
    return (ModbusTcpTwin if config.spoken == "tcp" else BusTwin)(path, config, chance)


class Board:
    """A device on the line.

    :ivar fault: ``dead``: neither receives nor sends; ``slow``: answers when the daemon does not
        wait any more; ``wrong-sum``: the last byte of its answers is wrong; ``half``: only the
        first half of them arrives; None: works (set it to cause the fault)
    :ivar before: bytes that go before each answer: a line that is not biased
    """

    def __init__(self, bus: BusTwin) -> None:
        self.fault: Fault | None = None
        self.before = b""
        self._bus = bus
        bus.join(self)

    def hear(self, message: bytes) -> None:
        """Receive bytes from the line: a message, a part of one, or several."""
        if self.fault != "dead":
            self.listen(message)

    def listen(self, message: bytes) -> None:
        """Carry out the requests for this board in *message*, and answer."""
        raise NotImplementedError

    def hear_pdu(self, unit: int, pdu: bytes) -> None:
        """Receive the request *pdu* for *unit* over Modbus TCP."""

    def answer_poll(self, message: bytes) -> None:
        """Send *message*, the answer to a request that has changed nothing."""
        self._bus.polled()
        self.answer(message)

    def answer(self, message: bytes) -> None:
        """Send *message* on the line, as far as the fault allows."""
        match self.fault:
            case "slow":
                self._bus.say_late(self, message)
            case "wrong-sum":
                self._bus.say(self, message[:-1] + bytes([message[-1] ^ 0x55]))
            case "half":
                self._bus.say(self, message[: len(message) // 2])
            case _:
                self._bus.say(self, self.before + message)
