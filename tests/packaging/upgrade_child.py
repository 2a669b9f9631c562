"""The upgrade tool as a process that a test may kill: ``MACHINE [--kill N] COMMAND …``.

With ``--kill N`` it dies by SIGKILL just before its step N; a step is a change of names on the
disk, a sync, a command to systemd, or a program of a version. Then systemctl has no process.
"""

import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from gardu_upgrade import main as tool
from gardu_upgrade import service
from gardu_upgrade.switch import Switcher

from tests.packaging.upgrade_bench import PACE, Machine, quick_trial

_STEPS = ((os, "fsync"), (os, "rename"), (os, "unlink"), (os, "symlink"), (shutil, "rmtree"),
          (subprocess, "run"), (service, "_systemctl"))  # fmt: skip


class Steps:
    """Counts steps, and kills this process before the step *last*."""

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
    machine = Machine(folder)
    if words[0] == "--kill":
        service._systemctl = machine.systemctl
        steps = Steps(int(words[1]))
        for module, name in _STEPS:
            setattr(module, name, steps.watched(getattr(module, name)))
        words = words[2:]
    quick = partial(Switcher, pace=PACE, trial=quick_trial())
    with mock.patch.object(tool, "Switcher", quick):
        return tool.main(words, machine.places)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
