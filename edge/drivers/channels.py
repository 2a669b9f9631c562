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
"""

from collections.abc import Callable
from typing import Protocol

from edge.config.sections.pins import Contact, Output

OnEdge = Callable[[float, bool], None]
"""Called with an edge's moment (seconds of the clock since boot) and the level after it."""


class InputChannel(Protocol):
    """One claimed input."""

    def level(self) -> bool:
        """Read the level that the input has now.

        :raises DeviceUnavailable: if it cannot be read
        """

    def close(self) -> None:
        """Release the input; no edge is handed over afterwards."""


class OutputChannel(Protocol):
    """One claimed output."""

    @property
    def on(self) -> bool:
        """True while it is on, also in the lit half of a blink."""

    def set(self, *, on: bool) -> None:
        """Switch on or off, ending a blink.

        :raises DeviceFault: if it cannot be driven
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
