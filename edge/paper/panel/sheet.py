"""The layout of the panels' faces: places of all parts, on pages of A4. Pure; millimetres.

A face is printed at its true size, cut out and put under the buttons and lamps. Its holes are for
the usual 22 mm ones (22.3 mm, IEC 60947-5-1 by makers' data sheets), no closer than these allow
(30 mm).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from edge.config.hosts import hosts
from edge.config.model import Config
from edge.config.sections.panels import Button, LampName, Panel
from edge.config.sections.values import Action
from edge.drivers.wired.lamps import Rhythm
from edge.paper.panel.labels import (
    ACTIONS,
    HEARD,
    HELD,
    LAMP_TEST,
    LAMP_TEST_ONE,
    REFUSED,
    PanelText,
    meanings,
    station,
)
from edge.paper.panel.reasons import NO_REASONS, Reasons, button_reasons
from edge.sop.procedures.model import Procedure

NO_TITLES: Mapping[str, str] = MappingProxyType({})

WIDTH, HEIGHT = 210.0, 297.0
MARGIN, GAP = 10.0, 6.0
TOP, BOTTOM = 22.0, 20.0

HOLE = 22.3
PITCH = 37.0
MOST_COLUMNS, FEWEST_COLUMNS = 5, 2
PAD = 2.5
HEAD = 17.0
# The foot's notes stand beside each other, or one below the other on a face narrower than NARROW.
FOOT, NOTE, NARROW = 4.5, 6.6, 110.0
ABOVE, BELOW = 13.5, 14.0
MEANING = 6.4


class Push(NamedTuple):
    """One button of a face: the middle of its hole, its words, and the words for holding it."""

    x: float
    y: float
    press: PanelText
    hold: PanelText | None


class Light(NamedTuple):
    """One lamp: the middle of its hole, its meanings, and the place of their words."""

    x: float
    y: float
    name: LampName
    means: list[tuple[Rhythm, PanelText]]
    words_x: float
    words_y: float
    words_room: float


class Face(NamedTuple):
    """One panel's face, its corner at x, y of its page."""

    x: float
    y: float
    width: float
    height: float
    name: str
    stations: list[PanelText]
    lights: list[Light]
    pushes: list[Push]
    notes: list[PanelText]

    def at(self, x: float, y: float) -> "Face":
        """Return the same face at another place."""
        return self._replace(
            x=x,
            y=y,
            lights=[
                one._replace(
                    x=one.x + x, y=one.y + y, words_x=one.words_x + x, words_y=one.words_y + y
                )
                for one in self.lights
            ],
            pushes=[one._replace(x=one.x + x, y=one.y + y) for one in self.pushes],
        )


def pages(faces: Iterable[Face]) -> list[list[Face]]:
    """Return *faces*, page by page."""
    return list(_paged(faces))


def config_faces(
    config: Config, procedures: Iterable[Procedure], stations: Sequence[str] = ()
) -> list[Face]:
    """Return the faces of *config*'s panels.

    :param procedures: those of the config, for the reasons that the buttons choose
    :param stations: only the panels that serve one of these, or have one of these names; empty: all
    """
    titles, known = host_titles(config), list(procedures)
    return [
        face(name, panel, titles, button_reasons(config, panel, known))
        for name, panel in chosen(config, stations)
    ]


def chosen(config: Config, stations: Sequence[str]) -> list[tuple[str, Panel]]:
    """Return the panels that serve or are named one of *stations*, with their names; empty: all."""
    return [
        (name, panel)
        for name, panel in config.panels.items()
        if not stations or name in stations or not set(stations).isdisjoint(panel.stations)
    ]


def host_titles(config: Config) -> dict[str, str]:
    """Return the titles of the hosts of *config*, by id, and those of the kinds of guests."""
    kinds = {_kind_key(kind.id): kind.title for kind in config.guest_kinds}
    return {host.id: host.title for host in hosts(config)} | kinds


def _kind_key(guest_kind: str) -> str:
    """Return the key of a kind of guests among the titles: no host can have that id."""
    return f"guest_kinds.{guest_kind}"


def face(
    name: str,
    panel: Panel,
    titles: Mapping[str, str] = NO_TITLES,
    reasons: Reasons = NO_REASONS,
) -> Face:
    """Return the face of one panel, its corner at 0, 0.

    :param titles: the titles of the hosts, by id, for the buttons that name one
    :param reasons: the words of the buttons that choose a reason
    """
    lamps = list(panel.fitted_lamps)
    columns = _columns(len(panel.buttons), len(lamps))
    lights = _lights(lamps, columns)
    top = max((_bottom(light) for light in lights), default=HEAD)
    pushes = [
        Push(
            *_place(number, columns, top),
            press_words(button, titles, reasons),
            hold_words(button, titles, reasons),
        )
        for number, button in enumerate(panel.buttons)
    ]
    rows, width = -(-len(pushes) // columns), 2 * PAD + columns * PITCH
    notes = _notes(panel)
    foot = FOOT + NOTE * -(-len(notes) // notes_beside(width))
    return Face(
        0,
        0,
        width,
        top + rows * (ABOVE + HOLE + BELOW) + foot,
        name,
        [station(one) for one in panel.stations],
        lights,
        pushes,
        notes,
    )


def notes_beside(width: float) -> int:
    """Return how many notes stand beside each other in the foot of a face of *width*."""
    return 1 if width < NARROW else 2


def press_words(
    button: Button, titles: Mapping[str, str] = NO_TITLES, reasons: Reasons = NO_REASONS
) -> PanelText:
    """Return the words on *button*: its own label, or the words of its meaning.

    :param titles: the titles of the hosts, by id
    :param reasons: the words of the buttons that choose a reason
    """
    words = reasons.get(button.press, ACTIONS[button.press])
    if button.label:
        return PanelText(button.label, words.en)
    return PanelText(words.id + _of(button, button.press, titles), words.en)


def hold_words(
    button: Button, titles: Mapping[str, str] = NO_TITLES, reasons: Reasons = NO_REASONS
) -> PanelText | None:
    """Return the words under *button* for holding it; None if holding has no meaning.

    :param titles: the titles of the hosts, by id
    :param reasons: the words of the buttons that choose a reason
    """
    if button.hold is None:
        return None
    words = reasons.get(button.hold, ACTIONS[button.hold])
    return PanelText(words.id + _of(button, button.hold, titles), f"{HELD.en}: {words.en}")


def _of(button: Button, action: Action, titles: Mapping[str, str]) -> str:
    """Return the host, else the procedure, and the kind of guest of *action*, as far as it has."""
    arrives = action == "arrive"
    kind = button.guest_kind if arrives else None
    named = f" {titles.get(_kind_key(kind), kind)}" if kind else ""
    if button.host and action in ("arrive", "receiving", "away"):
        return f" {titles.get(button.host, button.host)}{named}"
    return f" {button.procedure}{named}" if button.procedure and arrives else named


def _columns(buttons: int, lamps: int) -> int:
    """Return the number of columns that makes rows of the same length."""
    rows = max(1, -(-buttons // MOST_COLUMNS))
    return max(FEWEST_COLUMNS, -(-buttons // rows), lamps)


def _lights(lamps: list[LampName], columns: int) -> list[Light]:
    """Place the lamps in a row; the meanings stand beside a single lamp, else below each."""
    means = meanings(frozenset(lamps))
    y = HEAD + 5.0 + HOLE / 2
    lights = []
    for number, lamp in enumerate(lamps):
        x = PAD + (number + 0.5) * PITCH
        words_x, words_y, room = x - PITCH / 2 + 2.0, y + HOLE / 2 + 5.0, PITCH - 3.0
        if len(lamps) == 1:
            words_x, words_y = PAD + PITCH, y - MEANING * (len(means[lamp]) - 1) / 2
            room = (columns - 1) * PITCH
        lights.append(Light(x, y, lamp, means[lamp], words_x, words_y, room))
    return lights


def _bottom(light: Light) -> float:
    return max(light.y + HOLE / 2, light.words_y + MEANING * (len(light.means) - 1) + 2.0) + 5.0


def _place(number: int, columns: int, top: float) -> tuple[float, float]:
    """Return the middle of the hole of button *number*."""
    row, column = divmod(number, columns)
    x = PAD + (column + 0.5) * PITCH
    y = top + row * (ABOVE + HOLE + BELOW) + ABOVE + HOLE / 2
    return x, y


def _notes(panel: Panel) -> list[PanelText]:
    """Return the notes of the foot: the signs that answer a press, and the lamp test."""
    if not panel.buttons or not panel.fitted_lamps:
        return [REFUSED]
    return [HEARD, REFUSED, LAMP_TEST if len(panel.buttons) > 1 else LAMP_TEST_ONE]


def _paged(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Place the faces in rows on pages, in the order of the config."""
    page: list[Face] = []
    x, y, row = MARGIN, TOP, 0.0
    for one in faces:
        if page and x + one.width > WIDTH - MARGIN:
            x, y, row = MARGIN, y + row + GAP, 0.0
        if page and y + one.height > HEIGHT - BOTTOM:
            yield page
            page, x, y, row = [], MARGIN, TOP, 0.0
        page.append(one.at(x, y))
        x, row = x + one.width + GAP, max(row, one.height)
    if page:
        yield page
