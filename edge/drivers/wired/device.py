"""A device made of outputs and contacts: opened, closed and reconciled together."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from edge.config.sections.pins import Contact
from edge.drivers.wired.contacts import OnLoose, WiredContact
from edge.drivers.wired.outputs import WiredOutput
from edge.drivers.wired.plausibility import LIMITS, Kind, Loose, loose_words
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import DeviceFailed, DeviceRestored, Post

log = logging.getLogger(__name__)

_STUCK = "Release what holds the button, or replace the contact."
_CUT = "Search the loop for a cut wire or a loose terminal; then test its contact."


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
            remedy = _CUT if any("cut" in words for words in stuck) else _STUCK
            raise DeviceFault(f"{self.name}: {'; '.join(stuck)}", remedy)

    def _named(self, error: DeviceUnavailable) -> DeviceUnavailable:
        return type(error)(f"{self.name}: {error}", error.remedy)


def loose_reporter(part: str, kind: Kind, contact: Contact, post: Post) -> OnLoose:
    """Return a function that posts the fault of the loose *contact*, and its end.

    The fault has a name of its own, *part* (``safety/fire``): it begins and ends apart from the
    faults of its device and of the device's other contacts.
    """

    def report(loose: Loose) -> None:
        if loose.over:
            log.info("%s: at rest again after %d changes", part, loose.changes)
            changes, lasted_s = loose.changes, round(loose.lasted_s, 1)
            post(partial(DeviceRestored, device=part, changes=changes, lasted_s=lasted_s))
        else:
            why, remedy = f"{part}: {loose_words(contact.place, loose)}", LIMITS[kind].remedy
            log.warning("%s. %s", why, remedy)
            post(partial(DeviceFailed, device=part, why=why, remedy=remedy))

    return report
