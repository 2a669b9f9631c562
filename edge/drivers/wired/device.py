"""A device made of outputs and contacts: opened, closed and reconciled together."""

from collections.abc import Sequence
from contextlib import ExitStack

from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault, DeviceUnavailable


class WiredDevice:
    """Base of the devices that are wired to channels.

    :param name: kind and id, for example ``aiphone/adc``; its last part is the id in events
    """

    def __init__(
        self, name: str, outputs: Sequence[WiredOutput], contacts: Sequence[WiredContact]
    ) -> None:
        self.name = name
        self.id = name.rpartition("/")[2]
        self._contacts = contacts
        self._parts: tuple[WiredOutput | WiredContact, ...] = (*outputs, *contacts)

    def open(self) -> None:
        """Claim every output at rest, then every contact, which reports its level.

        :raises DeviceUnavailable: if one cannot be claimed; then none stays claimed
        """
        try:
            for part in self._parts:
                part.open()
        except DeviceUnavailable as error:
            self.close()
            raise self._named(error) from error

    def close(self) -> None:
        """Switch every output off and release all channels, even if one of them fails."""
        with ExitStack() as stack:
            for part in self._parts:
                stack.callback(part.close)

    def reconcile(self) -> None:
        """Read every contact again and post the changes that were missed.

        :raises DeviceUnavailable: if a contact cannot be read, or an output not be reached
        :raises DeviceFault: if a contact is stuck
        """
        try:
            for part in reversed(self._parts):  # contacts first
                part.reconcile()
        except DeviceUnavailable as error:
            raise self._named(error) from error
        stuck = [words for contact in self._contacts if (words := contact.stuck())]
        if stuck:
            raise DeviceFault(f"{self.name}: {'; '.join(stuck)}")

    def _named(self, error: DeviceUnavailable) -> DeviceUnavailable:
        return type(error)(f"{self.name}: {error}", error.remedy)
