"""Lines of the log, with foreign text in them made harmless."""

import logging

from edge.printable import printable_lines


class LineFormatter(logging.Formatter):
    """Formats a message so that no word of it steers a terminal or looks like another message.

    Messages contain words of the broker, of devices and of files. Characters that do not print are
    escapes; the second and further lines, also of a traceback, are indented: a line that begins at
    the left, with a level, is always Gardu's own.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of *record*."""
        return printable_lines(super().format(record)).replace("\n", "\n    ")
