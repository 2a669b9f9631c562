"""Has an older version put back the database of its own format.

A newer version may have migrated the database to a format that the older one cannot read; the copy
from before lies beside it. Only Gardu knows its databases, so the older version does the work: it
has run here before. It refuses if records were written since, unless it may begin a new stream.
"""

import os
import subprocess
from pathlib import Path

from gardu_upgrade.places import Places
from gardu_upgrade.versions import program

# 2: a version without this command, or a config that is wrong.
_REFUSED = 1
_LIMIT_S = 1800


class Refused(Exception):
    """The older version cannot have its database back; the database is as it was."""


def put_back(places: Places, version: str, *, new_stream: bool) -> str:
    """Have *version* put back the database of its format, if there is a newer one.

    The service must be stopped.

    :param new_stream: True if records that were written since may be set aside
    :return: what was done, in words; empty if there was nothing to do
    :raises Refused: with the reason, in the older version's words
    """
    if not places.config.exists():
        return ""
    words = [str(program(places, version)), "undo-migration", "--config", str(places.config)]
    if new_stream:
        words.append("--new-stream")
    user = places.user or None
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            words, user=user, group=user, extra_groups=[] if user else None,
            cwd="/", umask=0o077, env=_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except (OSError, LookupError, subprocess.TimeoutExpired) as error:
        return f"{version} cannot examine the database ({error}): its start will show if it can"
    said = done.stdout.strip()
    if done.returncode == _REFUSED:
        raise Refused(said)
    return said


def _environment() -> dict[str, str]:
    names = ("PATH", "LANG", "LC_ALL", "TZ")
    return {name: os.environ[name] for name in names if name in os.environ} | {
        "HOME": str(Path("/")),
    }
