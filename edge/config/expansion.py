"""Expands the short forms of a config: the lockers of a board become single lockers.

All other code sees single lockers only. A locker that has a table of its own keeps it: so a lock
that was replaced by a spare one is an exception of one table.
"""

from collections.abc import Iterator

import msgspec

from edge.config.model import Config
from edge.config.sections.lockers import Lockers
from edge.config.sections.locks import Board, Locker
from edge.config.sections.number_lists import text_of
from edge.config.validation import Problems


def expanded(config: Config, problems: Problems) -> Config:
    """Return *config* with a single locker for each number of its boards.

    Numbers and locks that two boards name, and locks that a board does not have, are added to
    *problems*. Those of the other checks name the board's key (``problems.origins``).
    """
    lockers = config.lockers
    if lockers is None or not lockers.boards:
        return config
    own = {item.number for item in lockers.locker}
    single: list[Locker] = list(lockers.locker)
    for where, board in _good_boards(lockers, problems):
        for _, locker in board.single_lockers():
            if locker.number not in own:
                key = f"lockers.locker[{len(single)}]"
                problems.origins |= _origins(key, where, board, locker.number)
                single.append(locker)
    section = msgspec.structs.replace(lockers, locker=single)
    return msgspec.structs.replace(config, lockers=section)


def exception_notes(config: Config) -> list[str]:
    """Return a note for each locker whose own table is used in place of its board's."""
    if config.lockers is None:
        return []
    used: dict[int, Locker] = {item.number: item for item in config.lockers.locker}
    return [
        f"locker {locker.number} has a table of its own, which is used in place of what "
        f"lockers.boards[{number}] says"
        for number, board in enumerate(config.lockers.boards)
        for _, locker in board.single_lockers()
        if used.get(locker.number, locker) != locker
    ]


def _origins(key: str, where: str, board: Board, number: int) -> dict[str, tuple[str, str]]:
    """Return the keys of the board at *where* for those of its locker at *key*."""
    words = f"locker {number}"
    rows = {f"{key}.{single}": (f"{where}.{row}", words) for row, single in board.rows.items()}
    return {
        key: (f"{where}.lockers", words),
        f"{key}.address": (f"{where}.address", words),
        **rows,
    }


def _good_boards(lockers: Lockers, problems: Problems) -> Iterator[tuple[str, Board]]:
    """Yield key and board of each board without a problem; add those of the others."""
    numbers: dict[int, str] = {}
    locks: dict[tuple[int, int], str] = {}
    for index, board in enumerate(lockers.boards):
        where, before = f"lockers.boards[{index}]", problems.count
        places = {(_address(board, index), lock): lock for lock, _ in board.single_lockers()}
        if twice := [number for number in board.numbers if number in numbers]:
            what = f"has {text_of(twice)}, as has {numbers[twice[0]]}.lockers"
            problems.add(f"{where}.lockers", f"{what}; allowed: each number once")
        if taken := [place for place in places if place in locks]:
            of = f"{text_of(lock for _, lock in taken)} of board {taken[0][0]}"
            what = f"are on locks {of}, which {locks[taken[0]]} has too"
            problems.add(f"{where}.lockers", f"{what}; allowed: each lock of a board once")
        _check_size(lockers, board, where, problems)
        numbers |= dict.fromkeys(board.numbers, where)
        locks |= dict.fromkeys(places, where)
        if problems.count == before:
            yield where, board


def _address(board: Board, index: int) -> int:
    """Return the address of *board*; one without address is a board of its own."""
    return getattr(board, "address", -1 - index)


def _check_size(lockers: Lockers, board: Board, where: str, problems: Problems) -> None:
    most, count = lockers.locks_on_board, len(board.numbers)
    if most is None or board.first + count - 1 <= most:
        return
    fitting = max(most - board.first + 1, 0)
    at = f" from lock {board.first}" if board.first > 1 else ""
    problems.add(
        f"{where}.lockers",
        f"has {count} lockers{at}, and a board has {most} locks; allowed: {fitting} at most",
    )
