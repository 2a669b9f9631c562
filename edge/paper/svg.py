"""Draws SVG: pages in millimetres, and charts that fill the width of a page.

Written with the standard library's ElementTree: it escapes text and attributes, the file is
self-contained (no fonts, no scripts), and an SVG library would add a dependency to every Pi for a
few element names. ElementTree also writes characters that XML forbids; here they become escapes.
Sizes of text are measured in ``lettering.py``.
"""

from xml.etree import ElementTree as ET

from edge.printable import in_document

INK = "#1b1b1b"
# The widths in lettering.py are those of DejaVu Sans; the fonts behind it are narrower.
_FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"


def document(width: float, height: float, title: str) -> ET.Element:
    """Return an empty white drawing in true size, millimetres."""
    root = _root(width, height, width=f"{width:g}mm", height=f"{number(height)}mm")
    ET.SubElement(root, "title").text = title
    rect(root, 0, 0, width, height, fill="#ffffff")
    return root


def chart(width: float, height: float, label: str = "") -> ET.Element:
    """Return an empty drawing that fills the width of its place in a page; units are its own.

    :param label: its name for a screen reader; empty: it has none
    """
    named = {"aria-label": label} if label else {}
    return _root(width, height, width="100%", role="img", **named)


def _root(across: float, down: float, **attributes: str) -> ET.Element:
    box = f"0 0 {number(across)} {number(down)}"
    xmlns = "http://www.w3.org/2000/svg"
    return ET.Element("svg", {"xmlns": xmlns, "viewBox": box, "font-family": _FONT, **attributes})


def file_text(root: ET.Element) -> str:
    """Return the drawing as the text of an SVG file."""
    ET.indent(root)
    _make_valid(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def element_text(root: ET.Element) -> str:
    """Return the drawing as an element to put into an HTML page."""
    _make_valid(root)
    return ET.tostring(root, encoding="unicode")


def _make_valid(root: ET.Element) -> None:
    for element in root.iter():
        if element.text:
            element.text = in_document(element.text)
        for name, value in element.items():
            element.set(name, in_document(value))


def shape(root: ET.Element, kind: str, **attributes: float | str) -> ET.Element:
    """Add an element; ``stroke_width=0.3`` is the attribute ``stroke-width``."""
    return ET.SubElement(
        root,
        kind,
        {
            name.replace("_", "-"): value if isinstance(value, str) else number(value)
            for name, value in attributes.items()
        },
    )


def text(
    root: ET.Element,
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    anchor: str = "start",
    fill: str = INK,
    bold: bool = False,
) -> None:
    """Write *words* with their baseline at *y*; *anchor*: start, middle or end."""
    element = shape(root, "text", x=x, y=y, fill=fill, font_size=size, text_anchor=anchor)
    if bold:
        element.set("font-weight", "bold")
    element.text = words


def rect(
    root: ET.Element,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = "none",
    rx: float = 0.0,
    stroke: str = "none",
    stroke_width: float = 0.3,
    dashed: bool = False,
) -> None:
    """Draw a rectangle with corners of radius *rx*."""
    element = shape(root, "rect", x=x, y=y, width=width, height=height, rx=rx, fill=fill,
                    stroke=stroke, stroke_width=stroke_width)  # fmt: skip
    if dashed:
        element.set("stroke-dasharray", "2 1.2")


def circle(
    root: ET.Element,
    x: float,
    y: float,
    radius: float,
    fill: str,
    *,
    stroke: str = "#00000040",
    stroke_width: float = 0.25,
) -> None:
    """Draw a disc."""
    shape(root, "circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=stroke_width)


def line(
    root: ET.Element, x1: float, y1: float, x2: float, y2: float, colour: str, width: float
) -> None:
    """Draw a line."""
    shape(root, "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width)


def polyline(
    root: ET.Element, *points: tuple[float, float], stroke: str, stroke_width: float
) -> None:
    """Draw lines from point to point."""
    shape(root, "polyline", points=_joined(points), fill="none", stroke=stroke,
          stroke_width=stroke_width)  # fmt: skip


def polygon(
    root: ET.Element,
    *corners: tuple[float, float],
    fill: str,
    stroke: str = "none",
    stroke_width: float = 0.3,
) -> None:
    """Draw a filled shape."""
    shape(root, "polygon", points=_joined(corners), fill=fill, stroke=stroke,
          stroke_width=stroke_width)  # fmt: skip


def number(value: float) -> str:
    """Return *value* as text, to hundredths."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _joined(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)
