"""A relay, lamp or buzzer on an output.

Rules of this driver
--------------------
1. The output is claimed at rest (off) and closed at rest; a pulse ends off, also after an error.
2. Closing ends a pulse or pattern that is under way at once.
"""

from collections.abc import Sequence

from edge import waits
from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.channels import Channels, OutputChannel
from edge.errors import DeviceUnavailable


class WiredOutput:
    """One output; all seconds are seconds of *clock*."""

    def __init__(self, config: Output, channels: Channels, clock: Clock) -> None:
        self._config = config
        self._channels = channels
        self._clock = clock
        self._lock = waits.lock()
        self._closing = waits.event()
        self._channel: OutputChannel | None = None

    def open(self) -> None:
        """Claim the output at rest.

        :raises DeviceUnavailable: if it cannot be claimed
        """
        self._closing.clear()
        self._channel = self._channels.claim_output(self._config)

    def close(self) -> None:
        """Switch off and release the output. May be called at any time, also twice."""
        self._closing.set()
        with self._lock:
            channel, self._channel = self._channel, None
            if channel is not None:
                channel.close()

    @property
    def on(self) -> bool:
        """True while it is on, also in a blink.

        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if it cannot be read
        """
        with self._lock:
            return self._open().on

    def reconcile(self) -> None:
        """Check that the output can be reached, if it is open.

        :raises DeviceUnavailable: if its module does not answer
        :raises DeviceFault: if it cannot be read
        """
        channel = self._channel
        if channel is not None:
            _ = channel.on

    def set(self, *, on: bool) -> None:
        """Switch on or off, ending a blink.

        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if it cannot be driven
        """
        with self._lock:
            self._open().set(on=on)

    def blink(self, on_s: float, off_s: float) -> None:
        """Turn on and off repeatedly until the next call, beginning with on; returns at once.

        :param on_s: seconds on
        :param off_s: seconds off
        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if it cannot be driven
        """
        with self._lock:
            self._open().blink(on_s, off_s)

    def play(self, pattern: Sequence[float]) -> None:
        """Turn on and off alternately; returns when the pattern is over.

        :param pattern: seconds on, off, on ...
        :raises DeviceUnavailable: if the output is not open, or was closed meanwhile
        :raises DeviceFault: if it cannot be driven
        """
        try:
            for place, seconds in enumerate(pattern):
                with self._lock:
                    self._open().set(on=place % 2 == 0, at_most_s=seconds)
                if self._closing.wait(self._clock.real(seconds)):
                    raise DeviceUnavailable(
                        f"the output on {self._config.place} was closed meanwhile",
                        "It opens by itself once the device is there.",
                    )
        finally:
            self.set(on=False)

    def _open(self) -> OutputChannel:
        if self._channel is None:
            raise DeviceUnavailable(
                f"the output on {self._config.place} is not open",
                "It opens by itself once the device is there.",
            )
        return self._channel
