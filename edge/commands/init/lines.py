"""The lines of a config: buses that modules share, and ports that are not known yet."""

from typing import Any

from edge.commands.init.draft import Open
from edge.commands.init.question import LATER

_UNKNOWN = "not-known-yet"


class Lines:
    """The buses of a config, one for each line that is answered."""

    def __init__(self, unknown: list[Open]) -> None:
        self.buses: dict[str, dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._unknown = unknown

    def bus(
        self,
        line: str,
        name: str,
        *,
        protocol: str | None,
        baud_rate: int,
        pause_s: float | None = None,
    ) -> str:
        """Return the name of the bus on *line*; a new one is called *name*.

        :param line: a serial port, host, host:port or "later"
        :param protocol: of a line in the network
        :param baud_rate: of the RS-485 line
        :param pause_s: silence between two requests on it, seconds; None: the usual one
        """
        if line != LATER and line in self._names:
            return self._names[line]
        self._names[line] = name
        if line == LATER:
            self._unknown.append(Open(f"buses.{name}.port", _PORT))
            line = f"/dev/serial/by-id/{_UNKNOWN}-{name}"
        speed = {"baud_rate": baud_rate} | ({} if pause_s is None else {"pause_s": pause_s})
        if line.startswith("/"):
            self.buses[name] = {"port": line, **speed}
        elif protocol == "tcp":
            self.buses[name] = {"host": line, "protocol": protocol}
        else:
            self.buses[name] = {"host": line, "protocol": "rtu-over-tcp", **speed}
        return name


_PORT = "the name of the port, once the adapter is plugged in: ls /dev/serial/by-id/"


def input_port(answers: Any, key: str, device: str, unknown: list[Open], section: str = "") -> str:
    """Return the port of the reader or scanner *key*; one not known yet has the name *device*.

    :param section: its section in the config; empty: *key*
    """
    port = str(answers[f"{key}.port"])
    if port != LATER:
        return port
    types = answers[f"{key}.driver"] == "keyboard"
    folder, end = ("/dev/input/by-id", "-event-kbd") if types else ("/dev/serial/by-id", "")
    todo = f"the name of the port, once the device is plugged in: ls {folder}/"
    unknown.append(Open(f"{section or key}.port", todo))
    return f"{folder}/{_UNKNOWN}-{device}{end}"
