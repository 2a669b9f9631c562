"""The papers beside a config: the picture of the wiring, and the parts list."""

from edge.config.model import Config
from edge.paper.wiring.parts_list import parts


def picture(config: Config) -> bytes:
    """Return the picture of the wiring (SVG, A4)."""
    from edge.paper.wiring.sheet import sheet
    from edge.paper.wiring.svg import svg

    return svg(sheet(config)).encode()


def parts_text(config: Config) -> bytes:
    """Return the parts list as text, a part a line."""
    rows = [(str(part.count), part.what, part.why) for part in parts(config)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{count:>{widths[0]}}  {what:<{widths[1]}}  {why}" for count, what, why in rows]
    place = config.checkpoint.place or config.checkpoint.id
    return "\n".join([f"Parts of the checkpoint {place}", "", *lines, ""]).encode()
