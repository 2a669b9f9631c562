"""A module in use: its loss and return, its outputs, its watchdog, and faults on its line."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import waits
from edge.config.model import Config
from edge.config.sections.doors import Safety
from edge.config.sections.pins import Contact, Loop, Output, Signal
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import ModuleChannels, ModuleDevice
from edge.drivers.wired.safety import WiredSafetyInputs
from edge.errors import DeviceFault, DeviceUnavailable, ModuleUnavailable
from edge.sop.events import InputAlarmed, InputRestored
from sim.twins.module import ModuleTwin
from tests.contract.live_lobby import LiveLobby
from tests.contract.pin_bench import _BASE, located
from tests.drivers.conftest import Posted, told

PATIENCE_S = 10.0


class Rig:
    """The module ``far`` in a lobby, and the channels on it.

    :ivar edges: the edges handed over so far: input and level (None: not known)
    """

    def __init__(self, stack: ExitStack, folder: Path, protocol: str, **module: Any) -> None:
        place: dict[str, Any] = {"port": str(folder / "bus-far"), "pause_s": 0.001}
        if protocol != "rtu":
            place = {"host": "127.0.0.1:1", "protocol": protocol}
        raw = {"buses": {"far": place}, "modules": {"far": {"bus": "far", **module}}}
        self.edges: list[tuple[int, bool | None]] = []
        config = msgspec.convert({**_BASE, **raw}, Config)
        self.world = stack.enter_context(LiveLobby(config, folder))
        self.clock = self.world.clock
        self._news = waits.condition()
        config = located(config, self.world.lobby.hosts)
        self.buses = Buses(config.buses, self.clock)
        stack.callback(self.buses.close)
        self.channels = ModuleChannels(config, self.buses, self.clock)
        stack.callback(self.channels.close)
        self.device: ModuleDevice = self.channels.devices[0]

    @property
    def twin(self) -> ModuleTwin:
        """The module; use it through ``world`` only."""
        return self.world.lobby.modules["far"]

    def claim(self, contact: Contact) -> Any:
        """Claim an input, and note its edges."""
        number = contact.channel

        def on_edge(_moment: float, level: bool | None) -> None:
            with self._news:
                self.edges.append((number, level))
                self._news.notify_all()

        channel = self.channels.claim_input(contact, on_edge)
        self.edges.clear()
        return channel

    def wait(self, *edges: tuple[int, bool | None]) -> None:
        """Wait for exactly *edges*, in this order."""
        with self._news:
            assert self._news.wait_for(lambda: self.edges == list(edges), PATIENCE_S), self.edges
            self.edges.clear()

    def put(self, number: int, level: int) -> None:
        """Close or open the contact at an input."""
        pin = self.world.lobby.header[f"input {number} of far"]
        self.world.do(lambda lobby: pin.tie(level or None, lobby.clock.boot_ns()))

    def on(self, number: int) -> bool:
        """Return True if an output is energised."""
        return self.world.do(lambda _lobby: self.twin.outputs[number].on)

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until *true* returns True."""
        for _ in range(int(PATIENCE_S / 0.02)):
            if true():
                return
            self.clock.sleep(0.02)
        raise AssertionError

    def fault(self, fault: Any) -> None:
        """Cause a fault of the module, or end it."""
        self.world.do(lambda _lobby: setattr(self.twin, "fault", fault))

    def lost(self) -> None:
        """Wait until the module counts as lost."""
        self.until(lambda: self.device.module.state == "lost")

    def back(self) -> None:
        """Wait until it works."""
        self.until(lambda: self.device.module.state == "working")


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a context manager that makes rigs."""

    @contextmanager
    def made(protocol: str = "tcp", **module: Any) -> Iterator[Rig]:
        with ExitStack() as stack:
            yield Rig(stack, tmp_path, protocol, **module)

    return made


def test_edges_are_handed_over_once_each(make: Any) -> None:
    """A contact that closes and opens gives its two edges, on the channel's own number."""
    with make("rtu") as rig:
        rig.claim(Contact(module="far", input=2))
        rig.claim(Contact(module="far", input=5))
        rig.put(5, 1)
        rig.wait((5, True))
        rig.put(5, 0)
        rig.put(2, 1)
        rig.until(lambda: len(rig.edges) == 2)
        assert sorted(rig.edges) == [(2, True), (5, False)]


@pytest.mark.parametrize("function", [1, 2, 3, 4])
def test_inputs_by_any_function_and_inverted(make: Any, function: int) -> None:
    """Modules differ in function, address, number and polarity of their inputs."""
    settings = {"inputs": 20, "input_function": function, "input_first": 0x81, "inverted": True}
    with make(**settings) as rig:
        channel = rig.claim(Contact(module="far", input=18))
        assert channel.level() is False
        rig.put(18, 1)
        rig.wait((18, True))
        assert channel.level() is True


def test_a_lost_module_is_one_fault_until_it_is_back(make: Any) -> None:
    """The module's device is unavailable once, with a remedy, and works again afterwards."""
    with make() as rig:
        rig.device.open()
        rig.fault("dead")
        rig.lost()
        with pytest.raises(DeviceUnavailable, match="module/far: does not answer") as error:
            rig.device.reconcile()
        assert not isinstance(error.value, ModuleUnavailable)
        assert "power" in error.value.remedy
        rig.fault(None)
        rig.back()
        rig.device.reconcile()


def test_a_lost_module_leaves_each_contact_on_its_safe_side(make: Any) -> None:
    """A loop alarms, a button rests, a door keeps its level; none can be read meanwhile."""
    with make() as rig:
        channels = {
            1: rig.claim(Loop(module="far", input=1)),
            2: rig.claim(Signal(module="far", input=2)),
            3: rig.claim(Contact(module="far", input=3, wired="normally-closed")),
        }
        for number in (1, 2, 3):
            rig.put(number, 1)
            rig.wait((number, True))
        rig.fault("dead")
        rig.wait((1, False), (2, None))
        for channel in channels.values():
            with pytest.raises(ModuleUnavailable, match="module/far"):
                channel.level()
        rig.put(3, 0)
        rig.fault(None)
        rig.wait((1, True), (2, True), (3, False))
        assert [channel.level() for channel in channels.values()] == [True, True, False]


def test_loops_on_a_module_that_is_not_there_alarm(make: Any) -> None:
    """A daemon that starts without the module reports its loops as alarms."""
    with make() as rig:
        rig.fault("dead")
        posted = Posted(rig.clock)
        config = Safety(fire=Loop(module="far", input=1), mains=Loop(module="far", input=2))
        driver = WiredSafetyInputs("safety", config, rig.channels, rig.clock, posted)
        driver.open()
        assert told(posted.take()) == [
            (InputAlarmed, "fire", True, ""),
            (InputAlarmed, "mains-lost", True, ""),
        ]
        with pytest.raises(ModuleUnavailable, match="safety: module/far"):
            driver.reconcile()
        rig.put(1, 1)
        rig.fault(None)
        posted.wait(1)
        assert told(posted.take()) == [(InputRestored, "fire", False, "")]
        driver.reconcile()
        driver.close()


def test_a_module_with_outputs_only_is_lost_too(make: Any) -> None:
    """A relay board without inputs is asked for its outputs."""
    with make(driver="waveshare-relay") as rig:
        lamp = rig.channels.claim_output(Output(module="far", output=8))
        rig.device.open()
        rig.fault("dead")
        rig.lost()
        with pytest.raises(ModuleUnavailable):
            lamp.set(on=True)
        rig.fault(None)
        rig.until(lambda: rig.on(8))


@pytest.mark.parametrize("fault", ["dead", "half", "wrong-sum", "slow"])
def test_every_kind_of_silence_is_a_loss(make: Any, fault: str) -> None:
    """Broken and late answers lose the module as silence does; it comes back by itself."""
    with make("rtu") as rig:
        rig.device.open()
        rig.fault(fault)
        rig.lost()
        rig.fault(None)
        rig.back()


def test_a_pulled_cable_is_a_loss_and_comes_back(make: Any) -> None:
    """The connection is made again once the network is back."""
    with make() as rig:
        rig.device.open()
        rig.world.do(lambda lobby: lobby.buses["far"].port.unplug())
        rig.lost()
        rig.world.do(lambda lobby: lobby.buses["far"].port.plug())
        rig.back()


def test_stray_bytes_before_answers_do_no_harm(make: Any) -> None:
    """A 00 before each answer, of a line without bias, costs no poll."""
    with make("rtu-over-tcp") as rig:
        rig.world.do(lambda _lobby: setattr(rig.twin, "before", b"\x00"))
        rig.claim(Contact(module="far", input=1))
        rig.put(1, 1)
        rig.wait((1, True))
        assert rig.buses.modbus("far").stray > 0
        assert rig.device.module.state == "working"


def test_a_wrong_driver_says_so(make: Any) -> None:
    """A module that refuses the request for its inputs is lost, in its own words."""
    with make() as rig:
        rig.world.do(lambda _lobby: setattr(rig.twin, "refuses", 2))
        with pytest.raises(DeviceUnavailable, match="illegal data address") as error:
            rig.device.open()
        assert "driver" in error.value.remedy


def test_outputs_are_put_to_what_is_wanted_when_the_module_is_back(make: Any) -> None:
    """A lamp that was switched while the module was dark is right afterwards."""
    with make() as rig:
        lamps = [rig.channels.claim_output(Output(module="far", output=n)) for n in (1, 2)]
        lamps[0].set(on=True)
        assert (rig.on(1), rig.on(2)) == (True, False)
        rig.fault("dead")
        rig.lost()
        for lamp, on in zip(lamps, (False, True), strict=True):
            with pytest.raises(ModuleUnavailable):
                lamp.set(on=on)
        rig.fault(None)
        rig.until(lambda: (rig.on(1), rig.on(2)) == (False, True))


def test_a_module_that_starts_again_unnoticed_is_put_right(make: Any) -> None:
    """Outputs that fell in a short power cut are switched on again, without a fault."""
    with make() as rig:
        rig.channels.claim_output(Output(module="far", output=3)).set(on=True)
        rig.world.do(lambda _lobby: rig.twin.restart())
        assert not rig.on(3)
        rig.until(lambda: rig.on(3))
        rig.device.reconcile()


def test_a_refused_output_is_a_fault_of_its_own(make: Any) -> None:
    """An output that the module refuses does not silence the rest of it."""
    with make() as rig:
        output = rig.channels.claim_output(Output(module="far", output=1))
        rig.world.do(lambda _lobby: rig.twin.outputs.pop(1))
        with pytest.raises(DeviceFault, match="illegal data address"):
            output.set(on=True)
        rig.device.reconcile()


def test_a_blinking_lamp_writes_only_its_changes(make: Any) -> None:
    """A lamp that blinks does not flood the line: a write a change; closing puts it out."""
    with make() as rig:
        lamp = rig.channels.claim_output(Output(module="far", output=1))
        before, turns = rig.twin.written, []
        rig.world.do(
            lambda lobby: lobby.header["output 1 of far"].watchers.append(
                lambda level, _at: turns.append(level)
            )
        )
        lamp.blink(0.25, 0.25)
        rig.until(lambda: len(turns) >= 3)
        lamp.close()
        assert not rig.on(1)
        assert rig.twin.written - before - len(turns) in (0, 1)  # closing may find it out already


def test_a_pulse_ends_although_the_daemon_has_died(make: Any) -> None:
    """The module times a lock's pulse: it ends without any further request."""
    with make(driver="waveshare-relay-d") as rig:
        lock = rig.channels.claim_output(Output(module="far", output=1))
        lock.set(on=True, at_most_s=0.2)
        assert rig.on(1)
        rig.channels.close()
        rig.until(lambda: not rig.on(1))


@pytest.mark.parametrize("driver", ["icp-das-m7000", "wago-750"])
def test_the_watchdog_is_set_and_ends_outputs_of_a_dead_daemon(make: Any, driver: str) -> None:
    """A module with a watchdog switches its outputs off when the polls end."""
    with make(driver=driver, watchdog_s=0.5) as rig:
        rig.device.open()
        assert rig.world.do(lambda _lobby: rig.twin.watchdog_s) == pytest.approx(0.5)
        lamp = rig.channels.claim_output(Output(module="far", output=1))
        lamp.set(on=True)
        rig.channels.close()
        rig.until(lambda: not rig.on(1))


def test_a_watchdog_that_does_not_take_its_setting_is_a_fault(make: Any) -> None:
    """A module whose watchdog reads back another value works, and is reported."""
    with make(driver="icp-das-m7000") as rig:
        rig.world.do(lambda _lobby: setattr(rig.twin, "_registers", Deaf()))
        with pytest.raises(DeviceFault, match="watchdog does not take its setting"):
            rig.device.open()
        rig.claim(Contact(module="far", input=1))
        rig.put(1, 1)
        rig.wait((1, True))


class Deaf(dict[int, int]):
    """Registers that cannot be written."""

    def __setitem__(self, _key: int, _value: int) -> None:
        """Change nothing."""
