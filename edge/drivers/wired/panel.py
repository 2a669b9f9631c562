"""The lamps and buttons in front of one officer, on any channel.

Rules of this driver
--------------------
1. lamps.py defines the lamps of a mode, presses.py the meaning of presses; docs/panel.md explains
   both to officers.
2. A lamp test stays inside this driver: no event is posted, no record is made, and the buttons go
   on working.
3. A press that counts is posted first, then shown as *heard*. That happens here, because this
   driver waits for no disk: *accepted* or *refused* comes only after the decision is stored.
"""

import logging
from functools import partial

from edge.clock import Clock
from edge.config.sections.panels import Button, Panel
from edge.config.sections.values import Action
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import HELD_S, OnLoose, WiredContact
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.lamps import Lamps
from edge.drivers.wired.outputs import WiredOutput
from edge.drivers.wired.plausibility import LIMITS, Again
from edge.drivers.wired.presses import Presses
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import LampMode
from edge.sop.events import ButtonPressed, InputRefused, Post

log = logging.getLogger(__name__)

SHORT_PRESS = "button pressed for too short a time"


class WiredPanel(WiredDevice):
    """One panel. Posts ButtonPressed with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Panel, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._post = post
        lamps = {
            lamp: WiredOutput(output, channels, clock)
            for lamp, output in config.fitted_lamps.items()
        }
        self._lamps = Lamps(lamps, clock)
        self._presses = Presses(
            config.buttons, clock, self._pressed, self._asked, self._confirm, self._too_short
        )
        contacts = [
            _Button(
                button, number, self._presses, channels, clock,
                loose_reporter(f"{name}/button-{number + 1}", "button", button, post),
            )
            for number, button in enumerate(config.buttons)
        ]  # fmt: skip
        super().__init__(name, tuple(lamps.values()), contacts)

    def close(self) -> None:
        """Switch the lamps off, drop undecided presses and close all pins."""
        super().close()
        self._lamps.closed()
        self._presses.forget()

    def show(self, mode: LampMode) -> None:
        """Show *mode* on the lamps; ignored by a panel without lamps.

        :raises DeviceUnavailable: if the panel is not open
        :raises DeviceFault: if a pin cannot be driven
        """
        self._lamps.show(mode)

    def flash(self) -> None:
        """Flash the lamp twice, then show the present mode; returns at once.

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

    def reconcile(self) -> None:
        """Read every button again, and drive the lamps again that could not be driven.

        :raises DeviceUnavailable: if the panel is not open
        :raises DeviceFault: if a button is stuck or a pin cannot be driven
        """
        try:
            super().reconcile()
        finally:
            self._lamps.refresh()

    def _pressed(self, button: Button, action: Action) -> None:
        self._post(
            lambda at: ButtonPressed(
                at, self.id, action, button.procedure, button.host, button.guest_kind
            )
        )
        self._lamps.heard()

    def _confirm(self, number: int) -> bool:
        return self._contacts[number].confirm()

    def _too_short(self) -> None:
        self._post(lambda at: InputRefused(at, self.name, SHORT_PRESS))

    def _asked(self) -> None:
        """Start the lamp test that an officer requested with the buttons."""
        try:
            self._lamps.test()
        except (DeviceUnavailable, DeviceFault) as error:
            log.warning("%s: no lamp test: %s", self.name, error)


class _Button(WiredContact):
    """The contact of button *number* of a panel."""

    def __init__(
        self,
        button: Button,
        number: int,
        presses: Presses,
        channels: Channels,
        clock: Clock,
        on_loose: OnLoose,
    ) -> None:
        changed = partial(presses.changed, number)
        super().__init__(
            button, channels, clock, changed, LIMITS["button"], on_loose=on_loose, stuck_s=HELD_S
        )
        self._pressed_again = partial(presses.again, number)

    def _began_anew(self, again: Again) -> None:
        if self.active:
            self._pressed_again(again.at)
