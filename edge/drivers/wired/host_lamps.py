"""The lamps of the hosts, on any channel: lit while the guest being received is for that host."""

from collections.abc import Mapping

from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.channels import Channels
from edge.drivers.wired.device import WiredDevice
from edge.drivers.wired.outputs import WiredOutput


class WiredHostLamps(WiredDevice):
    """All lamps of hosts.

    :param lamps: the output of each lamp, by the id of its host
    """

    def __init__(
        self, name: str, lamps: Mapping[str, Output], channels: Channels, clock: Clock
    ) -> None:
        self._lamps = {host: WiredOutput(one, channels, clock) for host, one in lamps.items()}
        super().__init__(name, tuple(self._lamps.values()), ())

    def light(self, lit: Mapping[str, bool]) -> None:
        """Light the lamps of the hosts that are true in *lit*, and switch the others off.

        :raises DeviceUnavailable: if they are not open
        :raises DeviceFault: if one cannot be driven
        """
        for host, lamp in self._lamps.items():
            lamp.set(on=lit.get(host, False))
