"""Programs that are forked from a process which has imported their modules already.

A test that runs `gardu` as a process of its own needs the process, seldom its imports: they take
most of the time of a short command.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# It reads one request a line, and answers each with the exit code. A program ends as Python does:
# its exit functions run, its output is flushed.
_SERVER = """
import atexit, json, os, random, sys, threading, traceback

def end_of(code):
    try:
        exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

def become(ask):
    for number, name in enumerate((os.devnull, ask["stdout"], ask["stderr"])):
        file = os.open(name, os.O_RDWR)
        os.dup2(file, number)
        os.close(file)
    os.chdir(ask["folder"])
    os.environ.clear()
    os.environ.update(ask["environment"])
    sys.argv = ask["argv"]
    random.seed()
    code = end_of(ask["code"])
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

def serve(asks, answers):
    for line in asks:
        ask = json.loads(line)
        child = os.fork()
        if child == 0:
            become(ask)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        answers.write(f"{code}\\n")
        answers.flush()

# Their own descriptors: a program's standard input and output are others.
asks, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
sys.stdin = open(os.devnull)
"""


class Forks:
    """A process with imported modules, from which programs are forked. Use as ``with``.

    :param before: Python code that it runs first, with the imports
    """

    def __init__(self, before: str) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", f"{before}\n{_SERVER}\nserve(asks, answers)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.communicate()

    def run(
        self,
        code: str,
        *words: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run *code* as a program with *words* as its arguments, to its end.

        :param environment: more variables
        :param folder: the working directory; by default this process's
        """
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with tempfile.NamedTemporaryFile() as stdout, tempfile.NamedTemporaryFile() as stderr:
            ask: dict[str, Any] = {
                "code": code,
                "argv": ["-c", *words],
                "folder": str(folder or Path.cwd()),
                "environment": {**os.environ, **(environment or {})},
                "stdout": stdout.name,
                "stderr": stderr.name,
            }
            self._server.stdin.write(json.dumps(ask) + "\n")
            answer = self._server.stdout.readline()
            assert answer, "the process from which programs are forked has ended"
            said = [Path(file.name).read_text(encoding="utf-8") for file in (stdout, stderr)]
        return subprocess.CompletedProcess(list(words), int(answer), *said)
