"""Checks, choices and proposals that several groups of questions share."""

from collections.abc import Callable, Mapping

from edge.commands.init.places import PI
from edge.commands.init.question import LATER, Asked, Question

LOCK_BOARDS = ("kerong", "bcc")


def file_wrong(asked: Asked, name: str) -> str:
    """Return why *name* is no file here, with what is allowed; empty if it is one, or later."""
    if name in ("", LATER) or (asked.office.folder / name).is_file():
        return ""
    return f'is {name!r}, which is no file in {asked.office.folder}; allowed: a file, or "later"'


def serial_proposals(asked: Asked) -> list[str]:
    """Return the serial ports that are plugged in and not yet used, and "later"."""
    used = set(map(str, asked.answers.values()))
    return [*(port for port in asked.office.serial if port not in used), LATER]


def port_proposals(asked: Asked) -> list[str]:
    """Return the ports for a reader or scanner, as its driver needs them."""
    if asked.own("driver") != "keyboard":
        return serial_proposals(asked)
    used = set(map(str, asked.answers.values()))
    return [*(port for port in asked.office.keyboards if port not in used), LATER]


def port_wrong(asked: Asked, port: str) -> str:
    """Return why *port* cannot be that of a reader or scanner; empty if it can."""
    types = asked.own("driver") == "keyboard"
    if port == LATER:
        return ""
    if port in [value for key, value in asked.answers.items() if key.endswith((".port", ".line"))]:
        return f"is {port!r}, which another device has; allowed: one device on each port"
    if types and not port.startswith("/dev/input/by-id/"):
        return f'is {port!r}; allowed: a name under /dev/input/by-id/, or "later"'
    if (not types and not port.startswith("/dev/")) or (
        not types and port.startswith("/dev/input")
    ):
        return f'is {port!r}; allowed: a name under /dev/serial/by-id/, or "later"'
    return ""


def is_host(line: object) -> bool:
    """Return True if the answer *line* is an address in the network."""
    return isinstance(line, str) and line != LATER and not line.startswith("/")


def line_wrong(asked: Asked, line: str) -> str:
    """Return why *line* cannot be that of a module or of lock boards; empty if it can."""
    own = "lockers.line" if not asked.name else ""
    used = [
        key
        for key, value in asked.answers.items()
        if value == line and key.endswith((".port", ".line")) and key != own
    ]
    shared = [key for key in used if not (asked.name and key.startswith("modules."))]
    if line != LATER and shared:
        return f"is {line!r}, which {shared[0]} has; allowed: a line of its own"
    if not asked.name and asked.own("driver") in LOCK_BOARDS and is_host(line) and ":" not in line:
        return f"is {line!r} without a port; allowed: with the gateway's port, host:port"
    return ""


def protocols(_asked: Asked) -> Mapping[str, str]:
    """Return the protocols of a line in the network."""
    return {
        "tcp": "Modbus TCP",
        "rtu-over-tcp": "a gateway that passes the bytes of its RS-485 line on (transparent mode)",
    }


def protocol_wrong(asked: Asked, protocol: str) -> str:
    """Return why *protocol* cannot be that of the line; empty if it can."""
    if protocol == "rtu-over-tcp" and ":" not in str(asked.own("line")):
        return "needs the gateway's port; allowed: tcp, or a line with a port (host:port)"
    return ""


def places(asked: Asked) -> Mapping[str, str]:
    """Return the places where a part can be wired: the Pi, and each module."""
    return {PI: "the Pi's own pins"} | {
        name: f"the module {name}" for name in asked["equipment.modules"] or ()
    }


def place(
    text: str, applies: Callable[[Asked], bool] = lambda _: True, key: str = "at"
) -> Question:
    """Return the question for the place of parts; asked only if there are modules."""
    return Question(
        key=key,
        text=text,
        why="Parts that are far away are wired to a Modbus module near them.",
        kind=str,
        default=lambda _: PI,
        choices=places,
        applies=lambda asked: bool(asked["equipment.modules"]) and applies(asked),
        unless="all is on the Pi's pins, as equipment.modules names no module",
    )


def names(key: str) -> Callable[[Asked], list[str]]:
    """Return the function that returns the names in the answer ``equipment.KEY``."""
    return lambda asked: asked[f"equipment.{key}"] or []


def some(
    wrong: Callable[[Asked, list[str]], str] = lambda _asked, _listed: "",
) -> Callable[[Asked, list[str]], str]:
    """Return the check that at least one name is given, followed by the check *wrong*."""

    def both(asked: Asked, listed: list[str]) -> str:
        return wrong(asked, listed) if listed else "is empty; allowed: at least one name"

    return both


def untaken(
    pattern: str, names_key: str, wanted: Callable[[Asked], tuple[str, ...]]
) -> Callable[[Asked], list[str]]:
    """Return the default: what is *wanted* and not taken, with one left for each later name.

    :param pattern: the key of this question, with ``*``
    :param names_key: the key in [equipment] of the names
    """

    def default(asked: Asked) -> list[str]:
        others = asked.others(pattern)
        taken = {one for value in others.values() for one in value}
        left = [one for one in wanted(asked) if one not in taken]
        later = len(names(names_key)(asked)) - len(others) - 1
        return left[: max(1, len(left) - later)]

    return default


def at_most(count: Callable[[Asked], int], of: str) -> Callable[[Asked, list[str]], str]:
    """Return the check of names: at most *count* of them, which is the number *of* something."""

    def wrong(asked: Asked, listed: list[str]) -> str:
        most = count(asked)
        if len(listed) <= most:
            return ""
        return f"has {len(listed)} names; allowed: at most {most}, the number of {of}"

    return wrong


def one_each(pattern: str) -> Callable[[Asked, list[str]], str]:
    """Return the check that no other answer of *pattern* has one of the chosen."""

    def wrong(asked: Asked, chosen: list[str]) -> str:
        for name, value in asked.others(pattern).items():
            twice = [one for one in chosen if one in value]
            if twice:
                return f"has {twice[0]!r}, which {name} has; allowed: one of them for each"
        return "" if chosen else "is empty; allowed: at least one"

    return wrong
