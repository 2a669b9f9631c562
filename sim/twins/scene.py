"""The picture of a camera: the lobby, drawn.

Guests are figures with the number they have in the simulation, never a name.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from io import BytesIO
from typing import Literal

import msgspec
from PIL import Image, ImageDraw, ImageFont

from edge.config.office_time import office_time

Place = Literal["entrance", "reception", "waiting", "lockers", "detector", "office"]

SIZE = (640, 360)
"""Pixels of a still."""

# Drawn twice as large and shrunk: that smooths all edges.
_SCALE = 2
_FLOOR_Y = 210
_QUALITY = 85

_WALL, _WALL_FOOT, _FLOOR, _TILE = "#e9e2d0", "#b9a98a", "#cfc9bd", "#c0b9ab"
_WOOD, _WOOD_DARK, _STEEL, _STEEL_DARK = "#9a6b3f", "#744d2a", "#7d8c99", "#4f5c67"
_DARK, _PAPER, _GREEN, _RED, _SHADE = "#20262b", "#fbf8f0", "#3d9b57", "#d23b2f", "#a9a294"
_CLOTHES = ("#2f6690", "#8c2f39", "#3a7d44", "#b5651d", "#6a4c93", "#00798c", "#a23e48", "#5c677d")

# Position of the first figure's feet at each place, and the distance to the next ones; pixels.
_FEET: dict[Place, tuple[int, int]] = {
    "entrance": (52, 300),
    "reception": (222, 322),
    "waiting": (268, 282),
    "lockers": (392, 312),
    "detector": (517, 318),
    "office": (592, 296),
}
_STEP_X, _STEP_Y, _ABREAST = 27, 14, 3
_LOCKERS_LEFT, _LOCKERS_TOP, _LOCKER_GAP, _ABREAST_LOCKERS = 366, 98, 6, 6

Box = tuple[int, int, int, int]


class Scene(msgspec.Struct, frozen=True):
    """One moment of the lobby.

    :ivar place: the words shown in the picture
    :ivar lockers: True if the locker's door is open, by locker number
    :ivar alarming: True if the metal detector alarms; None without a detector
    :ivar figures: where each guest stands, by the guest's number
    :ivar zone: the office's time zone
    """

    place: str
    wall_ms: int
    lockers: Mapping[int, bool]
    alarming: bool | None
    figures: Mapping[int, Place]
    zone: tzinfo = UTC


def draw(scene: Scene) -> bytes:
    """Return *scene* as a JPEG of 640 by 360 pixels."""
    image = Image.new("RGB", (SIZE[0] * _SCALE, SIZE[1] * _SCALE), _WALL)
    pen = _Pen(ImageDraw.Draw(image))
    _room(pen)
    _doors(pen)
    _lockers(pen, scene.lockers)
    _chairs(pen)
    if scene.alarming is not None:
        _detector(pen, alarming=scene.alarming)
    _figures(pen, scene.figures, behind_desk=True)
    _desk(pen)
    _figures(pen, scene.figures, behind_desk=False)
    _caption(pen, scene)
    jpeg = BytesIO()
    image.reduce(_SCALE).save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()


def _dark() -> bytes:
    jpeg = BytesIO()
    Image.new("RGB", SIZE).save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()


DARK = _dark()
"""The picture of a camera with its lens covered."""


class _Pen:
    """Draws in the still's pixels on the larger picture."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def box(self, box: Box, fill: str, edge: str | None = None, radius: int = 0) -> None:
        self._draw.rounded_rectangle(_scaled(box), radius * _SCALE, fill, edge, _SCALE)

    def oval(self, box: Box, fill: str) -> None:
        self._draw.ellipse(_scaled(box), fill)

    def shape(self, points: list[tuple[int, int]], fill: str) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill)

    def line(self, box: Box, fill: str, width: int = 1) -> None:
        self._draw.line(_scaled(box), fill, width * _SCALE)

    def text(self, at: tuple[int, int], text: str, fill: str, size: int, anchor: str) -> None:
        font = ImageFont.load_default(size * _SCALE)
        self._draw.text((at[0] * _SCALE, at[1] * _SCALE), text, fill, font, anchor)


def _scaled(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE


def _room(pen: _Pen) -> None:
    pen.box((0, _FLOOR_Y, 640, 360), _FLOOR)
    for x in range(-200, 860, 80):
        pen.line((320 + (x - 320) // 2, _FLOOR_Y, x, 360), _TILE)
    for y in (228, 252, 284, 324):
        pen.line((0, y, 640, y), _TILE)
    pen.box((0, _FLOOR_Y - 5, 640, _FLOOR_Y), _WALL_FOOT)


def _doors(pen: _Pen) -> None:
    pen.box((18, 86, 88, _FLOOR_Y), _STEEL_DARK)
    pen.box((22, 90, 51, _FLOOR_Y), "#bcd6e3")
    pen.box((55, 90, 84, _FLOOR_Y), "#bcd6e3")
    pen.text((53, 76), "MASUK", _STEEL_DARK, 11, "mm")
    pen.box((566, 82, 622, _FLOOR_Y), _WOOD_DARK)
    pen.box((570, 86, 618, _FLOOR_Y), _WOOD)
    pen.oval((574, 148, 580, 154), _PAPER)
    pen.text((594, 72), "PEJABAT", _WOOD_DARK, 11, "mm")


def _lockers(pen: _Pen, lockers: Mapping[int, bool]) -> None:
    """Draw the lockers side by side, in as many rows as they need."""
    if lockers:
        pen.text((422, 86), "LOKER", _STEEL_DARK, 11, "mm")
    rows = -(-len(lockers) // _ABREAST_LOCKERS)
    width = min(32, 114 // max(1, min(len(lockers), _ABREAST_LOCKERS)) - _LOCKER_GAP)
    height = (_FLOOR_Y - _LOCKERS_TOP) // max(1, rows)
    for place, (number, is_open) in enumerate(lockers.items()):
        row, column = divmod(place, _ABREAST_LOCKERS)
        left = _LOCKERS_LEFT + column * (width + _LOCKER_GAP)
        bottom = _FLOOR_Y - (rows - 1 - row) * height
        _locker(pen, (left, bottom - height, left + width, bottom), number, is_open=is_open)


def _locker(pen: _Pen, box: Box, number: int, *, is_open: bool) -> None:
    left, top, right, bottom = box
    pen.box(box, _STEEL, _STEEL_DARK)
    if is_open:
        pen.box((left + 3, top + 3, right - 3, bottom - 4), _DARK)
        hinge = [(left, top), (left - 15, top + 9), (left - 15, bottom + 9)]
        pen.shape([*hinge, (left, bottom)], "#a5b3be")
    else:
        middle = (top + bottom) // 2
        pen.oval((right - 9, middle, right - 4, middle + 5), _DARK)
    colour = _PAPER if is_open else _DARK
    pen.text(((left + right) // 2, top + 12), str(number), colour, 12, "mm")


def _chairs(pen: _Pen) -> None:
    for x in (246, 280, 314):
        pen.box((x, 178, x + 26, 214), "#4b6f8f", radius=4)
        pen.box((x, 208, x + 26, 222), "#3b5a76", radius=3)
        pen.line((x + 4, 222, x + 4, 238), _DARK, 2)
        pen.line((x + 22, 222, x + 22, 238), _DARK, 2)


def _detector(pen: _Pen, *, alarming: bool) -> None:
    colour = _RED if alarming else _STEEL_DARK
    pen.box((490, 130, 498, 292), colour, radius=2)
    pen.box((536, 130, 544, 292), colour, radius=2)
    pen.box((486, 116, 548, 136), colour, radius=3)
    pen.text((517, 126), "ALARM" if alarming else "SIAP", _PAPER, 10, "mm")


def _desk(pen: _Pen) -> None:
    pen.box((112, 250, 232, 262), _WOOD, _WOOD_DARK, radius=3)
    pen.box((118, 262, 226, 306), _WOOD_DARK)
    pen.text((162, 284), "PENERIMA TAMU", _PAPER, 10, "mm")
    pen.box((126, 228, 156, 248), _DARK, radius=2)
    pen.line((141, 248, 141, 251), _DARK, 4)
    pen.box((180, 245, 210, 250), _PAPER)


def _figures(pen: _Pen, figures: Mapping[int, Place], *, behind_desk: bool) -> None:
    """Draw the guests back to front; only those far away are drawn before the desk, behind it."""
    crowd: dict[Place, int] = {}
    spots = []
    for number, place in sorted(figures.items()):
        count = crowd.get(place, 0)
        crowd[place] = count + 1
        x, y = _FEET[place]
        row, column = divmod(count, _ABREAST)
        spots.append((y + row * _STEP_Y, x + column * _STEP_X - row * 9, number))
    for y, x, number in sorted(spots):
        if (y < _FEET["waiting"][1]) == behind_desk:
            _figure(pen, x, y, number)


def _figure(pen: _Pen, x: int, y: int, number: int) -> None:
    colour = _CLOTHES[number % len(_CLOTHES)]
    pen.oval((x - 14, y - 5, x + 14, y + 4), _SHADE)
    pen.box((x - 8, y - 34, x - 1, y), _DARK, radius=2)
    pen.box((x + 1, y - 34, x + 8, y), _DARK, radius=2)
    pen.box((x - 12, y - 70, x + 12, y - 28), colour, radius=7)
    pen.oval((x - 9, y - 90, x + 9, y - 70), "#c99a6b")
    pen.shape([(x - 9, y - 80), (x - 7, y - 89), (x + 7, y - 89), (x + 9, y - 80)], _DARK)
    pen.text((x, y - 50), str(number), _PAPER, 12, "mm")


def _caption(pen: _Pen, scene: Scene) -> None:
    moment = office_time(scene.wall_ms, scene.zone)
    pen.box((0, 0, 640, 24), _DARK)
    pen.text((10, 12), scene.place, _PAPER, 13, "lm")
    pen.text((630, 12), f"{moment:%Y-%m-%d %H:%M:%S %Z}", _PAPER, 13, "rm")
    guests = f"tamu: {len(scene.figures)}"
    pen.box((10, 336, 80, 354), _DARK, radius=4)
    pen.text((45, 345), guests, _PAPER, 11, "mm")
