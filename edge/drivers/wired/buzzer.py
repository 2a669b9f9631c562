"""The buzzer that every officer hears, on a pin.

Rules of this driver
--------------------
1. The patterns differ in count and length, never in tone: any buzzer will do.
2. The buzzer is silent afterwards, always.
3. An alarm always sounds in full. Only answers are softened in the quiet hours, and only while the
   clock is trusted: a wrong clock must not silence an officer's beep.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from edge.clock import Clock, Stamp
from edge.config.sections.panels import Buzzer, Quiet
from edge.config.zone import zone_of
from edge.drivers.base import BeepPattern
from edge.drivers.channels import Channels
from edge.drivers.wired.device import WiredDevice
from edge.drivers.wired.outputs import WiredOutput

# Seconds on, off, on ...
BEEPS: dict[BeepPattern, tuple[float, ...]] = {
    "accepted": (0.1,),
    "refused": (0.1, 0.15, 0.1),
    "alarm": (1.0,),
}

# The same answers as ticks, for officers who stand beside the buzzer.
TICKS: dict[BeepPattern, tuple[float, ...]] = {
    "accepted": (0.02,),
    "refused": (0.02, 0.15, 0.02),
}


class WiredBuzzer(WiredDevice):
    """The buzzer. Posts no events.

    :param zone: time zone of the quiet hours, for example ``Asia/Jakarta``; empty: the machine's
    """

    def __init__(
        self, name: str, config: Buzzer, channels: Channels, clock: Clock, zone: str = ""
    ) -> None:
        self._zone = zone_of(zone)
        self._buzzer = WiredOutput(config, channels, clock)
        self._quiet = config.quiet
        self._clock = clock
        super().__init__(name, (self._buzzer,), ())

    def beep(self, pattern: BeepPattern) -> None:
        """Sound *pattern*; returns when it is over.

        :raises DeviceUnavailable: if the buzzer is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        self._buzzer.play(sound(pattern, self._quiet, self._clock.now(), self._zone))


def sound(pattern: BeepPattern, quiet: Quiet | None, now: Stamp, zone: tzinfo) -> Sequence[float]:
    """Return the sound of *pattern* at *now*: seconds on, off, on ...; empty if it is silent."""
    if pattern not in TICKS or quiet is None or not is_quiet(quiet, now, zone):
        return BEEPS[pattern]
    return TICKS[pattern] if quiet.beeps == "short" else ()


def is_quiet(quiet: Quiet, now: Stamp, zone: tzinfo) -> bool:
    """Return True if *now* is in the quiet hours; False while the clock is not trusted."""
    if not now.synced:
        return False
    local = datetime.fromtimestamp(now.wall_ms / 1000, UTC).astimezone(zone)
    time = f"{local:%H:%M}"
    if quiet.begin <= quiet.end:
        return quiet.begin <= time < quiet.end
    return time >= quiet.begin or time < quiet.end
