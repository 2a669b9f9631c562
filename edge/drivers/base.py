"""Interfaces of the checkpoint's equipment: one protocol per kind of device.

Rules for every driver
----------------------
1. Pin numbers, baud rates and frames stay inside the driver.
2. The methods below block until they are done. They are called in a worker thread, one call at a
   time per device; only ``Door.hold`` and ``Door.close`` may run during a release.
3. A driver reports events through ``post``, from any thread and at once: no work in a library's
   callback. ``post`` never raises. The driver passes a function that builds the event from the
   present moment, as in ``post(lambda at: PassageMade(at))``.
4. ``open`` raises DeviceUnavailable if the device is not there; the checkpoint goes on without it
   and tries again. ``close`` may be called at any time, also twice.
5. Opening claims outputs at their resting level before anything else. It posts the level of every
   door, locker, alarm and loop as an event marked ``initial``.
6. Hardware libraries are imported inside the driver that needs them.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from edge.sop.effects import LampMode

BeepPattern = Literal["accepted", "refused", "alarm"]


class Device(Protocol):
    """A device that is opened at start and closed at the end."""

    name: str
    """The device's name in records and health, for example ``card-reader/desk``."""

    def open(self) -> None:
        """Open the device for use.

        :raises DeviceUnavailable: if it is not there (now)
        """

    def close(self) -> None:
        """Put every output at rest and close the device."""


class Lockers(Device, Protocol):
    """The lockers of the checkpoint.

    Posts LockerOpened and LockerClosed; lockers on boards also post LockerFailed and
    LockerRestored.
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
        """Hold the strike released (True), or end the hold (False)."""


class SafetyInputs(Device, Protocol):
    """Fire loop, duress loop, tamper and supply contacts. Posts InputAlarmed, InputRestored."""


class Aiphone(Device, Protocol):
    """One called station of the intercom. Posts HostAnswered and StationBusy."""

    def ring(self, pattern: str) -> None:
        """Ring with pattern ``call``, ``reminder`` or ``limit``; returns when it is over.

        A station that is in use is not rung: StationBusy is posted.
        """


class Panel(Device, Protocol):
    """Lamps and buttons in front of one officer. Posts ButtonPressed.

    Each press that is posted is shown as *heard* by the panel itself: its lamp is reversed for a
    moment, within 50 ms, also while a call below is carried out. A panel without lamps shows no
    sign.
    """

    def show(self, mode: LampMode) -> None:
        """Show *mode* on the panel's lamps; ignored by a panel without lamps."""

    def flash(self) -> None:
        """Flash the lamp twice, then show the present mode; returns at once."""

    def test(self) -> None:
        """Light all lamps for a moment, then show the present mode; returns at once."""


class HostLamps(Device, Protocol):
    """The lamps of the hosts."""

    def light(self, lit: Mapping[str, bool]) -> None:
        """Light the lamps of the hosts that are true in *lit*, and switch the others off."""


class Buzzer(Device, Protocol):
    """The buzzer that every officer hears."""

    def beep(self, pattern: BeepPattern) -> None:
        """Sound *pattern*; returns when it is over."""


class CardReader(Device, Protocol):
    """A card reader.

    Posts CardPresented or TwoCardsPresented once per presentation, InputRefused for bad frames.
    """


class CodeScanner(Device, Protocol):
    """A scanner for guests' invitations. Posts InvitationPresented and InvitationRefused."""


class Camera(Device, Protocol):
    """A camera for stills."""

    def capture(self) -> bytes:
        """Return one JPEG exposed after this call.

        :raises DeviceUnavailable: if no picture came within the camera's time-out
        :raises DeviceFault: if the camera's answer is not a JPEG
        """
