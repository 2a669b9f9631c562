"""The channels on modules, and the module itself as a device that is reported.

Rules of this module
--------------------
1. Claiming does not need the module to answer (edge/drivers/channels.py, rule 5).
2. The first claim, or the opening of a module's device, starts the polls of its bus; the last
   device that closes leaves them to :meth:`ModuleChannels.close`.
3. The loss of a module is one fault, of its own device ``module/NAME``, not of the devices on it.
"""

from contextlib import suppress

from edge.clock import Clock
from edge.config.model import Config
from edge.config.sections.pins import Contact, Output
from edge.drivers.channels import Channels, InputChannel, OnEdge, OutputChannel
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module import DELIVERED_S, IoModule
from edge.drivers.modbus.module_outputs import OutputState
from edge.drivers.modbus.poller import Poller
from edge.errors import DeviceFault, DeviceUnavailable


class ModuleChannels:
    """The channels of all modules of *config*.

    :ivar devices: the modules as devices
    """

    def __init__(self, config: Config, buses: Buses, clock: Clock) -> None:
        self._pollers = {
            bus: Poller(
                f"bus/{bus}",
                buses.modbus(bus),
                {name: one for name, one in config.modules.items() if one.bus == bus},
                clock,
            )
            for bus in {module.bus for module in config.modules.values()}
        }
        self._of = {name: poller for poller in self._pollers.values() for name in poller.modules}
        self._clock = clock
        self.devices = [
            ModuleDevice(self._of[name], self._of[name].modules[name]) for name in config.modules
        ]

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> "ModuleInput":
        """Follow the edges of *contact*."""
        module = self._module(contact.module or "")
        module.claim_input(contact, on_edge)
        return ModuleInput(module, contact.channel)

    def claim_output(self, output: Output) -> "ModuleOutput":
        """Claim *output* at rest."""
        return ModuleOutput(self._module(output.module or ""), output, self._clock)

    def close(self) -> None:
        """End all polls."""
        for poller in self._pollers.values():
            poller.stop()

    def _module(self, name: str) -> IoModule:
        poller = self._of[name]
        poller.start()
        return poller.modules[name]


class ModuleInput:
    """One input of a module."""

    def __init__(self, module: IoModule, number: int) -> None:
        self._module = module
        self._number = number

    def level(self) -> bool:
        """Return the last sample.

        :raises ModuleUnavailable: if there is no fresh one
        """
        return self._module.level(self._number)

    def close(self) -> None:
        """Hand no edge over any more."""
        self._module.release_input(self._number)


class ModuleOutput:
    """One output of a module."""

    def __init__(self, module: IoModule, output: Output, clock: Clock) -> None:
        self._module = module
        self._number = output.channel
        self._active = output.active_level
        self._clock = clock
        self._one: OutputState = module.claim_output(self._number)
        with suppress(DeviceUnavailable):  # it is put to rest once the module answers
            self.set(on=False)

    @property
    def on(self) -> bool:
        """True while it is wanted on, also in the lit half of a blink.

        :raises ModuleUnavailable: if the module is lost
        """
        if self._module.state == "lost":
            raise self._module.unavailable
        return self._one.wanted == self._active

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:
        """Switch on or off, ending a blink; returns once the module has answered.

        :param at_most_s: a module that can time a pulse ends it soon after this (clock seconds)
        :raises ModuleUnavailable: if the module does not answer; done at its return
        :raises DeviceFault: if the module refuses
        """
        with self._module.news:
            self._one.want(on=on == self._active, at_most_s=at_most_s)
        self._module.deliver(self._one)

    def blink(self, on_s: float, off_s: float) -> None:
        """Turn on and off until the next call, beginning with on; returns at once."""
        if not self._active:
            on_s, off_s = off_s, on_s
        with self._module.news:
            self._one.want(on=self._active, at_most_s=None)
            first_s = on_s if self._active else off_s
            self._one.blink = on_s, off_s, self._clock.boot_ns() / 1e9 + first_s
            self._module.news.notify_all()

    def close(self) -> None:
        """Let the output drop out, as the relay of a released pin does, and release it."""
        try:
            with self._module.news:
                self._one.want(on=False, at_most_s=None)
            with suppress(DeviceUnavailable, DeviceFault):
                self._module.deliver(self._one)
        finally:
            self._module.release_output(self._number)


class ModuleDevice:
    """A module as a device: its loss is one fault.

    :ivar name: ``module/NAME``
    :ivar reconcile_s: how often it is asked for its state, real seconds
    """

    reconcile_s = 0.5

    def __init__(self, poller: Poller, module: IoModule) -> None:
        self.name = module.name
        self.module = module
        self._poller = poller

    def open(self) -> None:
        """Begin polling; returns once the module has answered.

        :raises DeviceUnavailable: if it does not answer
        """
        self._poller.start()
        module = self.module
        with module.news:
            module.news.wait_for(lambda: module.state != "new", DELIVERED_S)
        self.reconcile()

    def reconcile(self) -> None:
        """Raise the present fault.

        :raises DeviceUnavailable: if the module does not answer
        :raises DeviceFault: if it answers, but not all of it works
        """
        module = self.module
        if module.state != "working":
            error = module.unavailable
            raise DeviceUnavailable(str(error), error.remedy)
        if module.fault is not None:
            raise module.fault

    def close(self) -> None:
        """Return once its outputs are released, at rest; they close at the same time."""
        module = self.module
        with module.news:
            module.news.wait_for(lambda: not module.outputs.claimed, 1.0)


class AllChannels:
    """Channels on the Pi's pins and on modules.

    :param pins: None: the config uses no pin
    """

    def __init__(self, pins: Channels | None, modules: ModuleChannels) -> None:
        self.pins = pins
        self.modules = modules

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> InputChannel:
        """Claim the input of *contact* where it is wired."""
        return self._of(contact).claim_input(contact, on_edge)

    def claim_output(self, output: Output) -> OutputChannel:
        """Claim *output* where it is wired."""
        return self._of(output).claim_output(output)

    def close(self) -> None:
        """Release all pins and end all polls."""
        self.modules.close()
        if self.pins is not None:
            self.pins.close()

    def _of(self, part: Contact | Output) -> Channels:
        if part.module is not None:
            return self.modules
        if self.pins is None:
            raise DeviceUnavailable(
                f"{part.place}: no pin was opened", "Run gardu check: the config names this pin."
            )
        return self.pins
