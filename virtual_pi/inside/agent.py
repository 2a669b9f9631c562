"""Runs the tester's commands in the guest.

Each line on the virtio port is a request in JSON, ``{"id", "command", "timeout"}``. Its answer is
``{"id", "code", "output"}``. Commands run side by side.
"""

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import BinaryIO

PORT = Path("/dev/virtio-ports/virtual-pi")
_TIMED_OUT = 124


def answer(request: dict[str, object]) -> dict[str, object]:
    """Run the command of *request* and return its answer."""
    try:
        done = subprocess.run(  # noqa: S603 - the tester's own command
            ["/bin/sh", "-c", str(request["command"])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=float(str(request.get("timeout", 60))),
            check=False,
        )
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, output = _TIMED_OUT, error.stdout or b""
    return {"id": request.get("id"), "code": code, "output": output.decode("utf-8", "replace")}


def _write(port: BinaryIO, data: bytes) -> None:
    """Write all of *data*: the kernel accepts at most 32 KiB in one write to a virtio port."""
    while data:
        data = data[port.write(data) or 0 :]


def serve(port: BinaryIO) -> None:
    """Answer the requests of *port* for ever."""
    lock = threading.Lock()

    def run(request: dict[str, object]) -> None:
        reply = json.dumps(answer(request)).encode() + b"\n"
        with lock:
            _write(port, reply)

    waiting = b""
    while True:
        received = port.read(65536)
        if not received:  # the tester is not connected
            time.sleep(0.2)
            continue
        *lines, waiting = (waiting + received).split(b"\n")
        for line in lines:
            try:
                request = json.loads(line)
            except ValueError:  # the rest of a line of an earlier connection
                continue
            threading.Thread(target=run, args=(request,), daemon=True).start()


def main() -> None:
    """Open the port, which appears with its driver, and serve it."""
    while not PORT.exists():
        time.sleep(0.1)
    with PORT.open("r+b", buffering=0) as port:
        serve(port)


if __name__ == "__main__":
    main()
