"""The section [lockers]: each lock on its board, or on a relay."""

from collections.abc import Iterator
from typing import Any

from edge.commands.init.draft import Draft
from edge.commands.init.lines import Lines
from edge.commands.init.places import Part, TooFew
from edge.config.crosscheck.lockers import BCC_BAUD_RATE, KERONG_BAUD_RATE, R421A08_BAUD_RATE
from edge.config.sections.lockers import LOCKS_ON_BOARD
from edge.config.sections.number_lists import text_of

BUS = "locker-boards"
"""The name of the bus of the boards."""

# The first address of boards, and the number of addresses.
_ADDRESSES = {"kerong": (0, 16), "bcc": (1, 32), "waveshare": (1, 247), "r421a08": (1, 247)}
_BAUD_RATES = {
    "kerong": KERONG_BAUD_RATE,
    "bcc": BCC_BAUD_RATE,
    "waveshare": R421A08_BAUD_RATE,
    "r421a08": R421A08_BAUD_RATE,
}


def lockers(answers: Any, draft: Draft, lines: Lines) -> dict[str, Any]:
    """Return the section; lockers on relays go to ``draft.lockers``, as they need places."""
    count, driver = answers["lockers.count"], answers["lockers.driver"]
    section = {"driver": driver, "bus": BUS, "pulse_s": answers["lockers.pulse_s"]}
    if driver == "gpio":
        del section["bus"]
        at = answers.place("lockers.at")
        draft.lockers = [
            {"number": number, "relay": Part(role="relay", at=at), "door": _door(at)}
            for number in range(1, count + 1)
        ]
        return section
    lines.bus(
        answers["lockers.line"], BUS, protocol=answers["lockers.protocol"],
        baud_rate=_BAUD_RATES[driver],
    )  # fmt: skip
    if driver == "kerong":
        section["board"] = answers["lockers.board"]
        locks = LOCKS_ON_BOARD[answers["lockers.board"]]
    elif driver == "bcc":
        locks = answers["lockers.locks"]
        section["status_bytes"] = max(2, -(-locks // 8))
    else:
        locks = section["channels"] = answers["lockers.channels"]
    boards = list(_boards(count, locks, _ADDRESSES[driver][0]))
    if len(boards) > _ADDRESSES[driver][1]:
        there = locks * _ADDRESSES[driver][1]
        draft.short.append(TooFew(at="lockers.line", what="locks", wanted=count, there=there))
    if driver in ("waveshare", "r421a08"):
        at = answers.place("lockers.doors")
        draft.lockers = [
            {"number": number, "address": address, "door": _door(at)}
            for address, numbers in boards
            for number in numbers
        ]
    else:
        section["boards"] = [
            {"address": address, "lockers": text_of(numbers)} for address, numbers in boards
        ]
    return {key: value for key, value in section.items() if value is not None}


def _door(at: str) -> Part:
    return Part(role="contact", at=at, keys={"wired": "normally-closed"})


def _boards(count: int, locks: int, first: int) -> Iterator[tuple[int, range]]:
    """Yield the address of each board, and the numbers of its lockers."""
    for index, start in enumerate(range(1, count + 1, locks)):
        yield first + index, range(start, min(start + locks, count + 1))
