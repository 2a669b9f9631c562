"""The protocol between a parent and its child process, over the child's stdin and stdout.

Rules of the pipe
-----------------
1. Frames only, either way: one byte for the kind, four bytes length (big-endian), the body.
2. The child sends READY or ERROR (with a text), then for every ASK one ANSWER or ERROR.
   Of an ERROR's text, the first line is the error and the rest its remedy.
3. The output of libraries goes to stderr, never to the pipe.
4. After an ERROR the child ends, and it ends as soon as its stdin is closed, also while it works: a
   daemon that was killed leaves no process that holds a device.
5. The child has no deadlines: its parent kills it when it is late.

The child's side is here too; the parent's is ``child.py``. This module imports little: children
must be small and quick to start.
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
    """Run the child: answer until the parent closes the pipe or an error occurs; never returns.

    :param begin: does the work before READY and returns the function that answers one request
    :param explain: returns the text of an ERROR for an exception
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
        os._exit(0)  # clean-up in libraries can wait for ever; the kernel does it


def _request() -> bytes | None:
    head = sys.stdin.buffer.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    _, length = HEAD.unpack(head)
    body = sys.stdin.buffer.read(length)
    return body if len(body) == length else None


def _end_with_parent() -> None:
    poll = select.poll()
    poll.register(_STDIN, 0)  # only the hang-up, which is always reported
    poll.poll()
    os._exit(0)


def _own_stdout() -> IO[bytes]:
    """Return the pipe to the parent, and redirect stdout to stderr for all other code."""
    pipe = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)
    return pipe


def _send(pipe: IO[bytes], what: bytes, body: bytes = b"") -> None:
    pipe.write(HEAD.pack(what, len(body)) + body)
    pipe.flush()
