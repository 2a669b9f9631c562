"""The lobby of one checkpoint: all the equipment that people there can see and touch.

It is made from the daemon's own config, because both must know the same wiring; all else that they
share is the interfaces (pins, serial ports, the cameras' HTTP).
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from edge.clock import Clock
from edge.config.model import Config
from edge.config.parts import pin_parts
from sim.twins.aiphone import AiphoneTwin
from sim.twins.bus import make_bus
from sim.twins.buzzer import BuzzerTwin
from sim.twins.camera import CameraTwin, make_password
from sim.twins.door import DoorTwin
from sim.twins.lockers import make_lockers
from sim.twins.metal_detector import DetectorTwin
from sim.twins.module import make_modules
from sim.twins.panel import PanelTwin
from sim.twins.readers import make_readers, make_scanners
from sim.twins.safety import SafetyTwin
from sim.twins.scene import Place, Scene
from sim.twins.wiegand import WiegandTwin
from sim.world.door_watch import DoorWatch
from sim.world.header import make_header, terminal
from sim.world.incidents import Incidents
from sim.world.pin_server import PinServer
from sim.world.serial_port import SerialPort
from sim.world.tcp_port import TcpServerPort
from sim.zone import office_zone

PINS_SOCKET = "pins.sock"
CAMERA_PASSWORD = "camera-password"  # noqa: S105 - the name of a file


class Lobby:
    """All twins of one checkpoint. Use as ``async with Lobby(...) as lobby``.

    :param run_dir: an existing folder for the pin socket, the links to the serial ports
        (``tty-<reader>``, ``scanner-<name>``, ``bus-<name>``) and the cameras' password file
    :param seed: of bounces and noise
    :param outputs_persist: outputs of a killed daemon stay driven, as on Raspberry Pi OS without
        ``dtparam=strict_gpiod``
    :param on_send: called when a daemon can read something new at a pin or port
    :param on_poll: called when bytes that came at a port have changed nothing
    :ivar header: the pins, for callers that drive one directly
    :ivar reader_ports: the ports of the card readers that have one
    :ivar incidents: what happened here that is an alarm
    :ivar figures: where each guest stands, by the guest's number; set by the people, drawn by the
        cameras
    """

    def __init__(
        self,
        config: Config,
        run_dir: Path,
        clock: Clock,
        seed: int = 0,
        *,
        outputs_persist: bool = False,
        on_send: Callable[[], None] = lambda: None,
        on_poll: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.figures: dict[int, Place] = {}
        self.incidents = Incidents()
        chance = Random(seed)  # noqa: S311 - bounces and noise must be repeatable, not secret
        self.header = header = make_header()
        buzzer = config.buzzer
        self.buses = {
            name: make_bus(run_dir / f"bus-{name}", bus, chance)
            for name, bus in config.buses.items()
        }
        self.modules = make_modules(config, header, self.buses, clock)
        self.lockers = make_lockers(config.lockers, header, self.buses, clock, chance)
        self.detectors = {
            name: DetectorTwin(header, item, clock, chance)
            for name, item in config.detectors.items()
        }
        self.aiphones = {
            name: AiphoneTwin(header, item, clock, chance) for name, item in config.aiphone.items()
        }
        self.doors = {
            name: DoorTwin(header, item, clock, chance) for name, item in config.doors.items()
        }
        safety = config.safety
        self.safety = SafetyTwin(header, safety, clock, chance) if safety else None
        for name, door in config.doors.items():
            DoorWatch(
                name, self.doors[name], door.held_s, clock, self.incidents,
                awake=lambda: self.awake, fire=lambda: self.burns,
            )  # fmt: skip
        self.panels = {
            name: PanelTwin(header, item, clock, chance) for name, item in config.panels.items()
        }
        self.buzzer = BuzzerTwin(terminal(header, buzzer), buzzer, clock) if buzzer else None
        self.readers = make_readers(config, header, run_dir, clock, chance)
        self.reader_ports = {
            name: reader.port
            for name, reader in self.readers.items()
            if not isinstance(reader, WiegandTwin)
        }
        self.scanners = make_scanners(config, run_dir, clock, chance)
        self._password_file = run_dir / CAMERA_PASSWORD
        password = make_password()
        self.cameras = {name: CameraTwin(self.scene, password) for name in config.cameras}
        self._pins = PinServer(
            header, run_dir / PINS_SOCKET, clock, outputs_persist=outputs_persist
        )
        self._wired = wired_pins(config)
        self._pins.lamps = lamp_pins(config)
        self._ports: list[SerialPort | TcpServerPort] = [
            *self.reader_ports.values(),
            *(scanner.port for scanner in self.scanners.values()),
            *(bus.port for bus in self.buses.values()),
        ]
        for port in (self._pins, *self._ports):
            port.on_send = on_send
        self._pins.on_poll = on_poll
        for bus in self.buses.values():
            bus.port.on_poll = on_poll

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as begun:
            begun.push_async_callback(self._pins.close)
            await self._pins.start()
            for reader in [*self.readers.values(), *self.scanners.values()]:
                begun.callback(reader.close)
            for bus in self.buses.values():
                begun.callback(bus.close)
            for port in self._ports:
                port.plug()
            for camera in self.cameras.values():
                begun.callback(camera.close)
                camera.start()
                self._write_password(camera.password)
            self._running = begun.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._running.aclose()

    @property
    def detector(self) -> DetectorTwin | None:
        """The first metal detector; None if there is none."""
        return next(iter(self.detectors.values()), None)

    def detector_at(self, station: str) -> DetectorTwin | None:
        """Return the metal detector for the guests of *station*; None if there is none."""
        named = self.config.metal_detectors
        for name, twin in self.detectors.items():
            if name not in named or station in named[name].stations:
                return twin
        return None

    @property
    def burns(self) -> bool:
        """True during a fire alarm."""
        return self.safety is not None and "fire" in self.safety.alarms

    @property
    def awake(self) -> bool:
        """True if a daemon holds every pin that is wired, and asks every module."""
        asked = all(module.asked for module in self.modules.values())
        return asked and self._wired <= self._pins.claimed

    async def wait_awake(self) -> None:
        """Wait until a daemon holds all pins and asks all modules, without a limit of time."""
        await self._pins.changed.until(lambda: self._wired <= self._pins.claimed, None)
        for module in self.modules.values():
            await module.wait_asked()

    def deliver(self) -> None:
        """Make what the daemon has written to the ports readable now."""
        for port in self._ports:
            port.deliver()

    @property
    def hosts(self) -> dict[str, str]:
        """Host and port of each bus in the network, by its name; known once the lobby runs."""
        return {
            name: f"127.0.0.1:{bus.port.number}"
            for name, bus in self.buses.items()
            if isinstance(bus.port, TcpServerPort)
        }

    def scene(self) -> Scene:
        """Return the scene in front of the cameras as it is now."""
        return Scene(
            place=self.config.checkpoint.place or self.config.checkpoint.id,
            wall_ms=self.clock.wall_ms(),
            zone=office_zone(self.config),
            lockers={number: locker.door_open for number, locker in self.lockers.items()},
            alarming=any(one.alarming for one in self.detectors.values())
            if self.detectors
            else None,
            figures=dict(self.figures),
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the state of everything visible, for a live view (plain JSON values)."""
        return {
            "awake": self.awake,
            "lamps": {name: panel.lamp for name, panel in self.panels.items()},
            "shining": {name: panel.shining for name, panel in self.panels.items()},
            "signs": {name: panel.signs for name, panel in self.panels.items()},
            "lockers": {
                number: {
                    "open": locker.door_open,
                    "energised": locker.energised,
                    "jammed": locker.jammed,
                    "pulses": locker.pulses,
                    "unlocks": locker.unlocks,
                }
                for number, locker in self.lockers.items()
            },
            "alarming": any(one.alarming for one in self.detectors.values()),
            "ringing": {name: aiphone.ringing for name, aiphone in self.aiphones.items()},
            "doors": {
                name: {"open": door.is_open, "released": door.released}
                for name, door in self.doors.items()
            },
            "alarms": [] if self.safety is None else self.safety.alarms,
            "cards": {name: reader.card for name, reader in self.readers.items()},
            "beeping": self.buzzer is not None and self.buzzer.sounding,
            "figures": dict(self.figures),
        }

    def _write_password(self, password: str) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password + "\n", encoding="ascii")


def wired_pins(config: Config) -> frozenset[int]:
    """Return the numbers of all pins that *config* wires to something."""
    return frozenset(part.bcm for _where, part in pin_parts(config))


def lamp_pins(config: Config) -> frozenset[int]:
    """Return the numbers of the pins that drive the lamps of panels and hosts."""
    lamps = [lamp for panel in config.panels.values() for lamp in panel.fitted_lamps.values()]
    lamps += [host.lamp for host in config.hosts if host.lamp is not None]
    return frozenset(lamp.bcm for lamp in lamps if lamp.module is None)
