"""The upgrade tool as a process that a test kills: ``MACHINE [--kill N] COMMAND …``.

With ``--kill N`` it dies by SIGKILL just before its step N; a step is a change of the disk, a sync,
or a program that it starts.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from gardu_upgrade import main as tool
from gardu_upgrade.places import Places
from gardu_upgrade.switch import Switcher

from tests.packaging.upgrade_bench import PACE, quick_trial

_STEPS = ((os, "fsync"), (os, "rename"), (os, "unlink"), (os, "symlink"), (os, "rmdir"),
          (subprocess, "run"))  # fmt: skip


class Steps:
    """Counts steps, and kills this process before the step *last* (0: never)."""

    def __init__(self, last: int) -> None:
        self._left = last

    def watched(self, step: Any) -> Any:
        """Return *step* as a function that counts."""

        def count(*arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **options)

        return count


def main(folder: Path, words: list[str]) -> int:
    """Run the tool on the machine in *folder*."""
    last = 0
    if words[0] == "--kill":
        last, words = int(words[1]), words[2:]
    places = Places(folder / "opt", folder / "etc/gardu.toml", folder / "booted", "")
    steps = Steps(last)
    for module, name in _STEPS:
        setattr(module, name, steps.watched(getattr(module, name)))
    with mock.patch.object(
        tool, "Switcher", lambda where: Switcher(where, PACE, trial=quick_trial())
    ):
        return tool.main(words, places)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
