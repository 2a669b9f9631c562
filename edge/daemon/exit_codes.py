"""Exit codes of `gardu run`: they decide if systemd starts it again (systemd/gardu.service).

Rules
-----
1. 78 (EX_CONFIG): the text of the config is wrong, or of a procedure while no good one is stored.
   The same text fails again at each start, so systemd does not start it again.
   systemd/gardu-config.path does once a file in the config's folder was changed.
2. 64 (EX_USAGE): the options in the unit are wrong. systemd does not start it again.
3. 66 (EX_NOINPUT): a file cannot be read now: missing, no permission, a failing disk, a folder
   that is mounted later; or a library of an extra is not installed. The next start may find it, so
   systemd starts it again, with pauses that grow (restart_pause.py).
4. 65 (EX_DATAERR): the database has a format that this version cannot read. Each start fails until
   another version is installed or the database is put back, so systemd does not start it again.
5. 1: any other error of Gardu or of Python; 0: a clean stop. systemd starts it again.
6. Exit code 2 is not used: Python ends with it if it cannot read its own program, as on a failing
   card. That must not stop the checkpoint for good.
7. A code that systemd names itself (sysexits.h) reads ``status=78/CONFIG`` in `systemctl status`,
   which also shows the first problem as the status text.
"""

import os

from edge.daemon.systemd import notify
from edge.errors import ConfigError, ConfigUnavailable, GarduError, StoreFormat
from edge.printable import printable

OTHER = 1
USAGE = os.EX_USAGE
UNAVAILABLE = os.EX_NOINPUT
CONFIG = os.EX_CONFIG
FORMAT = os.EX_DATAERR

# The longest status text that is shown whole in a terminal of two lines, characters.
_LONGEST = 160


def exit_code(error: GarduError) -> int:
    """Return the exit code of `gardu run` after *error*."""
    if isinstance(error, ConfigUnavailable):
        return UNAVAILABLE
    if isinstance(error, StoreFormat):
        return FORMAT
    return CONFIG if isinstance(error, ConfigError) else OTHER


def show_end(problems: list[str]) -> None:
    """Have `systemctl status` show the first of *problems*, and the number of the others."""
    first, more = printable(problems[0], _LONGEST), len(problems) - 1
    notify(f"STATUS=ended: {first}{f' (and {more} more: journalctl -u gardu)' if more else ''}")
