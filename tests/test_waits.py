"""Every wait of the daemon's threads is one that a simulation with its own time can see."""

import ast
from pathlib import Path

import edge

FOLDER = Path(edge.__file__).parent

# What waits, or is waited for, by the library that has it.
WAITS = {
    "threading": {"Thread", "Timer", "Event", "Condition", "Barrier", "Semaphore"},
    "time": {"sleep"},
    "select": {"select", "poll", "epoll"},
    "queue": {"Queue", "SimpleQueue", "LifoQueue", "PriorityQueue"},
}

# Modules that may wait by themselves, and why.
PLAIN = {
    "waits.py": "makes the waits of all others",
    "own_time.py": "the keeper of a simulation's own time has a thread here that is not counted",
    "own_waits.py": "makes them in a simulation with its own time",
    "daemon/log_writer.py": "its thread only writes the log",
    "drivers/camera/child.py": "time stands still while a camera's process works",
    "drivers/camera/child_pipe.py": "runs in that process",
    "drivers/camera/cut.py": "a camera's answer passes through real sockets, in real time",
    "drivers/camera/picamera2.py": "only a Pi has this camera",
    "drivers/gpio/edge_thread.py": "only a Pi has these pins",
}


def daemon_modules() -> list[Path]:
    """Return the modules that run in the daemon, and not only in a command."""
    return [file for file in sorted(FOLDER.rglob("*.py")) if "commands" not in file.parts]


def plain_waits(file: Path) -> list[str]:
    """Return the calls in *file* that wait, or make what is waited for, with their lines."""
    return [
        f"{file.relative_to(FOLDER)}:{node.lineno}: {node.func.value.id}.{node.func.attr}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.attr in WAITS.get(node.func.value.id, set())
    ]


def test_no_module_waits_by_itself() -> None:
    """A thread that waits unseen would hold up simulated time, or let it run ahead."""
    found = {
        str(file.relative_to(FOLDER)): waits
        for file in daemon_modules()
        if (waits := plain_waits(file))
    }
    assert [found[name] for name in found if name not in PLAIN] == []


def test_exceptions_still_exist() -> None:
    """An exception that is not needed any more is removed from the list."""
    assert [name for name in PLAIN if not plain_waits(FOLDER / name)] == []
