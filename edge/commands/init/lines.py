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

    def bus(self, line: str, name: str, *, protocol: str | None, baud_rate: int) -> str:
        """Return the name of the bus on *line*; a new one is called *name*.

        :param line: a serial port, host, host:port or "later"
        :param protocol: of a line in the network
        :param baud_rate: of the RS-485 line
        """
        if line != LATER and line in self._names:
            return self._names[line]
        self._names[line] = name
        if line == LATER:
            self._unknown.append(Open(f"buses.{name}.port", _PORT))
            line = f"/dev/serial/by-id/{_UNKNOWN}-{name}"
        if line.startswith("/"):
            self.buses[name] = {"port": line, "baud_rate": baud_rate}
        else:
            self.buses[name] = {"host": line, "protocol": protocol or "rtu-over-tcp"}
            if self.buses[name]["protocol"] == "rtu-over-tcp":
                self.buses[name]["baud_rate"] = baud_rate
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
