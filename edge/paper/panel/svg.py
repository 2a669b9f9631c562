"""The panels' faces as SVG, from their layout (edge/paper/panel/sheet.py).

Faces are drawn on pages, to print and cut out; or each as a drawing of its own for a screen, in
which lamps and buttons are groups (``data-lamp``, ``data-button``) that a page can light and press.
"""

from xml.etree import ElementTree as ET

from edge.config.sections.panels import LampName
from edge.drivers.wired.lamps import BLINKS, Rhythm
from edge.paper import svg as draw
from edge.paper.lettering import fit, lines_that_fit
from edge.paper.panel.labels import HELD, LAMPS, RHYTHMS, PanelText
from edge.paper.panel.sheet import (
    ABOVE,
    FOOT,
    HEAD,
    HEIGHT,
    HOLE,
    MARGIN,
    MEANING,
    NOTE,
    PITCH,
    WIDTH,
    Face,
    Light,
    Push,
    notes_beside,
)
from edge.paper.svg import INK

# Pale, because the lamp itself gives the light.
_TINTS: dict[LampName, str] = {
    "lamp": "#f3f3ee", "white": "#ffffff", "green": "#d5efd3", "blue": "#d3e3f7",
    "amber": "#fdeebf", "red": "#f8d3d0",
}  # fmt: skip
_RIMS: dict[LampName, str] = {
    "lamp": "#6b6b6b", "white": "#6b6b6b", "green": "#2e7d32", "blue": "#1f5fa8",
    "amber": "#b57f00", "red": "#b3261e",
}  # fmt: skip
_FAINT, _RULE, _BAND = "#5c5c5c", "#c9c9c9", "#20364f"

# The distance of the lines of English words below a button.
_ENGLISH_LINE = 2.1
# The strip that draws a rhythm: its length in seconds, its width and height in millimetres.
_STRIP_S, _STRIP, _STRIP_HEIGHT = 4.0, 9.0, 2.2


def svg(page: list[Face], title: str, number: int, count: int) -> str:
    """Return one page as an SVG document of A4.

    :param title: the checkpoint's; the page is *number* of *count*
    """
    root = draw.document(WIDTH, HEIGHT, f"Gardu panels of {title}, page {number}")
    draw.text(root, MARGIN, 14, title, fit(title, 4.2, 110, bold=True), bold=True)
    draw.text(root, WIDTH - MARGIN, 14, f"Gardu: panel {number}/{count}", 3.0, anchor="end",
              fill=_FAINT)  # fmt: skip
    for face in page:
        draw.rect(root, face.x, face.y, face.width, face.height, rx=3.0, stroke="#8a8a8a",
                  dashed=True)  # fmt: skip
        _face(root, face, drilled=True)
    _ruler(root)
    return draw.file_text(root)


def on_screen(face: Face) -> str:
    """Return *face*, with its corner at 0, 0, as an SVG element for a page on a screen.

    Each lamp is a group with the lamp's name as ``data-lamp``, each button one with its place on
    the panel, from 0, as ``data-button``, and ``data-hold`` if holding it has a meaning.
    """
    root = draw.chart(face.width, face.height)
    root.set("aria-label", " · ".join(one.id for one in face.stations))
    draw.rect(root, 0, 0, face.width, face.height, rx=3.0, fill="#ffffff", stroke="#8a8a8a")
    _face(root, face, drilled=False)
    return draw.element_text(root)


def _face(root: ET.Element, face: Face, *, drilled: bool) -> None:
    _head(root, face)
    for light in face.lights:
        lamp = draw.shape(root, "g", data_lamp=light.name)
        _light(lamp, light, drilled=drilled)
    for number, push in enumerate(face.pushes):
        button = draw.shape(root, "g", data_button=str(number))
        if push.hold is not None:
            button.set("data-hold", push.hold.id)
        button.set("data-press", push.press.id)
        _push(button, push, drilled=drilled)
    _foot(root, face)


def _head(root: ET.Element, face: Face) -> None:
    draw.rect(root, face.x + 1.5, face.y + 1.5, face.width - 3, HEAD - 4, fill=_BAND, rx=2.0)
    room = face.width - 10
    words = " · ".join(one.id for one in face.stations)
    draw.text(root, face.x + 5, face.y + 8.0, words, fit(words, 5.2, room, bold=True), bold=True,
              fill="#ffffff")  # fmt: skip
    words = " · ".join(one.en for one in face.stations)
    draw.text(root, face.x + 5, face.y + 12.0, words, fit(words, 2.8, room * 0.7), fill="#c8d6e5")
    draw.text(root, face.x + face.width - 5, face.y + 12.0, face.name, 2.2, anchor="end",
              fill="#c8d6e5")  # fmt: skip


def _light(root: ET.Element, light: Light, *, drilled: bool) -> None:
    words = LAMPS[light.name]
    if light.name != "lamp":
        draw.text(root, light.x, light.y - HOLE / 2 - 2.0, f"{words.id.upper()}", 3.2,
                  anchor="middle", bold=True, fill=_RIMS[light.name])  # fmt: skip
    _hole(root, light.x, light.y, _TINTS[light.name], _RIMS[light.name], drilled=drilled)
    draw.text(root, light.x, light.y + 8.0, words.en, 2.1, anchor="middle", fill=_FAINT)
    colour = _RIMS[light.name]
    for number, (rhythm, means) in enumerate(light.means):
        y = light.words_y + number * MEANING
        _meaning(root, light.words_x, y, light.words_room, rhythm, means, colour)


def _meaning(
    root: ET.Element,
    x: float,
    y: float,
    width: float,
    rhythm: Rhythm,
    means: PanelText,
    colour: str,
) -> None:
    _strip(root, x, y - _STRIP_HEIGHT / 2, rhythm, colour)
    left, room = x + _STRIP + 1.6, width - _STRIP - 2.0
    draw.text(root, left, y + 0.2, means.id, fit(means.id, 3.0, room, bold=True), bold=True)
    words = f"{RHYTHMS[rhythm].en}: {means.en}"
    draw.text(root, left, y + 2.7, words, fit(words, 2.1, room), fill=_FAINT)


def _strip(root: ET.Element, x: float, y: float, rhythm: Rhythm, colour: str) -> None:
    """Draw the times in which a lamp of *rhythm* is lit, over :data:`_STRIP_S` seconds."""
    draw.rect(root, x, y, _STRIP, _STRIP_HEIGHT, fill="#ffffff", stroke=_RULE)
    on_s, off_s = BLINKS.get(rhythm, (_STRIP_S, 0.0))
    scale, start = _STRIP / _STRIP_S, 0.0
    while start < _STRIP_S:
        draw.rect(root, x + start * scale, y, on_s * scale, _STRIP_HEIGHT, fill=colour)
        start += on_s + off_s


def _push(root: ET.Element, push: Push, *, drilled: bool) -> None:
    room = PITCH - 3.0
    lines, size = _lines(push.press.id, 4.0, 2.8, room)
    top = push.y - HOLE / 2 - ABOVE
    for number, one in enumerate(reversed(lines)):
        draw.text(root, push.x, top + 8.0 - number * size * 1.08, one, size, anchor="middle",
                  bold=True)  # fmt: skip
    words = push.press.en
    draw.text(root, push.x, top + 11.2, words, fit(words, 2.4, room), anchor="middle", fill=_FAINT)
    _hole(root, push.x, push.y, "#fafafa", INK, drilled=drilled)
    if push.hold is not None:
        _hold(root, push.x, push.y + HOLE / 2, push.hold)


def _lines(words: str, size: float, small: float, room: float) -> tuple[list[str], float]:
    """Return *words* in two lines, and their size; if it were below *small*, in three lines."""
    lines, found = lines_that_fit(words, size, room, 2, bold=True)
    return (lines, found) if found >= small else lines_that_fit(words, small, room, 3, bold=True)


def _hold(root: ET.Element, x: float, y: float, hold: PanelText) -> None:
    """Write the meaning of holding the button below its hole."""
    room = PITCH - 5.0
    words = f"{HELD.id}: {hold.id}"
    lines, size = _lines(words, 3.0, 2.3, room - 1)
    more = (len(lines) - 1) * size * 1.1
    english, small = lines_that_fit(hold.en, 2.0, room - 1, 2)
    tall = 6.6 + more + (len(english) - 1) * _ENGLISH_LINE
    draw.rect(root, x - room / 2 - 0.5, y + 1.5, room + 1, tall, fill="#eef1f5", rx=1.2)
    for number, one in enumerate(lines):
        draw.text(root, x, y + 4.5 + number * size * 1.1, one, size, anchor="middle", bold=True)
    for number, one in enumerate(english):
        at = y + 7.2 + more + number * _ENGLISH_LINE
        draw.text(root, x, at, one, small, anchor="middle", fill=_FAINT)


def _hole(root: ET.Element, x: float, y: float, fill: str, rim: str, *, drilled: bool) -> None:
    """Draw a hole; one to be cut has a cross for the drill."""
    draw.circle(root, x, y, HOLE / 2, fill, stroke=rim, stroke_width=0.5)
    if drilled:
        draw.line(root, x - 3, y, x + 3, y, _RULE, 0.25)
        draw.line(root, x, y - 3, x, y + 3, _RULE, 0.25)


def _foot(root: ET.Element, face: Face) -> None:
    beside = notes_beside(face.width)
    top = face.y + face.height - FOOT - NOTE * -(-len(face.notes) // beside) + 1.5
    draw.line(root, face.x + 4, top, face.x + face.width - 4, top, _RULE, 0.3)
    room = (face.width - 12) / beside
    for number, words in enumerate(face.notes):
        row, column = divmod(number, beside)
        x, y = face.x + 5 + column * (room + 2), top + row * NOTE
        draw.text(root, x, y + 3.8, words.id, fit(words.id, 2.5, room, bold=True), bold=True)
        draw.text(root, x, y + 6.6, words.en, fit(words.en, 2.1, room), fill=_FAINT)


def _ruler(root: ET.Element) -> None:
    """Draw a ruler of 100 mm, to check that a print has its true size."""
    y = HEIGHT - 9
    draw.line(root, MARGIN, y, MARGIN + 100, y, INK, 0.3)
    for step in range(11):
        draw.line(root, MARGIN + step * 10, y - (2 if step % 5 == 0 else 1.2), MARGIN + step * 10,
                  y, INK, 0.3)  # fmt: skip
    words = "100 mm. Cetak 100 %, jangan disesuaikan; gunting di garis putus."
    draw.text(root, MARGIN + 103, y, words, fit(words, 2.6, 86, bold=True), bold=True)
    words = "Print at 100 %, no fitting; cut along the dashes."
    draw.text(root, MARGIN + 103, y + 3.4, words, 2.2, fill=_FAINT)
