"""The measures of the flow chart, in millimetres."""

# A4, landscape; every printer can print up to this margin.
WIDTH, HEIGHT, MARGIN = 297.0, 210.0, 9.0
TITLE, HEAD, FOOT = 10.0, 12.0, 7.0
# The height of a page's part for rows, and for the connectors to other pages.
ROOM = HEIGHT - 2 * MARGIN - TITLE - HEAD - FOOT
# Sizes of letters; the distance of lines, as a multiple of the size.
SIZE, SMALL, LABEL, LEADING = 2.5, 2.1, 2.0, 1.22
CELL = 1.3
# Symbols: their width as a part of the lane; heights.
BOX, DIAMOND, CAPSULE = 0.6, 0.78, 0.6
BOX_HEIGHT, DIAMOND_HEIGHT, CAPSULE_HEIGHT = 6.5, 12.0, 5.0
MOST_BOX, LEAST_DIAMOND, MOST_DIAMOND = 24.0, 15.0, 34.0  # widths in a wide lane
# The part of a diamond's width that its words may fill, where the lane has the room.
DIAMOND_WORDS = 0.66
PENTAGON_WIDTH, PENTAGON_HEIGHT, PENTAGON_STEP = 4.2, 5.2, 6.2
# Distance from a lane's edge to the first connector along it, and from one to the next.
EDGE, TRACK = 0.9, 0.9
# Distance of connectors that run across above each other; room for an arrow; beside all that.
ACROSS, ARROW, PAD = 1.3, 2.3, 1.0
# The height of a line of a label.
LABEL_LINE = 2.3
