"""Lines that several devices share: RS-485 behind a serial port or a gateway, or Modbus TCP."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from edge.config.sections.values import Port, Section, fragment

BaudRate = Literal[4800, 9600, 19200, 38400, 57600, 115200]
HostPort = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._-]+(:[0-9]{1,5})?\Z",
        max_length=120,
        description='a host and, where it is not 502, its port, such as "192.168.1.50:502"',
    ),
]
Protocol = Literal["tcp", "rtu-over-tcp"]

MODBUS_PORT = 502
DEFAULT_BAUD_RATE: BaudRate = 9600


class Bus(Section, frozen=True, kw_only=True):
    """One line: behind a serial port (RS-485), or behind an address in the network.

    :ivar port: a name that stays when other devices are plugged in (``/dev/serial/by-id/...``)
    :ivar host: address of a gateway or module; exactly one of ``port`` and ``host`` is given
    :ivar protocol: with ``host``: ``tcp``: Modbus TCP; ``rtu-over-tcp``: the bytes of the RS-485
        line as they are (a gateway's "transparent" mode)
    :ivar baud_rate: of the RS-485 line; always 8 data bits, no parity, 1 stop bit. With ``host`` it
        is set in the gateway, and stated here so that `gardu check` can compute with it
    :ivar answer_s: how long to wait for the beginning of a device's answer, real seconds
    :ivar pause_s: silence between two requests, so that every device detects the end of each
    """

    port: Port | None = None
    host: HostPort | None = None
    protocol: Protocol | None = None
    baud_rate: BaudRate | None = None
    answer_s: Annotated[float, Meta(ge=0.02, le=5, description="seconds from 0.02 to 5")] = 0.3
    pause_s: Annotated[float, Meta(ge=0, le=0.5, description="seconds from 0 to 0.5")] = 0.005

    @classmethod
    def contradictions(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield what is wrong between port, host and protocol."""
        if "host" not in raw:
            if "port" not in raw:
                yield "port", "is missing; allowed: a device under /dev/serial/by-id/, or host"
            if "protocol" in raw:
                yield "protocol", "has no meaning with a serial port; allowed: only with host"
            return
        if "port" in raw:
            yield "host", "stands beside port; allowed: one of the two"
        host = raw["host"]
        if isinstance(host, str) and raw.get("protocol") == "rtu-over-tcp" and ":" not in host:
            yield "host", f"is {host!r} without a port; allowed: with the gateway's port, host:port"

    @classmethod
    def schema_rules(cls) -> dict[str, Any]:
        """Return: behind a serial port, or behind an address; a gateway's has its port."""
        gateway = fragment("protocol", properties={"protocol": {"const": "rtu-over-tcp"}})
        return {
            "anyOf": [
                fragment("port", properties={"host": False, "protocol": False}),
                fragment("host", properties={"port": False}),
            ],
            "if": gateway,
            "then": fragment(properties={"host": {"pattern": ":"}}),
        }

    @property
    def spoken(self) -> Literal["rtu", "tcp", "rtu-over-tcp"]:
        """The framing on the line."""
        return "rtu" if self.host is None else self.protocol or "tcp"

    @property
    def line_baud_rate(self) -> BaudRate | None:
        """Speed of the RS-485 line; None: there is none, or its speed is not known here."""
        if self.baud_rate is None and self.spoken != "tcp":
            return DEFAULT_BAUD_RATE
        return self.baud_rate

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a line in the network.

        :raises ValueError: if it is behind a serial port
        """
        if self.host is None:
            raise ValueError("the bus has a serial port")
        host, _, port = self.host.partition(":")
        return host, int(port or MODBUS_PORT)

    @property
    def place(self) -> str:
        """Its port, or host:port."""
        if self.port is not None:
            return self.port
        host, port = self.address
        return f"{host}:{port}"
