"""What the checkpoint can ask of its equipment, in the words of the checkpoint.

Rules for every driver
----------------------
1. Pin numbers, baud rates and frames stay inside the driver.
2. Methods below block until done and are called in a worker thread, one call at a time a device.
3. What a device has to say goes out through ``post``, from any thread, at once: no work in a
   library's callback. ``post`` stamps nothing and never raises; the driver passes a function
   that builds the event from the moment, as in ``post(lambda at: PassageMade(at))``.
4. A device that is not there raises DeviceUnavailable from ``open``; the checkpoint goes on
   without it and tries again. ``close`` may be called at any time, also twice.
5. Opening claims outputs at their resting level before anything else, and posts the level of
   every input as an event marked ``initial``.
6. Hardware libraries are imported inside the driver that needs them.
"""

from typing import Literal, Protocol

from edge.sop.effects import LampMode

BeepPattern = Literal["accepted", "refused", "alarm"]


class Device(Protocol):
    """Anything that is opened at start and closed at the end."""

    name: str
    """What the device is called in records and health, for example ``card-reader/desk``."""

    def open(self) -> None:
        """Take the device into use.

        :raises DeviceUnavailable: if it is not there (now)
        """

    def close(self) -> None:
        """Leave every output at rest and let go of the device."""


class Lockers(Device, Protocol):
    """The lockers of the checkpoint.

    Posts LockerOpened and LockerClosed; LockerFailed and LockerRestored where a board is between.
    """

    def unlock(self, locker: int) -> None:
        """Energise one lock for its pulse; other locks wait (one solenoid at a time).

        :raises DeviceFault: if the lock cannot be driven
        """


class MetalDetector(Device, Protocol):
    """The walk-through detector.

    Posts DetectorAlarmed, DetectorCleared, PassageMade and PassageTooFast; InputAlarmed and
    InputRestored of the kinds ``detector-tamper`` and ``beam-blocked``.
    """


class Door(Device, Protocol):
    """One access door with an electric strike. Posts DoorOpened and DoorClosed."""

    def release(self) -> None:
        """Release the strike for the door's release time; returns when that is over.

        :raises DeviceFault: if the strike cannot be driven
        """

    def hold(self, *, released: bool) -> None:
        """Hold the strike released until told otherwise, or end that."""


class SafetyInputs(Device, Protocol):
    """Fire loop, duress loop, tamper and supply contacts. Posts InputAlarmed, InputRestored."""


class Aiphone(Device, Protocol):
    """One called station of the intercom. Posts HostAnswered and StationBusy."""

    def ring(self, pattern: str) -> None:
        """Ring with ``call``, ``reminder`` or ``limit``; returns when the pattern is over.

        A station that is in use is not rung: StationBusy is posted.
        """


class Panel(Device, Protocol):
    """Lamps and buttons in front of one officer. Posts ButtonPressed."""

    def show(self, mode: LampMode) -> None:
        """Show *mode* on the panel's lamps; a panel without any does nothing."""

    def flash(self) -> None:
        """Flash the lamp twice, then show what it showed; returns when that is over."""

    def test(self) -> None:
        """Light all lamps for a moment, then show what was to be shown; returns at once."""


class Buzzer(Device, Protocol):
    """The buzzer that every officer hears."""

    def beep(self, pattern: BeepPattern) -> None:
        """Sound *pattern*; returns when it is over."""


class CardReader(Device, Protocol):
    """Posts CardPresented or TwoCardsPresented once a presentation, InputRefused for bad frames."""


class CodeScanner(Device, Protocol):
    """Reads the invitations of guests. Posts InvitationPresented and InvitationRefused."""


class Camera(Device, Protocol):
    """A camera that takes stills."""

    def capture(self) -> bytes:
        """Return one JPEG exposed after this call.

        :raises DeviceUnavailable: if no picture came within the camera's time-out
        :raises DeviceFault: if what came is not a JPEG
        """
