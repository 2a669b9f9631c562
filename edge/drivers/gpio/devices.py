"""The wired devices on the pins of one gpiozero factory.

For programs of one's own and for tests, which have a factory and one device. The daemon gives all
devices one set of channels instead (edge/daemon/build.py), which may have modules too.
"""

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.aiphone import Aiphone
from edge.config.sections.doors import Door, Safety
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.panels import Panel
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.wired.aiphone import WiredAiphone
from edge.drivers.wired.door import WiredDoor
from edge.drivers.wired.metal_detector import WiredMetalDetector
from edge.drivers.wired.panel import WiredPanel
from edge.drivers.wired.safety import WiredSafetyInputs
from edge.sop.events import Post


class GpioPanel(WiredPanel):
    """A panel on the pins of *factory*."""

    def __init__(
        self, name: str, config: Panel, factory: Factory, clock: Clock, post: Post
    ) -> None:
        super().__init__(name, config, PinChannels(factory, clock), clock, post)


class GpioAiphone(WiredAiphone):
    """A station of the aiphone on the pins of *factory*."""

    def __init__(
        self, name: str, config: Aiphone, factory: Factory, clock: Clock, post: Post
    ) -> None:
        super().__init__(name, config, PinChannels(factory, clock), clock, post)


class GpioDoor(WiredDoor):
    """An access door on the pins of *factory*."""

    def __init__(self, name: str, config: Door, factory: Factory, clock: Clock, post: Post) -> None:
        super().__init__(name, config, PinChannels(factory, clock), clock, post)


class GpioMetalDetector(WiredMetalDetector):
    """A metal detector on the pins of *factory*."""

    def __init__(
        self, name: str, config: MetalDetector, factory: Factory, clock: Clock, post: Post
    ) -> None:
        super().__init__(name, config, PinChannels(factory, clock), clock, post)


class GpioSafetyInputs(WiredSafetyInputs):
    """The safety inputs on the pins of *factory*."""

    def __init__(
        self, name: str, config: Safety, factory: Factory, clock: Clock, post: Post
    ) -> None:
        super().__init__(name, config, PinChannels(factory, clock), clock, post)
