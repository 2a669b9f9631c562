"""Prints what the tool does, for the terminal and the package manager, and logs it."""

import contextlib
import os
import sys
import syslog

_NAME = "gardu-upgrade"


def say(text: str, *, bad: bool = False) -> None:
    """Print *text*, on stderr if it is *bad*, and write it to the journal."""
    out = sys.stderr if bad else sys.stdout
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"gardu: {text}", file=out, flush=True)
    if "JOURNAL_STREAM" not in os.environ:  # else the journal has what is printed
        syslog.openlog(_NAME)
        syslog.syslog(syslog.LOG_ERR if bad else syslog.LOG_INFO, text)


def show(text: str) -> None:
    """Print an answer on stdout; the journal does not need it."""
    sys.stdout.write(f"{text}\n")
