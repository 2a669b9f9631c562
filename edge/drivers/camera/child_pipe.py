"""What a parent and its child process say to each other over the child's stdin and stdout.

Rules of the pipe
-----------------
1. Frames only, either way: one byte what it is, four bytes length (big-endian), the body.
2. The child says READY or ERROR (in words), then for every ASK one ANSWER or ERROR.
3. Whatever libraries print goes to stderr, never on the pipe.
4. After an ERROR the child ends, and it ends as soon as its stdin is closed, whatever it is doing:
   a daemon that was killed leaves no process that holds a device.
5. The child has no deadlines: its parent kills it when it takes too long.

The child's side is here too; the parent's is ``child.py``. Imports little: children are to be small
and quick to start.
"""

import os
import select
import struct
import sys
import threading
from collections.abc import Callable
from typing import IO

READY, ASK, ANSWER, ERROR = b"R", b"Q", b"A", b"E"
HEAD = struct.Struct(">cI")

_STDIN, _STDOUT, _STDERR = 0, 1, 2


def serve(
    begin: Callable[[], Callable[[bytes], bytes]], explain: Callable[[Exception], str]
) -> None:
    """Be the child: answer until the parent closes the pipe or something fails; never returns.

    :param begin: does what comes before READY and returns what answers one request
    :param explain: says in words what an exception means
    """
    pipe = _own_stdout()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answer = begin()
        _send(pipe, READY)
        while (request := _request()) is not None:
            _send(pipe, ANSWER, answer(request))
    except Exception as error:  # noqa: BLE001  # everything goes to the parent, rule 4
        _send(pipe, ERROR, explain(error).encode())
    finally:
        os._exit(0)  # libraries that would tidy up can wait for ever; the kernel does it


def _request() -> bytes | None:
    head = sys.stdin.buffer.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    _, length = HEAD.unpack(head)
    body = sys.stdin.buffer.read(length)
    return body if len(body) == length else None


def _end_with_parent() -> None:
    poll = select.poll()
    poll.register(_STDIN, 0)  # only the hang-up, which is always told
    poll.poll()
    os._exit(0)


def _own_stdout() -> IO[bytes]:
    """Return the pipe to the parent, and let everybody else's stdout be stderr."""
    pipe = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    return pipe


def _send(pipe: IO[bytes], what: bytes, body: bytes = b"") -> None:
    pipe.write(HEAD.pack(what, len(body)) + body)
    pipe.flush()
