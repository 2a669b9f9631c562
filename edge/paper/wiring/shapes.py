"""What stands on the sheets of the wiring picture, and its measures. Millimetres.

The sheets are A4, upright.
"""

from typing import Literal, NamedTuple

from edge.paper.sheets import Paper, upright

WIDTH, HEIGHT = upright(Paper.A4)
MARGIN = 8.0
# The lowest that anything but the foot may reach; where a sheet after the first begins.
BOTTOM, TOP_OF_NEXT = HEIGHT - 10.0, 28.0

PITCH = 7.2
TOP = 46.0
ODD_X, EVEN_X = 100.8, 109.2
LABEL_WIDTH, LABEL_HEIGHT = 80.0, 6.9

CARD_WIDTH, CARD_GAP = 45.5, 4.0
CARD_HEAD, CARD_LINE, CARD_SIZE, CARD_ROOM = 6.6, 3.1, 2.3, CARD_WIDTH - 4
CARDS_A_ROW = 4
LINE = 3.3

PinKind = Literal["3.3 V", "5 V", "ground", "id", "in", "out", "serial", "free"]


class Box(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Return True if the two overlap."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class PinLabel(NamedTuple):
    """The label beside one pin of the header.

    :ivar position: on the header, 1 to 40
    :ivar group: the kind of device, for its colour; empty for power and free pins
    :ivar resistor: the rail of a resistor at the pin; empty without one
    """

    position: int
    kind: PinKind
    box: Box
    title: str
    detail: str = ""
    group: str = ""
    resistor: str = ""
    warning: bool = False


class Card(NamedTuple):
    """A box for a device that is not on the header.

    :ivar details: its lines, each no wider than the box
    :ivar bus: the bus to which it is connected; empty if none
    """

    box: Box
    title: str
    details: tuple[str, ...]
    group: str
    bus: str = ""


class TextLine(NamedTuple):
    """A line of text, its baseline at *y*."""

    x: float
    y: float
    words: str
    heading: bool = False


class ChannelLabel(NamedTuple):
    """The label of one channel of a module: inputs stand on the left, outputs on the right.

    :ivar group: the kind of device, for its colour
    """

    box: Box
    kind: Literal["in", "out"]
    number: int
    title: str
    detail: str
    group: str


class WiringSheet(NamedTuple):
    """One sheet of the picture; the header's pins, *labels*, are on the first."""

    title: str
    place: str
    labels: list[PinLabel]
    cards: list[Card]
    channels: list[ChannelLabel]
    texts: list[TextLine]


def pin_y(position: int) -> float:
    """Return the y of the middle of pin *position*."""
    return TOP + ((position - 1) // 2 + 0.5) * PITCH
