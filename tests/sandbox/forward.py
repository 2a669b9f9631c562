"""Runs a command of bubblewrap and forwards signals to the process in it.

``python forward.py bwrap OPTIONS -- COMMAND``. bubblewrap itself would die of the signal, and the
command with it. If this process is killed, both die.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT)


def main() -> None:
    """Run the command to its end; end with its code, as a shell does."""
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    process = subprocess.Popen(
        sys.argv[1:],
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED),  # noqa: PLW1509  # no threads here
    )

    def forward(number: int, _frame: FrameType | None) -> None:
        for pid in _inner(process.pid) or [process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    for number in FORWARDED:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    code = process.wait()
    raise SystemExit(code if code >= 0 else 128 - code)


def _inner(pid: int) -> list[int]:
    """Return the children of the process *pid*."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]
    return []


if __name__ == "__main__":
    main()
