"""Makes the lockers of a lobby, for every kind of lock driver."""

from collections.abc import Mapping
from random import Random

from edge.clock import Clock
from edge.config.sections.lockers import (
    BccLockers,
    GpioLockers,
    KerongLockers,
    Lockers,
    R421a08Lockers,
    WaveshareLockers,
)
from sim.twins.bcc import BccTwin
from sim.twins.bus import BusTwin
from sim.twins.kerong import KerongTwin
from sim.twins.lock_board import LockBoardTwin
from sim.twins.locker import LockerTwin, SprungDoor
from sim.twins.modbus import RelayLockerTwin, relay_boards
from sim.world.header import Header


def make_lockers(
    config: Lockers | None,
    header: Header,
    buses: Mapping[str, BusTwin],
    clock: Clock,
    chance: Random,
) -> dict[int, SprungDoor]:
    """Return the lockers by their numbers; their boards are connected to their bus."""
    match config:
        case GpioLockers(locker=lockers):
            return {item.number: LockerTwin(header, item, clock, chance) for item in lockers}
        case KerongLockers() | BccLockers():
            return _on_boards(config, buses[config.bus], clock)
        case WaveshareLockers() | R421a08Lockers():
            return _on_relays(config, header, buses[config.bus], clock, chance)
        case None:
            return {}


def _on_boards(
    config: KerongLockers | BccLockers, bus: BusTwin, clock: Clock
) -> dict[int, SprungDoor]:
    boards = {
        address: _board(config, bus, address, clock)
        for address in sorted({item.address for item in config.locker})
    }
    doors: dict[int, SprungDoor] = {}
    for item in config.locker:
        doors[item.number] = boards[item.address].doors[item.lock] = SprungDoor(clock)
    return doors


def _board(
    config: KerongLockers | BccLockers, bus: BusTwin, address: int, clock: Clock
) -> LockBoardTwin:
    if isinstance(config, KerongLockers):
        return KerongTwin(bus, config.board, address, config.closed_bit, clock)
    count, order = config.status_bytes, config.byte_order
    return BccTwin(bus, address, config.closed_bit, clock, count, order)


def _on_relays(
    config: WaveshareLockers | R421a08Lockers,
    header: Header,
    bus: BusTwin,
    clock: Clock,
    chance: Random,
) -> dict[int, SprungDoor]:
    boards = relay_boards(bus, config, clock)
    return {
        item.number: RelayLockerTwin(
            header, item, boards[item.address].relays[item.channel], clock, chance
        )
        for item in config.locker
    }
