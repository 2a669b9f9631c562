"""The first guest of a checkpoint that `gardu init` has configured, from arrival to leave-taking.

Pins are those of the config that was written: as a technician does who wires by the picture.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.parts import pin_parts
from edge.config.sections.lockers import GpioLockers
from edge.config.sections.panels import Button
from edge.config.sections.pins import Contact
from virtual_pi import site
from virtual_pi.bench import Bench
from virtual_pi.readers import card_shown, reader
from virtual_pi.visits import LIMIT

PROCEDURE = "eselon-4-asn"
AIDE = "aide"
"""The name that `gardu init` proposes for the aiphone."""

_HELD_S = 1.6  # a button that is held: its second meaning begins after 1 s


def answers(port: int) -> str:
    """Return the file of answers for `gardu init`.

    :param port: the broker's port on the machine that has the guest
    """
    return f"""[checkpoint]
procedures = ["{PROCEDURE}"]
site = "setda-tanjabbar"
id = "lobi-utama"
place = "Lobi utama Kantor Bupati Tanjung Jabung Barat, Kuala Tungkal"
timezone = "Asia/Jakarta"
[broker]
url = "mqtt://10.0.2.2:{port}"
[cards]
visitor = {list(site.CARDS[:3])}
[card_readers.desk]
port = "/dev/ttyS1"
[guests]
opens = "00:00"
[lockers]
count = 3
driver = "gpio"
"""


class Lobby:
    """The people and doors at the pins of a written config.

    :param config: a copy of the config on this machine
    """

    def __init__(self, bench: Bench, config: Path) -> None:
        self._bench = bench
        self.config: Config = load_config(config, elsewhere=True)

    def has_reader(self, station: str) -> bool:
        """Return True if the guest shows the card at *station*."""
        return any(station in one.stations for one in self.config.card_readers.values())

    def wires(self) -> Iterator[tuple[int, int]]:
        """Yield each contact's pin and its level at rest."""
        for _, part in pin_parts(self.config):
            if isinstance(part, Contact):
                yield part.bcm, int(not part.active_level)

    def wire(self) -> None:
        """Wire every contact at rest."""
        commands = [f"pins wire {pin} {level}" for pin, level in self.wires()]
        self._bench.guest.run("; ".join(commands), timeout=300)

    def press(self, panel: str, meaning: str) -> None:
        """Press (or hold) the button of *panel* that means *meaning*."""
        button = self._button(panel, meaning)
        held = f" --seconds {_HELD_S}" if button.hold == meaning else ""
        self._bench.guest.run(f"pins press {button.bcm}{held}")

    def aide(self, answer: str) -> None:
        """Press a contact of the aide's aiphone: ``accept`` or ``decline``."""
        contact: Contact = getattr(self.config.aiphone[AIDE], answer)
        self._bench.guest.run(f"pins press {contact.bcm}")

    def use_locker(self, panel: str, meaning: str) -> None:
        """Order locker 1 open at *panel*; its door springs open, and is shut again."""
        lockers = self.config.lockers
        assert isinstance(lockers, GpioLockers)
        relay, door = lockers.locker[0].relay, lockers.locker[0].door
        self._bench.guest.run(
            f"pins spring {self._button(panel, meaning).bcm} "
            f"{relay.bcm} {int(relay.active_level)} {door.bcm} --limit {LIMIT:.0f}",
            timeout=LIMIT + 60,
        )

    def _button(self, panel: str, meaning: str) -> Button:
        buttons = self.config.panels[panel].buttons
        return next(button for button in buttons if meaning in (button.press, button.hold))


def visit(bench: Bench, lobby: Lobby) -> dict[str, Any]:
    """Play one visit through all steps of the procedure; return the record of its end."""
    office = bench.office

    def step(number: int, since: int) -> None:
        office.wait(
            "step.completed", since, LIMIT, having=lambda record: record["data"]["number"] == number
        )

    since = office.mark()
    lobby.press("reception", "arrive")
    office.wait("visit.opened", since, LIMIT)
    lobby.aide("accept")
    with reader(bench.guest.folder / "ttyS1") as connection:

        def shown(station: str) -> AbstractContextManager[None]:
            here = lobby.has_reader(station)
            return card_shown(connection, site.CARDS[0]) if here else nullcontext()

        with card_shown(connection, site.CARDS[0]):
            office.wait_live("state/occupancy", LIMIT, lambda now: now and now["cards_out"] == 1)
        lobby.press("reception", "done")
        step(1, since)
        with shown("officer-1"):
            lobby.press("officer-1", "done")
        step(2, since)
        with shown("officer-2"):
            lobby.use_locker("officer-2", "locker")
        step(3, since)
        lobby.aide("accept")
        lobby.aide("decline")
        step(4, since)
        with card_shown(connection, site.CARDS[0]):
            lobby.use_locker("officer-1", "done")
        lobby.press("officer-1", "done")
    return office.wait("visit.closed", since, LIMIT)
