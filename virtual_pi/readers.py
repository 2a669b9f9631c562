"""The other ends of the guest's serial lines: a card reader that shows a card."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from virtual_pi.errors import Unreachable

_REPEAT_S = 0.06  # an RDM6300 repeats a card every 50 to 65 ms
# A card counts as removed after 0.3 s of silence, which a slow guest may read late.
_AWAY_S = 2.0


def rdm6300_frame(card: str) -> bytes:
    """Return the frame of an RDM6300 for a card number of 10 hexadecimal digits."""
    checksum = 0
    for byte in bytes.fromhex(card):
        checksum ^= byte
    return b"\x02" + card.upper().encode("ascii") + f"{checksum:02X}".encode("ascii") + b"\x03"


@contextmanager
def reader(line: Path) -> Iterator[socket.socket]:
    """Connect a reader to a serial line of the guest; a USB adapter is unplugged without one.

    :raises Unreachable: if the virtual machine has no such line
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(line))
        except OSError as error:
            raise Unreachable(f"the line {line.name} cannot be connected: {error}") from error
        yield connection


@contextmanager
def card_shown(connection: socket.socket, card: str) -> Iterator[None]:
    """Show a card at the reader until the block ends, and take it away: it can be shown again."""
    away = threading.Event()
    frame = rdm6300_frame(card)

    def show() -> None:
        while not away.wait(_REPEAT_S):
            try:
                connection.sendall(frame)
            except OSError:
                return

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        away.set()
        thread.join()
        time.sleep(_AWAY_S)
