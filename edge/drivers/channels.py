"""Channels: single inputs and outputs, on the Pi's pins or on a module far away.

Rules for every kind of channel
-------------------------------
1. A contact or relay is the same to its driver wherever it is connected: the drivers in
   ``edge/drivers/wired`` know channels only, and no pin number or address.
2. A channel carries the raw level: True is high on a pin. ``Contact.active_level`` is the level
   that means active.
3. An edge is handed over with its moment: the clock's seconds since boot (``Clock.boot_ns``), when
   the level changed, not when that was noticed. A receiver does no work and does not raise. An edge
   is handed over once the level has lasted for the contact's ``bounce_s``; shorter pulses vanish.
4. An output is claimed at rest, and at rest again when it is closed.
5. A channel on a module that does not answer is claimed all the same: ModuleUnavailable comes from
   its calls, and its levels come once the module answers. While the module is lost, a contact
   counts as ``Contact.when_lost`` says: held at its last level; at rest (an edge without a level is
   handed over, and the next level is one that is found, as at opening); or active, an alarm.
"""

from collections.abc import Callable
from typing import Protocol

from edge.config.sections.pins import Contact, Output

OnEdge = Callable[[float, bool | None], None]
"""Called with an edge's moment (seconds of the clock since boot) and the level after it.

None: the level is not known, because the module is lost (rule 5).
"""


class InputChannel(Protocol):
    """One claimed input."""

    def level(self) -> bool:
        """Read the level that the input has now.

        :raises DeviceUnavailable: if it cannot be read; ModuleUnavailable: its module is silent
        """

    def close(self) -> None:
        """Release the input; no edge is handed over afterwards."""


class OutputChannel(Protocol):
    """One claimed output."""

    @property
    def on(self) -> bool:
        """True while it is on, also in the lit half of a blink.

        :raises DeviceUnavailable: if its module does not answer
        """

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:
        """Switch on or off, ending a blink.

        :param at_most_s: seconds of the clock after which the caller switches off again; a module
            that can time a pulse ends it by itself soon afterwards, also if this machine dies
        :raises DeviceFault: if it cannot be driven
        :raises DeviceUnavailable: if its module is silent
        """

    def blink(self, on_s: float, off_s: float) -> None:
        """Turn on and off (seconds of the clock) until the next call; returns at once.

        :raises DeviceFault: if it cannot be driven
        """

    def close(self) -> None:
        """Switch off and release the output."""


class Channels(Protocol):
    """Claims channels by their description in the config."""

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> InputChannel:
        """Claim the input of *contact* and follow its edges; its first level is no edge.

        :raises DeviceUnavailable: if it cannot be claimed
        """

    def claim_output(self, output: Output) -> OutputChannel:
        """Claim *output* at rest.

        :raises DeviceUnavailable: if it cannot be claimed
        """

    def close(self) -> None:
        """Release all that is still claimed."""
