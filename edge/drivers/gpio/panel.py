"""The lamps and buttons in front of one officer, on the Pi's pins.

Rules this driver keeps
-----------------------
1. What a mode looks like is in edge/drivers/gpio/lamps.py, what fingers mean in
   edge/drivers/gpio/presses.py; docs/panel.md tells both to officers.
2. A lamp test is this driver's own business: nobody is told, nothing is recorded, and buttons go
   on to work.
"""

import logging
from functools import partial

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.panels import Button, Panel
from edge.config.sections.values import Action
from edge.drivers.gpio.contacts import HELD_S, GpioContact
from edge.drivers.gpio.lamps import Lamps
from edge.drivers.gpio.presses import Presses
from edge.drivers.gpio.wired import WiredDevice
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import LampMode
from edge.sop.events import ButtonPressed, Post

log = logging.getLogger(__name__)


class GpioPanel(WiredDevice):
    """One panel. Posts ButtonPressed with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Panel, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._post = post
        self._lamps = Lamps(config.fitted_lamps, factory, clock)
        self._presses = Presses(config.buttons, clock, self._pressed, self._asked)
        contacts = [
            GpioContact(button, factory, clock, partial(self._presses.changed, number), HELD_S)
            for number, button in enumerate(config.buttons)
        ]
        super().__init__(name, self._lamps.outputs, contacts)

    def close(self) -> None:
        """Switch the lamps off, forget half-made presses and let go of all pins."""
        super().close()
        self._lamps.closed()
        self._presses.forget()

    def show(self, mode: LampMode) -> None:
        """Show *mode* on the lamps; a panel without any does nothing.

        :raises DeviceUnavailable: if the panel is not open
        :raises DeviceFault: if a pin cannot be driven
        """
        self._lamps.show(mode)

    def flash(self) -> None:
        """Flash the lamp twice, then show what it showed.

        :raises DeviceUnavailable: if the panel is not open
        :raises DeviceFault: if its pin cannot be driven
        """
        self._lamps.flash()

    def test(self) -> None:
        """Light all lamps for a moment; returns at once.

        :raises DeviceUnavailable: if the panel is not open
        :raises DeviceFault: if a pin cannot be driven
        """
        self._lamps.test()

    def _pressed(self, button: Button, action: Action) -> None:
        self._post(lambda at: ButtonPressed(at, self.id, action, button.procedure))

    def _asked(self) -> None:
        """Do the lamp test that an officer's fingers asked for."""
        try:
            self._lamps.test()
        except (DeviceUnavailable, DeviceFault) as error:
            log.warning("%s: no lamp test: %s", self.name, error)
