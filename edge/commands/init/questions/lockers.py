"""Questions about the lockers."""

from edge.commands.init.kinds import Line, LockerCount
from edge.commands.init.question import Asked, Group, Question
from edge.commands.init.questions.checks import (
    LOCK_BOARDS,
    is_host,
    line_wrong,
    place,
    protocol_wrong,
    protocols,
    serial_proposals,
)
from edge.config.sections.lockers import BoardModel, PulseSeconds
from edge.config.sections.locks import BccLock, Channel

LOCKERS = {
    "gpio": "relays and door contacts on the Pi's pins or on a module",
    "kerong": "KERONG boards on RS-485 (lock and latch on the board)",
    "bcc": "lock control boards with an XOR checksum (8A 01 01 11 9B) on RS-485",
    "waveshare": "Waveshare Modbus RTU relay boards; door contacts apart",
    "r421a08": "R421A08 or R4D8 relay boards; door contacts apart",
}


_RELAY_BOARDS = ("waveshare", "r421a08")


_ON_A_LINE = (*LOCK_BOARDS, *_RELAY_BOARDS)


def _pulse_wrong(asked: Asked, pulse_s: float) -> str:
    tenths = round(pulse_s * 10, 6)
    if asked.own("driver") == "waveshare" and (tenths < 1 or tenths % 1):
        return f"is {pulse_s:g}; allowed: 0.1 to 3 seconds in steps of 0.1"
    return ""


LOCKER_GROUP = Group(
    key="lockers",
    title="Lockers",
    applies=lambda asked: asked.needs.lockers,
    unless="none of the chosen procedures uses lockers",
    questions=(
        Question(
            key="count",
            text="How many lockers?",
            why="They are numbered from 1.",
            kind=LockerCount,
            default=lambda _: 12,
        ),
        Question(
            key="driver",
            text="How are their locks wired?",
            why="A relay and a door contact on the Pi need two pins for each locker. Boards on "
            "RS-485 need none (docs/lockers.md).",
            kind=str,
            default=lambda asked: "gpio" if asked.own("count") <= 3 else "kerong",
            choices=lambda _: LOCKERS,
        ),
        place("Where are relays and contacts?", lambda asked: asked.own("driver") == "gpio"),
        Question(
            key="board",
            text="Which board?",
            why="The number is that of its locks; cu16 is also the NCU16L.",
            kind=BoardModel,
            default=lambda _: "cu16",
            choices=lambda _: {"cu12": "12 locks", "cu16": "16 locks", "cu48": "48 locks"},
            applies=lambda asked: asked.own("driver") == "kerong",
            unless="lockers.driver is not kerong",
        ),
        Question(
            key="line",
            text="On which line are the boards?",
            why="The serial port of the RS-485 adapter (/dev/serial/by-id/...), or HOST:PORT of a "
            "gateway in its transparent mode.",
            kind=Line,
            default=lambda asked: serial_proposals(asked)[0],
            proposals=serial_proposals,
            applies=lambda asked: asked.own("driver") in _ON_A_LINE,
            wrong=line_wrong,
            unless="lockers.driver is gpio",
        ),
        Question(
            key="protocol",
            text="How do they speak in the network?",
            why="A relay board with an Ethernet socket speaks Modbus TCP.",
            kind=str,
            default=lambda asked: "rtu-over-tcp" if ":" in asked.own("line") else "tcp",
            choices=protocols,
            applies=lambda asked: (
                asked.own("driver") in _RELAY_BOARDS and is_host(asked.own("line"))
            ),
            unless="lockers.driver is no relay board in the network",
            wrong=protocol_wrong,
        ),
        Question(
            key="locks",
            text="Locks on each board?",
            why="The boards have the addresses 1, 2, 3 ..., and are filled in this order. The "
            "number gives the length of a board's status: `gardu doctor` shows if it is right.",
            kind=BccLock,
            default=lambda _: 24,
            applies=lambda asked: asked.own("driver") == "bcc",
            unless="lockers.driver is not bcc",
        ),
        Question(
            key="channels",
            text="Relays on each board?",
            why="The boards have the addresses 1, 2, 3 ..., and are filled in this order.",
            kind=Channel,
            default=lambda _: 8,
            applies=lambda asked: asked.own("driver") in _RELAY_BOARDS,
            unless="lockers.driver is no relay board",
        ),
        place(
            "Where are the contacts of their doors?",
            lambda asked: asked.own("driver") in _RELAY_BOARDS,
            key="doors",
        ),
        Question(
            key="pulse_s",
            text="Length of the pulse of a lock's solenoid, seconds?",
            why="Above 0, at most 3; never longer than the lock's data sheet allows.",
            kind=PulseSeconds,
            default=lambda _: 0.5,
            applies=lambda asked: asked.own("driver") in ("gpio", "waveshare"),
            wrong=_pulse_wrong,
            unless="the boards time the pulse themselves",
        ),
    ),
)
