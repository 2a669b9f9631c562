"""Checks of [lockers] against each other and the rest of the config."""

from edge.config.model import Config
from edge.config.sections.lockers import (
    BccLockers,
    KerongLockers,
    R421a08Lockers,
    WaveshareLockers,
)
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice

KERONG_BAUD_RATE = 19200
BCC_BAUD_RATE = 9600
R421A08_BAUD_RATE = 9600


def lockers(config: Config, problems: Problems) -> None:
    """Add the problems of the lockers of *config* to *problems*."""
    if config.lockers is None:
        return
    numbers = [
        (item.number, f"lockers.locker[{n}].number") for n, item in enumerate(config.lockers.locker)
    ]
    note_twice(problems, list(numbers), "locker", "each number once")
    if isinstance(config.lockers, KerongLockers):
        _kerong(config, config.lockers, problems)
    elif isinstance(config.lockers, BccLockers):
        _bcc(config, config.lockers, problems)
    elif isinstance(config.lockers, WaveshareLockers | R421a08Lockers):
        _relays(config, config.lockers, problems)


def locker_bus(config: Config, name: str, baud_rate: int | None, problems: Problems) -> None:
    """Report that the lockers' bus *name* is missing, or has not the boards' *baud_rate*.

    :param baud_rate: None: the boards can be set to any speed
    """
    bus = config.buses.get(name)
    if bus is None:
        known = ", ".join(sorted(config.buses)) or "a [buses.NAME], there is none yet"
        meant = did_you_mean(name, config.buses)
        problems.add("lockers.bus", f"is {name!r}{meant}; allowed: {known}")
    elif baud_rate is not None and bus.line_baud_rate not in (None, baud_rate):
        problems.add(
            f"buses.{name}.baud_rate",
            f"is {bus.line_baud_rate}, but the lockers' boards are on this bus; "
            f"allowed: {baud_rate}",
        )


def _kerong(config: Config, boards: KerongLockers, problems: Problems) -> None:
    locker_bus(config, boards.bus, KERONG_BAUD_RATE, problems)
    bus = config.buses.get(boards.bus)
    if bus is not None and bus.spoken == "tcp":
        problems.add(
            f"buses.{boards.bus}.protocol",
            'is "tcp", but the lockers\' boards do not speak Modbus; allowed: "rtu-over-tcp" '
            "(a gateway's transparent mode), or a serial port",
        )
    if boards.board == "cu48" and boards.unlock_s is not None:
        problems.add("lockers.unlock_s", "is of no use with a cu48; allowed: leave it out")
    places = [(item.address, item.lock) for item in boards.locker]
    _locks(places, f"on a {boards.board}", boards.locks_on_board, problems)


def _bcc(config: Config, boards: BccLockers, problems: Problems) -> None:
    locker_bus(config, boards.bus, BCC_BAUD_RATE, problems)
    places = [(item.address, item.lock) for item in boards.locker]
    of = f"with {boards.status_bytes} status_bytes"
    _locks(places, of, boards.locks_on_board, problems)


def _locks(places: list[tuple[int, int]], of: str, most: int, problems: Problems) -> None:
    """Report locks that are named twice, or that a board cannot have."""
    locks = [
        (f"{lock} of board {address}", f"lockers.locker[{n}].lock")
        for n, (address, lock) in enumerate(places)
    ]
    note_twice(problems, list(locks), "lock", "each lock of a board once")
    for number, (_address, lock) in enumerate(places):
        if lock > most:
            where = f"lockers.locker[{number}].lock"
            problems.add(where, f"is {lock} {of}; allowed: 1 to {most}")


def _relays(config: Config, boards: WaveshareLockers | R421a08Lockers, problems: Problems) -> None:
    fixed = R421A08_BAUD_RATE if isinstance(boards, R421a08Lockers) else None
    locker_bus(config, boards.bus, fixed, problems)
    relays = [
        (f"{item.channel} of board {item.address}", f"lockers.locker[{n}].channel")
        for n, item in enumerate(boards.locker)
    ]
    note_twice(problems, list(relays), "relay", "each relay of a board once")
    for number, item in enumerate(boards.locker):
        if item.channel > boards.channels:
            problems.add(
                f"lockers.locker[{number}].channel",
                f"is {item.channel}; allowed: 1 to {boards.channels} (lockers.channels)",
            )
    _pulse(boards, problems)


def _pulse(boards: WaveshareLockers | R421a08Lockers, problems: Problems) -> None:
    """Report a pulse between the boards' steps: they would give another one than configured."""
    tenths = boards.pulse_s * 10
    if isinstance(boards, WaveshareLockers) and abs(tenths - round(tenths)) > 1e-6:
        problems.add("lockers.pulse_s", f"is {boards.pulse_s}; allowed: steps of 0.1 seconds")
    if isinstance(boards, R421a08Lockers) and boards.command == "delay" and boards.pulse_s % 1:
        problems.add(
            "lockers.pulse_s",
            f'is {boards.pulse_s}; allowed: 1, 2 or 3 seconds with command "delay"',
        )
