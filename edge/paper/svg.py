"""Drawing on paper: SVG in millimetres, and how wide words are.

Written with the standard library's ElementTree: it escapes what must be escaped, the file is
self-contained (no fonts, no scripts), and the SVG libraries there are would add a dependency to
every Pi for what are a few element names.
"""

from xml.etree import ElementTree as ET

INK = "#1b1b1b"


def document(width: float, height: float, title: str) -> ET.Element:
    """Return an empty white drawing, millimetres."""
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=f"{width:g}mm",
        height=mm(height) + "mm",
        viewBox=f"0 0 {width:g} {mm(height)}",
    )
    root.set("font-family", "Helvetica, Arial, 'DejaVu Sans', sans-serif")
    ET.SubElement(root, "title").text = title
    rect(root, 0, 0, width, height, fill="#ffffff")
    return root


def written(root: ET.Element) -> str:
    """Return the drawing as an SVG file."""
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


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
    element = ET.SubElement(root, "text", x=mm(x), y=mm(y), fill=fill)
    element.set("font-size", mm(size))
    element.set("text-anchor", anchor)
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
    dashed: bool = False,
) -> None:
    """Draw a rectangle with corners of radius *rx*."""
    element = ET.SubElement(root, "rect", x=mm(x), y=mm(y), width=mm(width), height=mm(height),
                            rx=mm(rx), fill=fill, stroke=stroke)  # fmt: skip
    element.set("stroke-width", "0.3")
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
    element = ET.SubElement(root, "circle", cx=mm(x), cy=mm(y), r=mm(radius), fill=fill)
    element.set("stroke", stroke)
    element.set("stroke-width", mm(stroke_width))


def line(
    root: ET.Element, x1: float, y1: float, x2: float, y2: float, colour: str, width: float
) -> None:
    """Draw a line."""
    element = ET.SubElement(root, "line", x1=mm(x1), y1=mm(y1), x2=mm(x2), y2=mm(y2), stroke=colour)
    element.set("stroke-width", mm(width))


def polygon(root: ET.Element, *corners: tuple[float, float], fill: str) -> None:
    """Draw a filled shape."""
    points = " ".join(f"{mm(x)},{mm(y)}" for x, y in corners)
    ET.SubElement(root, "polygon", points=points, fill=fill)


def mm(value: float) -> str:
    """Write a number of millimetres, to hundredths."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """Return how wide *words* are at most in a common sans-serif of *size*."""
    return len(words) * size * (0.66 if bold else 0.6)


def fit(words: str, size: float, width: float, *, bold: bool = False) -> float:
    """Return the size, at most *size*, at which *words* are no wider than *width*."""
    return min(size, size * width / max(text_width(words, size, bold=bold), 0.01))


def elide(words: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return *words*, or where they are too wide their two ends."""
    most = int(width / text_width("m", size, bold=bold))
    if len(words) <= most:
        return words
    return f"{words[: most - most // 2 - 1]}…{words[-(most // 2) :]}"
