"""The buzzer that every officer hears, on a pin.

Rules this driver keeps
-----------------------
1. The patterns differ in count and length, never in tone: any buzzer will do.
2. It is silent afterwards, always.
"""

from gpiozero import Factory

from edge.clock import Clock
from edge.drivers.base import BeepPattern
from edge.drivers.outputs import GpioOutput
from edge.drivers.wired import WiredDevice
from edge.sections.pins import Output

# Seconds on, off, on ...
BEEPS: dict[BeepPattern, tuple[float, ...]] = {
    "accepted": (0.1,),
    "refused": (0.1, 0.15, 0.1),
    "alarm": (1.0,),
}


class GpioBuzzer(WiredDevice):
    """The buzzer. Posts nothing."""

    def __init__(self, name: str, config: Output, factory: Factory, clock: Clock) -> None:
        self._buzzer = GpioOutput(config, factory, clock)
        super().__init__(name, (self._buzzer,), ())

    def beep(self, pattern: BeepPattern) -> None:
        """Sound *pattern*; returns when it is over.

        :raises DeviceUnavailable: if the buzzer is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        self._buzzer.play(BEEPS[pattern])
