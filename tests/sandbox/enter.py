"""Runs a command in the sandbox: ``python -m tests.sandbox.enter ORDER COMMAND...``.

ORDER is a JSON file: ``allowed`` (the rules), ``socket`` (of the observer of refusals), ``umask``,
``folder`` (the working directory). The process that enters is the one that runs the command.
"""

import ctypes
import json
import os
import socket
import sys
from pathlib import Path

from tests.sandbox import libseccomp

# Options of the call prctl.
_SET_NO_NEW_PRIVS, _CAPABILITY_DROP = 38, 24
_CAPABILITIES = 64


def main() -> None:
    """Enter the sandbox and run the command."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    observer = socket.socket(socket.AF_UNIX)
    observer.connect(order["socket"])
    os.chdir(order["folder"])
    os.umask(order["umask"])
    libc = ctypes.CDLL(None)
    for number in range(_CAPABILITIES):
        libc.prctl(_CAPABILITY_DROP, number, 0, 0, 0)
    libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    refusals = libseccomp.install(order["allowed"])
    socket.send_fds(observer, [b"r"], [refusals])
    os.close(refusals)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
