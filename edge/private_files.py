"""Private files: what a process of Gardu writes is for its user alone, under any umask.

Guests' details, stills and the copies of both come to be in many places, some of them made by
libraries (SQLite's log, a database that is set aside). So the rule is one of the whole process, and
not of each place: files have mode 0600 and folders 0700. What is for others (a drawing, the folder
of a config) says so with :func:`for_others`.

Nor does a process leave its memory behind as a core dump: guests' details are in it. systemd's
``LimitCORE=0`` says the same of the service; this holds where no systemd started it.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

_OWNER_ONLY = 0o077


class _Umask:
    """The umask that the process was started with; None: it is still in force."""

    given: int | None = None


def make_private() -> None:
    """Have this process and its children make files for their user alone, and no core dumps.

    May be called twice.
    """
    given = os.umask(_OWNER_ONLY)
    if _Umask.given is None:
        _Umask.given = given
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def for_others() -> Iterator[None]:
    """Make files as the umask says that the process was started with.

    Only for what has no personal data, and while no other thread makes files: the umask is one of
    the whole process.
    """
    if _Umask.given is None:
        yield
        return
    before = os.umask(_Umask.given)
    try:
        yield
    finally:
        os.umask(before)
