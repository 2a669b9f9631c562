"""The parts list beside a config."""

from edge.config.model import Config
from edge.paper.wiring.parts_list import parts


def parts_text(config: Config) -> bytes:
    """Return the parts list as text, a part a line."""
    rows = [(str(part.count), part.what, part.why) for part in parts(config)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{count:>{widths[0]}}  {what:<{widths[1]}}  {why}" for count, what, why in rows]
    place = config.checkpoint.place or config.checkpoint.id
    return "\n".join([f"Parts of the checkpoint {place}", "", *lines, ""]).encode()
