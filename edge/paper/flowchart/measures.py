"""The measures of the flow chart, in millimetres."""

from edge.paper.sheets import Sheet

# Every printer can print up to this margin.
MARGIN = 9.0
TITLE, HEAD, FOOT_LINE = 9.5, 12.6, 3.3
# Sizes of letters; the distance of lines, as a multiple of the size.
SIZE, SMALL, LABEL, LEADING = 2.5, 2.1, 2.0, 1.22
CELL = 1.3
# Symbols: their width as a part of the lane; heights.
BOX, DIAMOND, CAPSULE = 0.6, 0.78, 0.78
BOX_HEIGHT, DIAMOND_HEIGHT, CAPSULE_HEIGHT = 5.8, 10.6, 4.6
MOST_BOX, LEAST_DIAMOND, MOST_DIAMOND = 24.0, 15.0, 34.0  # widths in a wide lane
# The part of a diamond's width that its words may fill, where the lane has the room.
DIAMOND_WORDS = 0.66
PENTAGON_WIDTH, PENTAGON_HEIGHT = 4.2, 5.2
# Distance from a lane's edge to the first connector along it, and from one to the next.
EDGE, TRACK = 0.9, 0.9
# The least distance of connectors that can be told apart; the least width for a lane's symbols.
LEAST_TRACK, LEAST_ZONE = 0.45, 6.0
# Distance of connectors that run across above each other; room for an arrow; beside all that.
ACROSS, ARROW, PAD = 1.2, 2.2, 0.7
# The height of a line of a label.
LABEL_LINE = 2.3


def room(sheet: Sheet) -> float:
    """Return the height of the part of *sheet* for rows, and for connectors to other pages."""
    return sheet.height - 2 * MARGIN - TITLE - HEAD - foot(sheet)


def foot(sheet: Sheet) -> float:
    """Return the height of the legend and the source: two lines, or three on an upright sheet."""
    return FOOT_LINE * (2 if sheet.width > sheet.height else 3) + 0.4
