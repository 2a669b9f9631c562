"""A device made of outputs and contacts on pins: opened, closed and reconciled together."""

from collections.abc import Sequence
from contextlib import ExitStack

from edge.drivers.gpio.contacts import GpioContact
from edge.drivers.gpio.outputs import GpioOutput
from edge.drivers.gpio.pins import claiming
from edge.errors import DeviceFault, DeviceUnavailable


class WiredDevice:
    """Base of the devices on pins.

    :param name: kind and id, for example ``aiphone/adc``; its last part is the id in events
    """

    def __init__(
        self, name: str, outputs: Sequence[GpioOutput], contacts: Sequence[GpioContact]
    ) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._contacts = contacts
        self._parts: tuple[GpioOutput | GpioContact, ...] = (*outputs, *contacts)

    def open(self) -> None:
        """Claim every output at rest, then every contact, which reports its level.

        :raises DeviceUnavailable: if a pin cannot be claimed; then no pin stays claimed
        """
        try:
            with claiming(self.name):
                for part in self._parts:
                    part.open()
        except DeviceUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Switch every output off and release all pins, even if one of them fails."""
        with ExitStack() as stack:
            for part in self._parts:
                stack.callback(part.close)

    def reconcile(self) -> None:
        """Read every contact again and post the changes that were missed.

        :raises DeviceUnavailable: if a pin cannot be read
        :raises DeviceFault: if a contact is stuck
        """
        with claiming(self.name):
            for contact in self._contacts:
                contact.reconcile()
        stuck = [words for contact in self._contacts if (words := contact.stuck())]
        if stuck:
            raise DeviceFault(f"{self.name}: {'; '.join(stuck)}")
