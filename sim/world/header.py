"""Pins and terminals in the world: the parts connected to each, and the level that results.

The strongest part connected to a pin decides its level: the Pi's own output, then a closed contact,
then a resistor of the world, then the Pi's internal pull, and without any of these the pull that
the pin has at power-up.
"""

from collections.abc import Callable
from typing import Literal

from edge.config.sections.pins import Contact, Output

Pull = Literal["up", "down", "floating"]

PIN_NUMBERS = range(2, 28)
"""The BCM numbers of the GPIO pins on the 40-pin header."""

# BCM2711 data sheet, table "GPIO pins alternative function assignment": pull at power-up.
_PULLED_UP_AT_BOOT = range(9)
# GPIO 2 and 3 carry the I2C bus: 1.8 kOhm to 3.3 V on every Pi, stronger than an added resistor.
_FIXED_PULL_UP = (2, 3)
_PULL_LEVEL: dict[Pull, int | None] = {"up": 1, "down": 0, "floating": None}

Header = dict[int | str, "HeaderPin"]
"""The pins by their BCM numbers, and the terminals of modules by their places in words."""

Watcher = Callable[[int, int], None]
"""Called with a pin's new level (0 or 1) and the moment of the change (boot ns of the clock)."""


class HeaderPin:
    """One pin.

    :ivar level: 0 or 1, always the result of all that is connected
    :ivar driven: the level that the Pi puts out, or None while the pin is an input
    :ivar watchers: called on every change of ``level``, in order
    :ivar told: the Pi is told of changes as edges; False: its buffer of edges has overflowed, and
        only a reading shows the level
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.driven: int | None = None
        self.watchers: list[Watcher] = []
        self.told = True
        self._contact: int | None = None
        self._resistor: int | None = 1 if number in _FIXED_PULL_UP else None
        self._pull: Pull = "floating"
        self.level = self._result()

    def fit(self, level: int) -> None:
        """Solder a resistor that holds the pin at *level* while nothing stronger drives it."""
        if self.number not in _FIXED_PULL_UP:
            self._resistor = level
        self.level = self._result()

    def tie(self, level: int | None, at: int) -> None:
        """Connect the pin to *level* by closing a contact, or disconnect it (None)."""
        self._contact = level
        self._settle(at)

    def drive(self, level: int, at: int) -> None:
        """Make the pin an output of the Pi at *level*."""
        self.driven = level
        self._settle(at)

    def listen(self, pull: Pull, at: int) -> None:
        """Make the pin an input of the Pi with internal *pull*."""
        self.driven = None
        self._pull = pull
        self._settle(at)

    def release(self, at: int, *, persists: bool) -> None:
        """Let the Pi release the pin: a floating input, unless it is an output that persists."""
        if not (persists and self.driven is not None):
            self.listen("floating", at)

    def _settle(self, at: int) -> None:
        level = self._result()
        if level != self.level:
            self.level = level
            for watch in self.watchers:
                watch(level, at)

    def _result(self) -> int:
        by_strength = (self.driven, self._contact, self._resistor, _PULL_LEVEL[self._pull])
        connected = [level for level in by_strength if level is not None]
        return connected[0] if connected else int(self.number in _PULLED_UP_AT_BOOT)


class Terminal(HeaderPin):
    """A terminal of a module: as a pin without any pull, low while nothing is connected.

    The module drives its outputs; an input's contact connects it to the module's own supply.
    """

    def __init__(self) -> None:
        super().__init__(-1)


def terminal(header: Header, part: Contact | Output) -> HeaderPin:
    """Return the pin or terminal that *part* is wired to."""
    return header[part.bcm if part.module is None else part.place]


def make_header() -> Header:
    """Return the pins of a header with nothing connected, by BCM number."""
    return {number: HeaderPin(number) for number in PIN_NUMBERS}
